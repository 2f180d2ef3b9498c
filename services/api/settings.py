"""What the API is told by its environment, beside what every service is told."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class ApiSettings(ServiceSettings):
    """Settings of the API."""

    host: str = "127.0.0.1"
    """Where HTTP is served. Other machines reach it only if this says so."""
    port: int = Field(default=8080, ge=0, le=65535)
    max_in_flight: int = Field(default=200, ge=1)
    """Requests answered at the same time; more are told to come back (503)."""
    database_connections: int = Field(default=10, ge=3)
    audit_days: int = Field(default=400, ge=1, le=36_500)
    """How long the list of who changed what is kept."""
