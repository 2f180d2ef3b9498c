"""A database for many tests, one after the other: emptied for each instead of cloned.

To empty one takes a few milliseconds; to clone and drop one takes ten times that, and its sessions
begin with cold caches. What it costs is that numbers of rows go on counting, and that tests of
rights, of migrations and of broken tables still want a clone of their own (`database`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from deploy.local.postgres import Postgres
from shared.db.pool import Pool
from tests.support import servers

_TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname IN ('api', 'scheduler', 'executor', 'log', 'notify')
"""


@dataclass(frozen=True)
class Emptied:
    """A migrated database and how to make it as it was."""

    dsn: str
    statements: str

    async def begin(self, owner: Pool | None = None) -> None:
        """Leave what the migrations wrote and nothing else."""
        if owner is not None:
            await owner.execute(self.statements)
            return
        connection = await asyncpg.connect(self.dsn, timeout=10)
        try:
            await connection.execute(self.statements, timeout=30)
        finally:
            await connection.close(timeout=10)


@asynccontextmanager
async def open_emptied(server: Postgres) -> AsyncIterator[Emptied]:
    """Give a database that can be emptied; the connection that does it is the owner's."""
    async with servers.fresh_database(server) as dsn:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            statements = await _statements(connection)
        finally:
            await connection.close(timeout=10)
        yield Emptied(dsn, statements)


async def _statements(connection: asyncpg.Connection[asyncpg.Record]) -> str:
    """Return what empties all tables; neither triggers nor references have a say in it."""
    tables = [row["name"] for row in await connection.fetch(_TABLES)]
    every = [f"DELETE FROM {table};" for table in tables]  # noqa: S608 - names of ours
    for table in tables:
        rows = await connection.fetchval(f"SELECT json_agg(t)::text FROM {table} t")  # noqa: S608 - as above
        if rows is not None:
            quoted = rows.replace("'", "''")
            every.append(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"  # noqa: S608 - as above
                f" SELECT * FROM json_populate_recordset(NULL::{table}, '{quoted}');"
            )
    return "SET LOCAL session_replication_role = replica; " + " ".join(every)
