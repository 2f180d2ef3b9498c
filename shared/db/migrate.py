"""Bring a database to the newest schema: `migrations/NNNN_{pre|post}_*.sql`, in order, once each.

`pre` files are safe while the previous code still runs; `post` files may only run after it is gone.
Any number of processes may call this at the same time, with services at work and with a pooler in
between (in transaction mode: nothing here outlives a transaction).

A statement that waits for a table makes everybody wait who comes after it, so a file gives up after
`LOCK_WAIT`, lets go of all it has, and tries again a little later. That is what keeps schedulers on
time while somebody's report holds a table for a minute.

A file that begins with `OUTSIDE` is not one transaction: its statements build indexes or check
constraints of large tables beside those who write them, which PostgreSQL does in no transaction. If
it ends in the middle it is begun anew, so each of its statements must be safe to repeat. Its
connection must have no `statement_timeout`: behind a pooler that sets one, migrate past the pooler.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg

from shared.db.grants import apply as grants
from shared.db.grants.matrix import SCHEMAS
from shared.db.pool import Connection, connected
from shared.settings import DatabaseAddress

FOLDER = Path(__file__).parent / "migrations"

#: Any fixed number will do, as long as nobody else locks it.
LOCK = 0x6175_746F  # "auto"
#: How soon somebody who waits for the others' migration looks again.
POLL = timedelta(milliseconds=100)

#: For one lock of a file; nothing may be more than three seconds late because of it.
LOCK_WAIT = timedelta(seconds=1)
#: Those who waited get their turn.
REST = timedelta(seconds=2)
#: For all tries of one file.
PATIENCE = timedelta(minutes=5)

_NOTE = "INSERT INTO public.schema_migrations (name, sha256) VALUES ($1, $2)"

#: The first line of a file that is not one transaction.
OUTSIDE = "-- outside a transaction\n"

#: A pooler may have time-outs for everybody; a large index takes as long as it takes.
_UNHURRIED = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


#: Whose tables we may not change, nor grant anything on.
_STRANGE = """
SELECT DISTINCT pg_get_userbyid(c.relowner) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND NOT pg_has_role(c.relowner, 'USAGE')
  AND (n.nspname = ANY($1::text[]) OR c.oid = to_regclass('public.schema_migrations'))
"""


class MigrationChanged(Exception):
    """A migration that was applied once has another text now."""


class NotTheOwner(Exception):
    """Somebody else has migrated before; the text says what to do."""


async def migrate(dsn: DatabaseAddress | str) -> list[str]:
    """Apply what is missing, each file in its own transaction; return the names applied.

    Raises:
        MigrationChanged: an applied file differs from the one that lies here.
        NotTheOwner: the tables belong to somebody else.
        asyncpg.LockNotAvailableError: somebody has kept a table locked all the time.
    """
    async with _alone(dsn), connected(dsn) as connection:
        await _be_the_owner(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS public.schema_migrations ("
            " name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        await grants.make_roles(connection)
        applied = await _apply_missing(connection)
        await grants.apply(connection)
        return applied


async def current(dsn: DatabaseAddress | str) -> list[str]:
    """Return the names of the migrations that the database has, in order."""
    async with connected(dsn) as connection:
        if not await connection.fetchval("SELECT to_regclass('public.schema_migrations')"):
            return []
        rows = await connection.fetch("SELECT name FROM public.schema_migrations ORDER BY name")
        return [row["name"] for row in rows]


@asynccontextmanager
async def _alone(dsn: DatabaseAddress | str) -> AsyncIterator[None]:
    """Be the only one who migrates, by an open transaction of a connection of its own.

    Tried, not waited for: a statement that waits would have a snapshot all the while.
    """
    async with connected(dsn) as connection:
        while True:
            await connection.execute(f"BEGIN; {_UNHURRIED}")
            if await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                # A row that was fetched keeps its snapshot until the next statement, and whoever
                # builds an index beside others waits for every older snapshot.
                await connection.execute("SELECT")
                break
            await connection.execute("ROLLBACK")
            await asyncio.sleep(POLL.total_seconds())
        yield


async def _be_the_owner(connection: Connection) -> None:
    """Stop before anything is done if the tables are not ours: half of it would fail."""
    owners = [row[0] for row in await connection.fetch(_STRANGE, list(SCHEMAS))]
    if owners:
        us = await connection.fetchval("SELECT current_user")
        raise NotTheOwner(
            f"the tables belong to {', '.join(owners)}, and {us} may not change them: come as that"
            " user, or let an administrator say in this database:"
            f" REASSIGN OWNED BY {', '.join(owners)} TO {us}"
        )


async def _apply_missing(connection: Connection) -> list[str]:
    rows = await connection.fetch("SELECT name, sha256 FROM public.schema_migrations")
    known = {row["name"]: row["sha256"] for row in rows}
    applied: list[str] = []
    for path in sorted(FOLDER.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if path.stem in known:
            if known[path.stem] != digest:
                raise MigrationChanged(path.stem)
            continue
        await _insist(connection, path.stem, text, digest)
        applied.append(path.stem)
    return applied


async def _insist(connection: Connection, name: str, text: str, digest: str) -> None:
    """Apply a file, again and again while a lock that it needs is taken."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + PATIENCE.total_seconds()
    while True:
        try:
            await _apply(connection, name, text, digest)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if clock() > deadline:
                raise
            await asyncio.sleep(REST.total_seconds())
        else:
            return


async def _apply(connection: Connection, name: str, text: str, digest: str) -> None:
    if text.startswith(OUTSIDE):
        for statement in statements_of(text):
            await connection.execute(statement)
        await connection.execute(_NOTE, name, digest)
        return
    async with connection.transaction():
        await connection.execute(f"{_UNHURRIED}; SET LOCAL lock_timeout = {_ms(LOCK_WAIT)}")
        await connection.execute(text)
        await connection.execute(_NOTE, name, digest)


def statements_of(text: str) -> list[str]:
    """Return the statements of a file, each of which ends with a semicolon at the end of a line."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return [part for each in plain.split(";\n") if (part := each.strip().removesuffix(";"))]


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
