"""Keeps the index by time of `log.runs` up to date, for those who read what is new in it.

Such an index (BRIN) costs next to nothing to write, and learns of new pages only when somebody says
so. Autovacuum does once a minute, and forgets some of them under load; each reader would look
through all of those every time: a million rows to find the last few thousand.
"""

from __future__ import annotations

from datetime import timedelta

from services.log_writer.store.upkeep import UpkeepStore

INTERVAL = timedelta(seconds=5)


class Summarizer:
    """One step: tell the index of what is new."""

    def __init__(self, upkeep: UpkeepStore) -> None:
        self._upkeep = upkeep

    async def step(self) -> timedelta:
        """Tell it once; and let go of counts of long ago, which are few each time."""
        await self._upkeep.summarize()
        await self._upkeep.forget_tallies()
        return INTERVAL
