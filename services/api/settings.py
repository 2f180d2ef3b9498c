"""What the API is told by its environment, beside what every service is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

import services
from services.api.access.cookies import Origin
from shared.settings import ServiceSettings


class ApiSettings(ServiceSettings):
    """Settings of the API."""

    host: str = "127.0.0.1"
    """Where HTTP is served. Other machines reach it only if this says so."""
    port: int = Field(default=8080, ge=0, le=65535)
    page: Path = Path(services.__file__).parent / "web" / "dist"
    """The folder that the page was built into. Without it the API works, and browsers are told."""
    max_in_flight: int = Field(default=200, ge=1)
    """Requests answered at the same time; more are told to come back (503)."""
    database_connections: int = Field(default=10, ge=3)
    audit_days: int = Field(default=400, ge=1, le=36_500)
    """How long the list of who changed what is kept."""
    public_url: str = ""
    """Where people find the page. With https, cookies of sessions are sent over TLS alone."""
    admin_password_file: Path | None = None
    """If there are no users: make an administrator with the password in this file."""
    admin_name: str = Field(default="admin", min_length=1, max_length=64)

    @property
    def origin(self) -> Origin:
        """Where people find the page."""
        return Origin(self.public_url)
