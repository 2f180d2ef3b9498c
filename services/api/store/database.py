"""A pool that answers soon or not at all.

A request must not hang on a database that is gone or frozen: whatever takes longer than `PATIENCE`
is `Unavailable`, which the caller hears as 503 with `Retry-After`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from shared.db.pool import Connection, Pool

#: For one visit to the database, waiting for a free connection included.
PATIENCE = timedelta(seconds=2.5)
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)

#: The connection is not to be used again; CancelledError is how a time-out looks from inside.
_BROKEN = (*_AWAY, asyncio.CancelledError)


class Unavailable(Exception):
    """The database does not answer, or not in time."""


class Database:
    """Hands out connections and transactions for one visit each."""

    def __init__(self, pool: Pool, *, patience: timedelta = PATIENCE) -> None:
        self.pool = pool
        self._seconds = patience.total_seconds()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; each statement commits by itself.

        Raises:
            Unavailable: it does not answer in time.
        """
        try:
            async with asyncio.timeout(self._seconds):
                connection = await self.pool.acquire()
                try:
                    yield connection
                except _BROKEN:
                    # Thrown away, not cleaned: cleaning waits for the answer that does not come,
                    # and a connection with half an answer in it would spoil the next request.
                    connection.terminate()
                    raise
                finally:
                    await self.pool.release(connection)
        except _AWAY as error:
            raise Unavailable(type(error).__name__) from error

    @asynccontextmanager
    async def transaction(self, *, rehearsal: bool = False) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction; of a *rehearsal* nothing stays, come what may.

        Raises:
            Unavailable: it does not answer in time.
        """
        async with self.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except _BROKEN:
                raise  # a ROLLBACK would wait for it, too; the server does it by itself
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.rollback() if rehearsal else transaction.commit())

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.connection() as connection:
            await connection.execute("SELECT 1")
