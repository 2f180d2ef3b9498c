"""What the tables of the log need beyond being written."""

from __future__ import annotations

from services.log_writer.store import tallies
from shared.db.pool import Pool

# The lock is one that a vacuum has, too, and a vacuum in whose way somebody stands for a second is
# cancelled: rather not this time.
_SUMMARIZE = """
DO $$ BEGIN
    SET LOCAL lock_timeout = '100ms';
    PERFORM brin_summarize_new_values('log.runs_recorded');
EXCEPTION WHEN lock_not_available THEN
    NULL;
END $$
"""


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
