"""What the action `bench_mark` wrote: which task number was started when."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench.mark import RECORD

#: Marks of one measurement have numbers from its base up to here.
SPAN = 10_000_000
#: A system that starts nothing for so long is stuck, in seconds.
PATIENCE = 30.0
POLL = 0.02


class Mark(NamedTuple):
    """One start of one task."""

    number: int
    at: float
    reference: float


class Marks:
    """A folder with one file per executor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def count(self) -> int:
        """Return how many starts there were, of whatever task."""
        return sum(each.stat().st_size for each in self.folder.glob("*.bin")) // RECORD.size

    def since(self, base: int) -> list[Mark]:
        """Return the starts of one measurement, in no order; numbers count from 0."""
        found = []
        for file in self.folder.glob("*.bin"):
            data = file.read_bytes()
            whole = data[: len(data) // RECORD.size * RECORD.size]
            found += [
                Mark(number - base, at, reference)
                for number, reference, at in RECORD.iter_unpack(whole)
                if base <= number < base + SPAN
            ]
        return found

    async def wait(self, count: int, timeout: float) -> bool:  # noqa: ASYNC109 - polls
        """Wait until *count* starts were noted; return False if it gets stuck before."""
        deadline = time.monotonic() + timeout
        last, moved_at = -1, time.monotonic()
        while (now := time.monotonic()) < deadline:
            found = self.count()
            if found >= count:
                return True
            if found != last:
                last, moved_at = found, now
            if now - moved_at > PATIENCE:
                return False
            await asyncio.sleep(POLL)
        return False
