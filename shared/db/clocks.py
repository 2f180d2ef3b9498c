"""Whether anything may be called old: the clocks of the database and of this host have to agree.

What is old the database's clock says. One that jumps ahead would make everything old at once, and
be the end of all that is kept; it rarely does so on two machines at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.db.pool import Pool

#: Far less than the day for which anything is kept at least.
CLOCKS_MAY_DIFFER = timedelta(hours=1)


class ClocksDiffer(Exception):
    """The database and this host do not agree on what time it is; nothing is forgotten."""


class Clocks:
    """The clock of the database beside that of this host."""

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now

    async def agree(self) -> None:
        """Be sure that both tell about the same time; asked before anything is forgotten.

        Raises:
            ClocksDiffer: they are too far apart.
        """
        said: datetime = await self._pool.fetchval("SELECT clock_timestamp()")
        apart = abs(said - self._now())
        if apart > CLOCKS_MAY_DIFFER:
            raise ClocksDiffer(f"the clocks of the database and of this host are {apart} apart")
