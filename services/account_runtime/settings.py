"""What an account runtime is told by its environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.contracts.accounts import DEFAULT_SERVER
from shared.settings import ServiceSettings


class AccountRuntimeSettings(ServiceSettings):
    """Settings of one account runtime."""

    database_url: str = ""
    """Not used: a runtime knows nothing but the bus."""
    runtime_server: str = Field(default=DEFAULT_SERVER, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """The server whose accounts it keeps (`server_id`). One runtime for each; a second one ends."""
    runtime_programs: str = "demo-account"
    """Comma-separated names or absolute paths that accounts may run. `demo-account` ships. With an
    interpreter among them (`python`, `sh`) accounts may run anything."""
    runtime_on_stop: Literal["leave", "stop"] = "leave"
    """What becomes of the accounts when this process is told to stop. `leave`: they run on, and are
    taken over at the next start; whatever stops this process must then stop it alone (systemd:
    `KillMode=process`)."""
    runtime_stop_seconds: float = Field(default=20.0, ge=0, le=3600)
    """With `stop`: how long they may take at most."""
    runtime_log_bytes: int = Field(default=1 << 20, ge=4096, le=1 << 30)
    """Of each account's output so much is kept, twice (the older half goes)."""
    runtime_listen_seconds: float = Field(default=3.0, ge=0, le=600)
    """A runtime whose home is new listens so long for another one of its server before it starts
    the first account."""

    @property
    def folder(self) -> Path:
        """Where it keeps what it must not forget."""
        return self.home.absolute() / "account-runtime"

    @property
    def programs(self) -> tuple[str, ...]:
        """The allow-list."""
        return tuple(each.strip() for each in self.runtime_programs.split(",") if each.strip())
