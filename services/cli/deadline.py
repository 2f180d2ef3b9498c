"""How long a command may take."""

from __future__ import annotations

import time

from services.cli import interruption
from services.cli.failures import TimedOut
from services.cli.language import both


class Deadline:
    """The end of a command's time; None: it has as long as it needs."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self, most: float) -> float:
        """Return the seconds that are left, at most *most*.

        Raises:
            TimedOut: none.
            KeyboardInterrupt: somebody wants no more of it.
        """
        interruption.check()
        if self._end is None:
            return most
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimedOut(both("The time given is over.", "已超過指定的時間。"))
        return min(most, left)

    def rest(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        time.sleep(self.left(seconds))
