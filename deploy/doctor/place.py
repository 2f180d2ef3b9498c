"""Where everything of an installation is: by the environment, else by what runs in the home."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.control import running
from deploy.local.state import State
from shared.settings import DatabaseAddress

#: What the command listens to beside what all services do.
KEYS = "AUTOMATION_KEYS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is looked at."""

    home: Path
    environment: Mapping[str, str]
    state: State | None
    """What `automation up` runs here; None: nothing."""

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Place:
        """Find out."""
        home = Path(environment.get("AUTOMATION_HOME") or ".local")
        return cls(home=home, environment=environment, state=running(home))

    @property
    def database(self) -> DatabaseAddress | None:
        """Where the database is; None: nobody tells."""
        if url := self.environment.get("AUTOMATION_DATABASE_URL"):
            file = self.environment.get("AUTOMATION_DATABASE_PASSWORD_FILE")
            return DatabaseAddress(url, Path(file) if file else None)
        return DatabaseAddress(self.state.database_url) if self.state else None

    @property
    def nats_url(self) -> str | None:
        """Where NATS is; None: nobody tells."""
        given = self.environment.get("AUTOMATION_NATS_URL")
        return given or (self.state.nats_url if self.state else None)

    @property
    def nats_monitor(self) -> int | None:
        """Port at which the server of this home says how it is; None: it has none of its own."""
        if self.state and any(each.name == "nats" for each in self.state.processes):
            with suppress(OSError, ValueError):
                return int((self.home / "nats" / "monitor-port").read_text(encoding="ascii"))
        return None

    @property
    def keys(self) -> Path | None:
        """The folder of keys; None: there is none here."""
        for folder in (self.environment.get(KEYS), str(self.home / "keys")):
            if folder and Path(folder).is_dir():
                return Path(folder)
        return None


def without_password(url: str) -> str:
    """Return an address as it may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
