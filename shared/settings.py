"""What every process is told by its environment.

Building blocks: a service composes its own settings from these and adds what only it needs. All
variables start with `AUTOMATION_`. A wrong value ends the process at start, naming the variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class NoPassword(Exception):
    """The file with the password of the database cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where the database is, as whom we come, and the file with the password, if it is not there.

    The file is read afresh for each connection, so that a password is changed without a restart.
    """

    url: str
    password_file: Path | None = None

    def password(self) -> str | None:
        """Return what is in the file now, without the line's end; None: there is no file.

        Raises:
            NoPassword: it cannot be read, or is empty.
        """
        if self.password_file is None:
            return None
        try:
            password = self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise NoPassword(f"{self.password_file}: {reason}") from None
        if not password:
            raise NoPassword(f"{self.password_file}: it is empty")
        return password

    def former(self) -> tuple[str, ...]:
        """Return what the file held before, the last first; the server may not know better yet.

        Kept of the owner's password alone: it is the owner who tells the server the new one, and
        has to come in for that (`automation keys rotate db owner`).
        """
        if self.password_file is None:
            return ()
        try:
            kept = self.password_file.with_name(f"{self.password_file.name}.old").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ()
        return tuple(kept.split())

    def complete(self) -> str:
        """Return the address with the password in it, for programs that take nothing else.

        Raises:
            NoPassword: the file cannot be used.
        """
        password = self.password()
        if password is None:
            return self.url
        parts = urlsplit(self.url)
        login, _, hosts = parts.netloc.rpartition("@")
        user = login.partition(":")[0]
        # By hand: `geturl` makes `postgresql:/d` of an address without a host.
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{user}:{quote(password, safe='')}@{hosts}{parts.path}{query}"


class BusSettings(BaseSettings):
    """What whoever connects to NATS or declares streams must know."""

    model_config = SettingsConfigDict(env_prefix="AUTOMATION_", extra="ignore")

    nats_replicas: int = Field(default=1, ge=1, le=5)
    """How many servers of a NATS cluster keep each stream: 3 survives the loss of one. The same for
    all processes of one system."""
    nats_seed_file: Path | None = None
    """The seed of our NATS user (nkey); read at each connect, and followed when it changes. Unset:
    the address says who we are."""
    nats_ca_file: Path | None = None
    """Certificates of those that may vouch for the NATS server; read at each connect. Where it is
    set, nothing is said without TLS."""

    @field_validator("nats_seed_file", "nats_ca_file", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None


class ServiceSettings(BusSettings):
    """Where the servers are, and what this process is called."""

    database_url: str = Field(min_length=1)
    """`?sslmode=verify-full&sslrootcert=<file>` at its end: nothing without TLS, to that server."""
    database_password_file: Path | None = None
    """The password, where it is not in the address; read for each connection."""
    database_pooled: bool = False
    """A pooler in transaction mode (PgBouncer) lies before the database."""
    nats_url: str = Field(min_length=1)
    """One address, or those of a cluster's servers with commas between them."""
    instance: str = Field(default="unnamed", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Tells replicas apart in logs and lists; identity is always a fresh boot id."""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    """Where /healthz, /readyz and /metrics answer; 0 leaves the choice to the system. The API has a
    port of its own, and this one beside it only if it is set."""
    log_format: str = Field(default="text", pattern="^(text|json)$")
    otlp_endpoint: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Where traces go (OTLP over HTTP, without `/v1/traces`); empty: there are none."""
    trace_ratio: float = Field(default=1.0, ge=0, le=1)
    """The share kept of the traces that begin here; what comes with a trace follows that one."""
    home: Path = Path(".local")
    """Folder for what this process keeps on disk (backups)."""
    egress_allow: str = ""
    """Comma-separated hosts and CIDRs that actions may call though they are private."""
    secret_key: SecretStr = SecretStr("")
    """The keys that seal secrets, the one for new ones first, with commas between them; else they
    are in the file `secret-key` in the home, which is read again when it changes."""

    @field_validator("database_password_file", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        return value or None

    @property
    def database(self) -> DatabaseAddress:
        """Where the database is, and as whom we come."""
        return DatabaseAddress(self.database_url, self.database_password_file)
