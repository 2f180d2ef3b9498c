"""What `automation up` is told by its environment; the rest passes through to the services."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.bus.permissions import DEFAULT_REQUESTS
from shared.contracts.accounts import DEFAULT_SERVER


class LocalSettings(BaseSettings):
    """The system on this machine."""

    model_config = SettingsConfigDict(env_prefix="AUTOMATION_", extra="ignore")

    home: Path = Path(".local")
    """Everything that is kept lies here."""
    host: str = "127.0.0.1"
    """Where the API and the page listen."""
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes any free one."""
    executors: int = Field(default=2, ge=0, le=64)
    schedulers: int = Field(default=1, ge=0, le=16)
    runtimes: int = Field(default=1 if sys.platform == "linux" else 0, ge=0, le=1)
    """Whether a runtime keeps accounts running on this machine; there is one for Linux only."""
    nats_url: str | None = None
    """Use this server and start none."""
    nats_keys: Path | None = None
    """Folder with the seeds of the services' users on that server (`automation keys init`). Unset:
    all come as the one that the address names."""
    runtime_server: str = DEFAULT_SERVER
    """The server whose accounts the runtime keeps."""
    nats_request_subjects: str = ",".join(DEFAULT_REQUESTS)
    """What tasks may ask other services; the bus lets executors ask as much."""
    database_url: str | None = None
    """Use this server and start none."""
    database_password_file: Path | None = None
    """The password for it, where it is not in the address."""
    database_passwords: Path | None = None
    """It has our roles; their passwords are in this folder (db-api.password, ...), and each service
    comes as itself. Else all come as the user in the address."""
    public_url: str = ""
    """Where people find the page, if there is a proxy before it; links begin with it."""
    admin_password_file: Path | None = None
    """If there are no users: make an administrator with the password in this file."""
    admin_name: str = Field(default="admin", min_length=1, max_length=64)
    setup_from_network: bool = False
    """Listen to other machines though there are no users yet."""
    log_format: Literal["text", "json"] = "text"

    @property
    def requests(self) -> tuple[str, ...]:
        """What tasks may ask, as patterns."""
        return tuple(filter(None, map(str.strip, self.nats_request_subjects.split(","))))

    @field_validator(
        "nats_url",
        "nats_keys",
        "database_url",
        "database_password_file",
        "database_passwords",
        "admin_password_file",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None
