"""What every process is told by its environment.

Building blocks: a service composes its own settings from these and adds what only it needs. All
variables start with `AUTOMATION_`. A wrong value ends the process at start, naming the variable.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BusSettings(BaseSettings):
    """What whoever declares streams must know; the same for all processes of one system."""

    model_config = SettingsConfigDict(env_prefix="AUTOMATION_", extra="ignore")

    nats_replicas: int = Field(default=1, ge=1, le=5)
    """How many servers of a NATS cluster keep each stream: 3 survives the loss of one."""


class ServiceSettings(BusSettings):
    """Where the servers are, and what this process is called."""

    database_url: str = Field(min_length=1)
    database_pooled: bool = False
    """A pooler in transaction mode (PgBouncer) lies before the database."""
    nats_url: str = Field(min_length=1)
    """One address, or those of a cluster's servers with commas between them."""
    instance: str = Field(default="unnamed", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Tells replicas apart in logs and lists; identity is always a fresh boot id."""
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    """Where /healthz and /readyz answer; 0 leaves the choice to the system."""
    log_format: str = Field(default="text", pattern="^(text|json)$")
    home: Path = Path(".local")
    """Folder for what this process keeps on disk (backups)."""
    egress_allow: str = ""
    """Comma-separated hosts and CIDRs that actions may call though they are private."""
    secret_key: SecretStr = SecretStr("")
    """The keys that seal secrets, the one for new ones first, with commas between them; else they
    are in the file `secret-key` in the home, which is read again when it changes."""
