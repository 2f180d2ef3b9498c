"""Records of backups."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class BackupRow(NamedTuple):
    """A backup; `manifest` is JSON."""

    id: UUID
    task_id: UUID
    run_id: UUID
    source: str
    method: str
    storage: str
    location: str
    state: str
    size: int | None
    sha256: str | None
    key_id: str | None
    manifest: str | None
    error: str | None
    started_at: datetime
    finished_at: datetime | None
    verified_at: datetime | None
    verified_level: str | None
    pruned_at: datetime | None
    version: int


_COLUMNS = ", ".join(BackupRow._fields)

#: What its run, cancelled or killed, did not come to tell.
_STATE = """CASE WHEN b.state = 'running' AND NOT EXISTS (
  SELECT FROM executor.api_leases l WHERE l.run_id = b.run_id AND l.outcome IS NULL)
  THEN 'failed' ELSE b.state END AS state"""
_SEEN = ", ".join(_STATE if each == "state" else f"b.{each}" for each in BackupRow._fields)

_PAGE = f"""
SELECT {_COLUMNS} FROM (SELECT {_SEEN} FROM api.backups b) seen
WHERE ($1::uuid IS NULL OR task_id = $1) AND ($2::text[] IS NULL OR state = ANY($2))
  AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR storage = $4)
  AND (started_at, id) < ($5, $6)
ORDER BY started_at DESC, id DESC LIMIT $7
"""  # noqa: S608 - our own column list

#: A second attempt of a run begins again; what has been stored already stays as it is.
_BEGIN = """
INSERT INTO api.backups AS b (id, run_id, task_id, source, method, storage, location)
VALUES ($1, $1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET state = 'running', error = NULL, finished_at = NULL,
  source = excluded.source, method = excluded.method, storage = excluded.storage,
  location = excluded.location, version = b.version + 1
WHERE b.state = 'failed'
"""

#: Their executors died, and no attempt followed.
_GIVE_UP = """
UPDATE api.backups b SET state = 'failed', finished_at = clock_timestamp(), version = version + 1,
  error = 'the run ended without a word'
WHERE task_id = $1 AND state = 'running' AND run_id <> $2 AND NOT EXISTS (
  SELECT FROM executor.api_leases l WHERE l.run_id = b.run_id AND l.outcome IS NULL)
RETURNING id
"""

_STORED = """
UPDATE api.backups SET state = 'unverified', location = coalesce($2, location), size = $3,
  sha256 = $4, key_id = $5, manifest = $6, error = NULL, finished_at = clock_timestamp(),
  version = version + 1
WHERE id = $1 AND state = 'running'
"""

_FAILED = """
UPDATE api.backups SET state = 'failed', error = $2, finished_at = clock_timestamp(),
  version = version + 1
WHERE id = $1 AND state = 'running'
"""

#: Neither a failed nor a removed backup can be verified, and an older finding is no news.
_VERIFIED = f"""
UPDATE api.backups SET state = CASE WHEN $4::text IS NULL THEN 'verified' ELSE 'unverified' END,
  verified_at = CASE WHEN $4::text IS NULL THEN $3 END,
  verified_level = CASE WHEN $4::text IS NULL THEN $2 END,
  error = $4, version = version + 1
WHERE id = $1 AND state IN ('unverified', 'verified')
  AND (verified_at IS NULL OR verified_at < $3) AND (error IS NULL OR error IS DISTINCT FROM $4)
RETURNING {_COLUMNS}
"""  # noqa: S608 - our own column list

_PRUNED = """
UPDATE api.backups SET state = 'pruned', pruned_at = clock_timestamp(), version = version + 1
WHERE id = ANY($1::uuid[]) AND state <> 'pruned' AND state <> 'failed' RETURNING id
"""


async def page(
    connection: Connection,
    *,
    task_id: UUID | None,
    states: Sequence[str] | None,
    source: str | None,
    storage: str | None,
    before: tuple[datetime, UUID],
    limit: int,
) -> list[BackupRow]:
    """Return backups, newest first."""
    wanted = None if states is None else list(states)
    rows = await connection.fetch(_PAGE, task_id, wanted, source, storage, *before, limit)
    return [BackupRow(*row.values()) for row in rows]


async def get(
    connection: Connection, identity: UUID, *, for_update: bool = False
) -> BackupRow | None:
    """Return one backup."""
    lock = " FOR UPDATE OF b" if for_update else ""
    row = await connection.fetchrow(
        f"SELECT {_SEEN} FROM api.backups b WHERE id = $1{lock}",  # noqa: S608 - our own words
        identity,
    )
    return BackupRow(*row.values()) if row else None


async def begin(
    connection: Connection,
    run_id: UUID,
    task_id: UUID,
    *,
    source: str,
    method: str,
    storage: str,
    location: str,
) -> bool:
    """Note that a run makes a backup; return False if that was known."""
    done = await connection.execute(_BEGIN, run_id, task_id, source, method, storage, location)
    return done != "INSERT 0 0"


async def give_up(connection: Connection, task_id: UUID, run_id: UUID) -> list[UUID]:
    """End the records of a task whose runs are over; *run_id* is the one that is under way."""
    return [row["id"] for row in await connection.fetch(_GIVE_UP, task_id, run_id)]


async def stored(
    connection: Connection,
    identity: UUID,
    *,
    location: str | None,
    size: int | None,
    sha256: str | None,
    key_id: str | None,
    manifest: Mapping[str, Any] | None,
) -> bool:
    """Note that a backup lies there, whole; return False if that was known."""
    text = None if manifest is None else json.dumps(manifest, ensure_ascii=False)
    done = await connection.execute(_STORED, identity, location, size, sha256, key_id, text)
    return done == "UPDATE 1"


async def failed(connection: Connection, identity: UUID, error: str) -> bool:
    """Note that there is no backup; return False if that was known."""
    return await connection.execute(_FAILED, identity, error) == "UPDATE 1"


async def verified(
    connection: Connection, identity: UUID, *, level: str, at: datetime, error: str | None
) -> BackupRow | None:
    """Note what a verification found; None: it was known, or there is no such backup."""
    row = await connection.fetchrow(_VERIFIED, identity, level, at, error)
    return BackupRow(*row.values()) if row else None


async def pruned(connection: Connection, identities: Sequence[UUID]) -> list[UUID]:
    """Note that files are gone; return those of which it is news."""
    return [row["id"] for row in await connection.fetch(_PRUNED, list(identities))]


async def delete(connection: Connection, identity: UUID) -> None:
    """Forget a record."""
    await connection.execute("DELETE FROM api.backups WHERE id = $1", identity)
