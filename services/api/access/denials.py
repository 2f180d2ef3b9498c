"""Which refusals stand in the audit list already, so that a loop of them does not fill it.

Of each person or token and route one refusal a minute is noted by a replica. What is forgotten with
a restart, or when there are too many, is only noted once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY = 60.0  # seconds
MOST = 2_000


class Denials:
    """A small memory of refusals."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: dict[tuple[str, str], float] = {}

    def is_news(self, holder: str, route: str) -> bool:
        """Return whether this refusal is to be noted, and take it as noted."""
        now = self._clock()
        if now < self._noted.get((holder, route), -1.0):
            return False
        if len(self._noted) >= MOST:
            self._noted.clear()
        self._noted[holder, route] = now + EVERY
        return True
