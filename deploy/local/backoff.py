"""How long to wait before a crashed process is started again.

The first crash costs nothing: whoever is killed once is back at once. Crashes in a row wait
0.2, 0.4, ... 30 s. Each `FORGIVEN_AFTER` of readiness takes one crash off the count, so a process
that is killed now and then never waits, and one that was well for a minute starts afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

FIRST = timedelta(milliseconds=200)
LONGEST = timedelta(seconds=30)
FORGIVEN_AFTER = timedelta(seconds=5)
#: The count that reaches LONGEST: 0.2 s * 2**8 > 30 s. Times FORGIVEN_AFTER it is under a minute.
ENOUGH = 9


@dataclass(slots=True)
class Backoff:
    """Counts the crashes of one process."""

    in_a_row: int = 0

    def after_crash(self, *, was_ready_for: timedelta) -> timedelta:
        """Count one crash; return how long to wait before the next start."""
        self.in_a_row = max(0, self.in_a_row - was_ready_for // FORGIVEN_AFTER)
        wait = FIRST * 2 ** (self.in_a_row - 1) if self.in_a_row else timedelta(0)
        self.in_a_row = min(self.in_a_row + 1, ENOUGH)
        return min(wait, LONGEST)
