"""The database's time, told by a stopwatch of this host.

Times in log rows of many executors are only comparable if one clock made them all, and a run must
not start before it is due by the clock that decides. Asking for every run would cost a round trip
each; the database's clock is read with every heartbeat, and a stopwatch, which no administrator can
set, counts from there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: A reading that took longer tells the time less well than an older one that did not.
QUICK = 0.005
#: In seconds, how old a quick reading may be before a slow one is better.
STALE = 60.0


class DatabaseClock:
    """Tells the database's time once it has read it: late by a round trip at most, never early."""

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self._stopwatch = stopwatch
        self._read = datetime.fromtimestamp(0, UTC)
        self._read_at = 0.0
        self._host_is_ahead: timedelta | None = None

    def now(self) -> datetime:
        """Return the time."""
        return self._read + timedelta(seconds=self._stopwatch() - self._read_at)

    def stopwatch(self) -> float:
        """Return seconds since some moment, for a reading."""
        return self._stopwatch()

    def learn(self, *, asked_at: float, answer: datetime, answered_at: float) -> None:
        """Take in one reading: the database said *answer* between two times of the stopwatch.

        It is taken to have been said at the later one, so that nothing that waits for a time by
        this clock ever begins before it.
        """
        is_slow = answered_at - asked_at > QUICK
        if is_slow and self._read_at and answered_at - self._read_at < STALE:
            return
        self._read = answer
        self._read_at = answered_at

    def compare(self, host: datetime) -> None:
        """Note how far this host's clock, which says *host* now, is ahead of the database's."""
        self._host_is_ahead = host - self.now()

    @property
    def offset(self) -> float | None:
        """How many seconds this host's clock is ahead of the database's, if that is known.

        As exact as a reading is quick. Nothing is decided by that clock; people look at it.
        """
        ahead = self._host_is_ahead
        return None if ahead is None else round(ahead.total_seconds(), 3)
