"""What the tables of the log need beyond being written."""

from __future__ import annotations

from services.log_writer.store import tallies
from shared.db.pool import Pool

# A function of the owner's: nobody else may tell an index of new pages.
_SUMMARIZE = "SELECT log.summarize_runs()"


class UpkeepStore:
    """The indexes of `log.runs`, and counts that nobody looks at any more."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def summarize(self) -> None:
        """Tell the index by time of pages that are new."""
        await self._pool.execute(_SUMMARIZE)

    async def forget_tallies(self) -> None:
        """Delete counts of long ago."""
        await self._pool.execute(tallies.FORGET, tallies.KEPT)
