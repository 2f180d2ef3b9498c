"""What there is of each database that is backed up; and what a backup's record does not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: Databases that are told of.
MOST_SOURCES = 200


class SourceRow(NamedTuple):
    """All backups of one database."""

    source: str
    storages: list[str]
    stored: int
    total_size: int
    newest_at: datetime | None
    verified_at: datetime | None
    restored_at: datetime | None
    """The last time that one was restored for a trial, and was whole."""
    failed_since: int
    """How many failed after the newest one that is stored."""
    last_error: str | None


class More(NamedTuple):
    """What the record of a backup does not say."""

    task_name: str | None
    verify_run_id: UUID | None
    """The run that restores it for a trial now."""


_SOURCES = f"""
SELECT b.source, array_agg(DISTINCT b.storage ORDER BY b.storage),
       count(*) FILTER (WHERE b.state IN ('unverified', 'verified')),
       coalesce(sum(b.size) FILTER (WHERE b.state IN ('unverified', 'verified')), 0)::bigint,
       max(b.started_at) FILTER (WHERE b.state IN ('unverified', 'verified')) AS newest,
       max(b.verified_at), max(b.verified_at) FILTER (WHERE b.verified_level = 'restore'),
       f.failed, f.error
FROM api.backups b
CROSS JOIN LATERAL (
    SELECT count(*) AS failed,
           (array_agg(x.error ORDER BY x.started_at DESC))[1] AS error
    FROM api.backups x
    WHERE x.source = b.source AND x.state = 'failed' AND x.started_at > coalesce((
        SELECT max(y.started_at) FROM api.backups y
        WHERE y.source = b.source AND y.state IN ('unverified', 'verified')), '-infinity')
) f
GROUP BY b.source, f.failed, f.error
ORDER BY newest DESC NULLS LAST, b.source LIMIT {MOST_SOURCES}
"""  # noqa: S608 - our own number

_MORE = """
SELECT b.id, t.name, (
    SELECT o.run_id FROM scheduler.api_occurrences o
    WHERE o.task_id = b.task_id AND NOT o.settled AND o.outcome = 'fired'
      AND o.params IS NOT NULL AND o.params::json ->> 'verify_backup_id' = b.id::text
    ORDER BY o.created_at DESC LIMIT 1)
FROM api.backups b LEFT JOIN api.tasks t ON t.id = b.task_id
WHERE b.id = ANY($1::uuid[])
"""


async def sources(connection: Connection) -> list[SourceRow]:
    """Return each database of which there is a record, the one backed up last first."""
    return [SourceRow(*row) for row in await connection.fetch(_SOURCES)]


async def more(connection: Connection, backups: Sequence[UUID]) -> dict[UUID, More]:
    """Return what the records of *backups* do not say."""
    rows = await connection.fetch(_MORE, list(backups))
    return {identity: More(*rest) for identity, *rest in rows}
