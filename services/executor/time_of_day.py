"""The database's time, told by a stopwatch of this host.

Times in log rows of many executors are only comparable if one clock made them all, and a run must
not start before it is due by the clock that decides. Asking for every run would cost a round trip
each; the database's clock is read with every heartbeat, and a stopwatch, which no administrator can
set, counts from there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class DatabaseClock:
    """Tells the database's time to within half a round trip, once it has read it."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._read = datetime.fromtimestamp(0, UTC)
        self._read_at = 0.0

    def now(self) -> datetime:
        """Return the time."""
        return self._read + timedelta(seconds=self._stopwatch() - self._read_at)

    def stopwatch(self) -> float:
        """Return seconds since some moment, for a reading."""
        return self._stopwatch()

    def learn(self, *, asked_at: float, answer: datetime, answered_at: float) -> None:
        """Take in one reading: the database said *answer* between two times of the stopwatch."""
        self._read = answer
        self._read_at = (asked_at + answered_at) / 2
