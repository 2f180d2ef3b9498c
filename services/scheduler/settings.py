"""What the scheduler is told by its environment."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """Settings of one scheduler process."""

    ledger_days: int = Field(default=90, ge=1, le=3650)
    """How long the ledger remembers what became of a fire."""
    reconcile_seconds: int = Field(default=60, ge=1, le=3600)
    """How often the job table is compared with the API's tasks."""
