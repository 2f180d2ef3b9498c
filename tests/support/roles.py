"""Connections as one of the database's roles, so that services are tested with their rights.

    async with pool_as("scheduler", dsn) as pool:

The test server's superuser takes the role when the session begins (`role` is a setting like any
other), so nobody needs a password. Rights are those of the role from then on; only `RESET ROLE`
would give more, which no statement of ours says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.db.grants.matrix import rolname
from shared.db.pool import Pool, open_pool


def under(dsn: str, role: str) -> str:
    """Return the same address, for a session under a role."""
    return f"{dsn}{'&' if '?' in dsn else '?'}role={rolname(role)}"


@asynccontextmanager
async def pool_as(role: str, database: str | Pool, **options: Any) -> AsyncIterator[Pool]:  # noqa: ANN401 - of open_pool
    """Open a pool under a role; *database* is an address, or a pool of somebody else's to it."""
    dsn = database if isinstance(database, str) else str(database._connect_args[0])  # type: ignore[attr-defined]  # noqa: SLF001 - asyncpg does not tell
    async with await open_pool(under(dsn, role), **{"name": f"as-{role}", **options}) as pool:
        yield pool
