"""What is forgotten of the log, and the days of its lines.

The work is done by functions of the tables' owner (migrations 0036 and 0038): the log writer itself
can delete nothing of what it wrote. They know what is still referred to, and leave it.
"""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from shared.db.pool import Pool


class InUse(Exception):
    """Somebody has a lock that is needed, and is not waited for."""


_BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class RetentionStore:
    """Old runs, attempts, dead runs and letters; and parts of `log.lines`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def make_days(self, ahead: int) -> int:
        """Make the parts for today and *ahead* further days; return how many were missing.

        Raises:
            InUse: not now.
        """
        try:
            made: int = await self._pool.fetchval("SELECT log.make_line_days($1)", ahead)
        except _BUSY as error:
            raise InUse from error
        return made

    async def drop_day(self, keep: timedelta) -> str | None:
        """Drop the oldest part all of whose lines are older than *keep*; return its name.

        Raises:
            InUse: not now.
        """
        try:
            dropped: str | None = await self._pool.fetchval("SELECT log.drop_line_day($1)", keep)
        except _BUSY as error:
            raise InUse from error
        return dropped

    async def forget_runs(self, keep: timedelta, most: int) -> int:
        """Delete runs that began and ended longer ago than *keep*, with their attempts."""
        gone: int = await self._pool.fetchval("SELECT log.forget_runs($1, $2)", keep, most)
        return gone

    async def forget_others(self, keep: timedelta, undecided: timedelta, most: int) -> int:
        """Delete what else is old; return how many of the most numerous kind."""
        gone: int = await self._pool.fetchval(
            "SELECT log.forget_others($1, $2, $3)", keep, undecided, most
        )
        return gone
