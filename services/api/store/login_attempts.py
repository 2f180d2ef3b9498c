"""How often a password was tried, by account and by address; no restart forgets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.api.access.backoff import Tries
from shared.db.pool import Connection


async def lock(
    connection: Connection, subjects: Sequence[str]
) -> tuple[datetime, Mapping[str, Tries]]:
    """Return the time and what is remembered, locked: of two tries at once one is the second."""
    await connection.execute(
        "INSERT INTO api.login_attempts (subject, tries, last_at, free_at)"
        " SELECT subject, 0, clock_timestamp(), clock_timestamp()"
        " FROM unnest($1::text[]) AS subject ORDER BY subject ON CONFLICT DO NOTHING",
        list(subjects),
    )
    rows = await connection.fetch(
        "SELECT subject, tries, last_at, free_at FROM api.login_attempts"
        " WHERE subject = ANY($1::text[]) ORDER BY subject FOR UPDATE",
        list(subjects),
    )
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now, {
        row["subject"]: Tries(row["tries"], row["last_at"], row["free_at"])
        for row in rows
        if row["tries"]
    }


async def write(connection: Connection, tries: Mapping[str, Tries]) -> None:
    """Remember further tries."""
    await connection.executemany(
        "UPDATE api.login_attempts SET tries = $2, last_at = $3, free_at = $4 WHERE subject = $1",
        [(subject, each.count, each.last_at, each.free_at) for subject, each in tries.items()],
    )


async def forgive(connection: Connection, account: str, address: str) -> None:
    """Take back what was counted of a try that turned out right."""
    await lock(connection, (account, address))  # in the order in which all tries lock them
    await connection.execute(
        "UPDATE api.login_attempts SET free_at = clock_timestamp(),"
        " tries = CASE subject WHEN $1 THEN 0 ELSE greatest(tries - 1, 0) END"
        " WHERE subject IN ($1, $2)",
        account,
        address,
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove what was tried before yesterday, at most *limit* rows; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.login_attempts WHERE subject = ANY(ARRAY("
        " SELECT subject FROM api.login_attempts"
        " WHERE last_at < clock_timestamp() - interval '1 day' ORDER BY last_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
