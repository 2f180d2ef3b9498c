"""Bring a database to the newest schema: `migrations/NNNN_{pre|post}_*.sql`, in order, once each.

`pre` files are safe while the previous code still runs; `post` files may only run after it is gone.
One session advisory lock lets any number of processes call this at the same time.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parent / "migrations"

#: Any fixed number will do, as long as nobody else locks it.
LOCK = 0x6175_746F  # "auto"


class MigrationChanged(Exception):
    """A migration that was applied once has another text now."""


async def migrate(dsn: str) -> list[str]:
    """Apply what is missing, each file in its own transaction; return the names applied.

    Raises:
        MigrationChanged: an applied file differs from the one that lies here.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS public.schema_migrations ("
            " name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        return await _apply_missing(connection)
    finally:
        await connection.close(timeout=5)


async def current(dsn: str) -> list[str]:
    """Return the names of the migrations that the database has, in order."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        if not await connection.fetchval("SELECT to_regclass('public.schema_migrations')"):
            return []
        rows = await connection.fetch("SELECT name FROM public.schema_migrations ORDER BY name")
        return [row["name"] for row in rows]
    finally:
        await connection.close(timeout=5)


async def _apply_missing(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
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
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            await connection.execute(text)
            await connection.execute(
                "INSERT INTO public.schema_migrations (name, sha256) VALUES ($1, $2)",
                path.stem,
                digest,
            )
        applied.append(path.stem)
    return applied
