"""What the log writer is told by its environment: nothing but where the servers are."""

from __future__ import annotations

from shared.settings import ServiceSettings


class LogWriterSettings(ServiceSettings):
    """Settings of one log writer process."""
