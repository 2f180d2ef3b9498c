"""What an executor is told by its environment."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class ExecutorSettings(ServiceSettings):
    """Settings of one executor process."""

    executor_slots: int = Field(default=200, ge=1, le=10_000)
    """How many runs may be under way at once."""
    lease_seconds: float = Field(default=10.0, ge=1, le=600)
    """How long a claim lasts unless renewed; renewed at a third of it. A killed executor's runs
    start again within this plus five seconds."""
    drain_seconds: float = Field(default=30.0, ge=0, le=3600)
    """How long running actions may go on after SIGTERM before their runs are handed back."""
    lease_days: int = Field(default=7, ge=1, le=365)
    """How long ended leases are kept; must exceed the age of the oldest message in DUE (1 day)."""
