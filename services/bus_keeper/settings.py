"""What a keeper of the bus is told by its environment."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class BusKeeperSettings(ServiceSettings):
    """Settings of one keeper."""

    database_url: str = ""
    """Not used: a keeper knows nothing but the bus."""
    keeper_seconds: float = Field(default=5.0, ge=0.5, le=600)
    """How often it looks at everything by itself."""
