"""The database's time, told by this host's clock and the difference last seen between them.

Times in log rows of many executors are only comparable if one clock made them all. Asking for every
run would cost a round trip each; the difference is measured with every heartbeat instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class DatabaseClock:
    """Tells the database's time to within half a round trip."""

    def __init__(self, host_now: Callable[[], datetime]) -> None:
        self._host_now = host_now
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the time."""
        return self._host_now() + self._ahead

    def host_now(self) -> datetime:
        """Return what this host's clock says, for a measurement."""
        return self._host_now()

    def learn(self, *, asked_at: datetime, answer: datetime, answered_at: datetime) -> None:
        """Take in one measurement: the database said *answer* between the two host times."""
        self._ahead = answer - (asked_at + (answered_at - asked_at) / 2)
