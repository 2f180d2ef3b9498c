"""What was done, how long it took, and what was measured; printed as it happens."""

from __future__ import annotations

import sys
import time


class Book:
    """One run's."""

    def __init__(self) -> None:
        self._began = self._before = time.monotonic()

    def note(self, text: str) -> None:
        """Say it now: seconds since the beginning, and since the last note."""
        now = time.monotonic()
        sys.stdout.write(f"{now - self._began:6.1f} s {now - self._before:+6.1f}  {text}\n")
        sys.stdout.flush()
        self._before = now
