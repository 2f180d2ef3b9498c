"""SQL of the job table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.scheduler.job import Job
from shared.contracts.sync import Bucket
from shared.db.pool import Connection, Pool

_COLUMNS = ", ".join(Job._fields)

_TYPES = {
    "task_id": "uuid",
    "version": "bigint",
    "deleted": "bool",
    "enabled": "bool",
    "timeout_seconds": "int",
    "priority": "smallint",
    "next_fire_at": "timestamptz",
    "next_due_at": "timestamptz",
    "changed_at": "timestamptz",
}
_ARRAYS = ", ".join(
    f"${number}::{_TYPES.get(field, 'text')}[]" for number, field in enumerate(Job._fields, 1)
)

_UPSERT = f"""
INSERT INTO scheduler.jobs ({_COLUMNS}) SELECT * FROM unnest({_ARRAYS})
ON CONFLICT (task_id) DO UPDATE SET
{", ".join(f"{field} = excluded.{field}" for field in Job._fields[1:])}
WHERE scheduler.jobs.version < excluded.version
"""  # noqa: S608 - names of our own columns

# now() and not clock_timestamp(): a stable function, so that the index is used.
_CLAIM_DUE = f"""
SELECT now() + $2::interval AS now, {_COLUMNS} FROM scheduler.jobs
WHERE next_due_at <= now() + $2::interval ORDER BY next_due_at LIMIT $1
FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - names of our own columns

_ADVANCE = """
UPDATE scheduler.jobs j
SET next_fire_at = n.next_fire_at, next_due_at = n.next_due_at, backlog = n.backlog
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[])
     AS n (task_id, read_fire_at, next_fire_at, next_due_at, backlog)
WHERE j.task_id = n.task_id AND j.next_fire_at IS NOT DISTINCT FROM n.read_fire_at
"""

# The API computes the same digest over its own table (services/api/store).
_DIGEST = """
SELECT get_byte(uuid_send(task_id), 0) AS bucket, count(*) AS tasks,
       (sum(hashtextextended(task_id::text || ':' || version, 0)::numeric)
        % 9007199254740993)::bigint AS digest
FROM scheduler.jobs WHERE NOT deleted GROUP BY 1
"""


class Advance(NamedTuple):
    """Where a job goes on after a tick; valid only if it still stands at `read_fire_at`."""

    task_id: UUID
    read_fire_at: datetime | None
    next_fire_at: datetime | None
    next_due_at: datetime | None
    backlog: str | None


class JobStore:
    """The job table."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def claim_due(
        self, connection: Connection, limit: int, ahead: timedelta = timedelta(0)
    ) -> tuple[datetime | None, list[Job]]:
        """Lock the jobs that are due *ahead* of now and that no other scheduler has in hand.

        Returns the time for which they are due (now and *ahead*), or None if there are none.
        """
        rows = await connection.fetch(_CLAIM_DUE, limit, ahead)
        if not rows:
            return None, []
        return rows[0]["now"], [Job(*tuple(row)[1:]) for row in rows]

    async def advance(self, connection: Connection, steps: Sequence[Advance]) -> None:
        """Move jobs on to their next fire."""
        await connection.execute(_ADVANCE, *_transposed(steps, Advance))

    async def seconds_until_due(self) -> float | None:
        """Return how long until the next job is due by the database's clock; None if none is."""
        seconds: float | None = await self.pool.fetchval(
            "SELECT extract(epoch FROM min(next_due_at) - clock_timestamp())::float8"
            " FROM scheduler.jobs WHERE next_due_at IS NOT NULL"
        )
        return seconds

    async def lock(self, connection: Connection, task_ids: Sequence[UUID]) -> dict[UUID, Job]:
        """Lock these jobs, in order of id so that two of us never wait for each other."""
        rows = await connection.fetch(
            f"SELECT {_COLUMNS} FROM scheduler.jobs WHERE task_id = ANY($1::uuid[])"  # noqa: S608 - names of our own columns
            " ORDER BY task_id FOR UPDATE",
            task_ids,
        )
        return {row["task_id"]: Job(*row) for row in rows}

    async def read(self, task_ids: Sequence[UUID]) -> dict[UUID, Job]:
        """Return these jobs, tombstones too."""
        rows = await self.pool.fetch(
            f"SELECT {_COLUMNS} FROM scheduler.jobs WHERE task_id = ANY($1::uuid[])",  # noqa: S608 - names of our own columns
            task_ids,
        )
        return {row["task_id"]: Job(*row) for row in rows}

    async def upsert(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Write jobs; one that is there in the same or a newer version stays as it is."""
        await connection.execute(_UPSERT, *_transposed(jobs, Job))

    async def digest(self) -> list[Bucket]:
        """Return the digest of what is here, for comparison with the API's."""
        rows = await self.pool.fetch(_DIGEST)
        return [Bucket(bucket=r["bucket"], tasks=r["tasks"], digest=r["digest"]) for r in rows]

    async def versions(self, first: UUID, last: UUID) -> dict[UUID, tuple[int, datetime]]:
        """Return version and time of change of the living jobs in an id range."""
        rows = await self.pool.fetch(
            "SELECT task_id, version, changed_at FROM scheduler.jobs"
            " WHERE task_id BETWEEN $1 AND $2 AND NOT deleted",
            first,
            last,
        )
        return {row["task_id"]: (row["version"], row["changed_at"]) for row in rows}

    async def forget_tombstones(self, limit: int) -> int:
        """Delete tombstones that nobody can need any more; return how many.

        Not of tasks that others say that they depend on: these would wait for them.
        """
        status = await self.pool.execute(
            "DELETE FROM scheduler.jobs WHERE task_id IN (SELECT task_id FROM scheduler.jobs"
            " WHERE deleted AND changed_at < now() - interval '14 days' AND NOT EXISTS ("
            "   SELECT FROM scheduler.edges e WHERE e.upstream = task_id AND e.kind = 'depends_on')"
            " LIMIT $1)",
            limit,
        )
        return int(status.split()[-1])


def _transposed(
    rows: Sequence[tuple[object, ...]], shape: type[tuple[object, ...]]
) -> list[Sequence[object]]:
    """Turn rows into the column arrays that unnest takes."""
    return list(zip(*rows, strict=True)) if rows else [()] * len(getattr(shape, "_fields"))  # noqa: B009 - NamedTuple's field list is not known to the type of tuple
