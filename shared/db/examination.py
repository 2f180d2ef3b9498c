"""What `automation doctor` asks a database: as its owner, and only to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from shared.db.pool import Connection

_SERVER = """
SELECT current_user::text, current_setting('server_version'),
    current_setting('server_version_num')::int, clock_timestamp(),
    coalesce(pg_has_role((SELECT relowner FROM pg_class WHERE oid = to_regclass('api.tasks')),
        'USAGE'), false)
"""

_QUEUES = """
SELECT j.queue, count(*) AS tasks, EXISTS (
    SELECT FROM executor.executors e
    WHERE j.queue = ANY(e.queues) AND e.seen_at > clock_timestamp() - interval '30 seconds')
    AS has_executor
FROM scheduler.jobs j WHERE j.enabled AND NOT j.deleted GROUP BY j.queue ORDER BY j.queue
"""

_BACKUP = "SELECT max(started_at) FROM api.backups WHERE state = 'verified'"


class Server(NamedTuple):
    """Who answers, and as whom we came."""

    user: str
    version: str
    number: int
    now: datetime
    may_see_all: bool
    """We are the owner of the tables, or as good."""


class Queue(NamedTuple):
    """A queue that tasks use."""

    name: str
    tasks: int
    has_executor: bool


class SealedValue(NamedTuple):
    """A value that only a key opens; its owner is what it is bound to."""

    owner: str
    value: bytes


async def server(connection: Connection) -> Server:
    """Say who answers."""
    row = await connection.fetchrow(_SERVER)
    assert row is not None  # noqa: S101 - a SELECT without FROM
    return Server(*row.values())


async def queues(connection: Connection) -> Sequence[Queue]:
    """Return the queues of tasks that are on."""
    return [Queue(*row.values()) for row in await connection.fetch(_QUEUES)]


async def newest_backup(connection: Connection) -> datetime | None:
    """Return of when the newest verified backup is."""
    at: datetime | None = await connection.fetchval(_BACKUP)
    return at


async def sealed(
    connection: Connection, kinds: Sequence[tuple[str, str, str]]
) -> list[SealedValue]:
    """Return all sealed values; *kinds* are what they are bound to, their tables and columns."""
    found: list[SealedValue] = []
    for owner, table, column in kinds:
        rows = await connection.fetch(
            f"SELECT name, {column} AS value FROM {table}"  # noqa: S608 - our own names
            f" WHERE {column} IS NOT NULL ORDER BY name"
        )
        found += (SealedValue(f"{owner}:{row['name']}", row["value"]) for row in rows)
    return found
