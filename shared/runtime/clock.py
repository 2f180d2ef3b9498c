"""The time of day. Imported by composition roots only; everything below takes it as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return this host's idea of the time. What is due is decided by the database's clock."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Return seconds since some moment; never set, never back."""
    return time.monotonic()
