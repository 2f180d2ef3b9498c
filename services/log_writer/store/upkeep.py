"""What the tables of the log need beyond being written."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from shared.db.pool import Pool

# A function of the owner's: nobody else may tell an index of new pages.
_SUMMARIZE = "SELECT log.summarize_runs()"

#: How long counts by five minutes are kept: a month and what is compared with it.
TALLIES_KEPT: Final = timedelta(days=35)
_FORGET_TALLIES = "DELETE FROM log.run_tallies WHERE bucket < clock_timestamp() - $1::interval"


class UpkeepStore:
    """The indexes of `log.runs`, and counts that nobody looks at any more."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def summarize(self) -> None:
        """Tell the index by time of pages that are new."""
        await self._pool.execute(_SUMMARIZE)

    async def forget_tallies(self) -> None:
        """Delete counts of long ago."""
        await self._pool.execute(_FORGET_TALLIES, TALLIES_KEPT)
