"""What the log writer is told by its environment: where the servers are, what to remember."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class LogWriterSettings(ServiceSettings):
    """Settings of one log writer process."""

    retention_run_days: int = Field(default=90, ge=1, le=3650)
    """How long ended runs are kept, with their attempts; what was counted of them stays."""
    retention_line_days: int = Field(default=30, ge=1, le=3650)
    """How long lines of logs are kept: whole days, dropped with their table."""
    retention_undecided_days: int = Field(default=365, ge=1, le=3650)
    """How long dead runs and dead letters are kept on which nobody has decided."""
