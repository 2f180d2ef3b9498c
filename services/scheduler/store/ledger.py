"""SQL of the ledger: what was expected, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.scheduler.job import Cancel, Entry, Job
from services.scheduler.store.runless import note_runless
from shared.db.pool import Connection, Pool

_TYPES = {
    "run_id": "uuid",
    "task_id": "uuid",
    "scheduled_for": "timestamptz",
    "due_at": "timestamptz",
    "missed_count": "int",
    "missed_since": "timestamptz",
    "version": "bigint",
    "priority": "smallint",
    "held": "bool",
    "not_before": "timestamptz",
}
_ARRAYS = ", ".join(
    f"${number}::{_TYPES.get(field, 'text')}[]" for number, field in enumerate(Entry._fields, 1)
)
_COLUMNS = ", ".join(Entry._fields)

_INSERT = f"""
INSERT INTO scheduler.occurrences ({_COLUMNS}, settled)
SELECT {_COLUMNS}, outcome <> 'fired' FROM unnest({_ARRAYS}) AS e ({_COLUMNS})
ON CONFLICT DO NOTHING
RETURNING run_id
"""  # noqa: S608 - names of our own columns

# `OFFSET 0` keeps the planner from reading all leases of a week, which have ended, in order to join
# them: few runs are open at a time, and each has its lease under its own id. What is held can never
# have been claimed, so taking it back is certain at once.
_CANCEL = """
UPDATE scheduler.occurrences o
SET outcome = $2, reason = $3, settled = true,
    cancelled_at = CASE WHEN o.held THEN NULL ELSE clock_timestamp() END,
    held = false, waits_for = NULL, not_before = NULL
WHERE o.task_id = $1 AND NOT o.settled AND o.outcome = 'fired'
  AND CASE WHEN o.trigger IN ('manual', 'requeue', 'backfill') THEN $4
           ELSE $5 OR o.scheduled_for <= $6 END
  AND o.attempt = 1
  AND (o.held OR NOT EXISTS (
      SELECT FROM executor.scheduler_leases l WHERE l.run_id = o.run_id OFFSET 0))
RETURNING o.run_id
"""

# Of what was let go the order lies in the stream of its queue and priority already.
_MOVE = """
UPDATE scheduler.occurrences o SET queue = m.queue, priority = m.priority
FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS m (task_id, queue, priority)
WHERE o.task_id = m.task_id AND o.held AND NOT o.settled
"""

# An executor may have claimed a run in the very moment when it was taken back. The lease tells the
# truth: then the run did fire. Half a minute later no claim can be under way any more. The same run
# may have come in again meanwhile: then both are there.
CONFIRM_CANCELLED = """
WITH certain AS (
    SELECT o.run_id, l.run_id IS NOT NULL AS claimed
    FROM scheduler.occurrences o LEFT JOIN LATERAL (
        SELECT l.run_id FROM executor.scheduler_leases l WHERE l.run_id = o.run_id OFFSET 0) l
        ON true
    WHERE o.cancelled_at IS NOT NULL
      AND (l.run_id IS NOT NULL OR o.cancelled_at < clock_timestamp() - interval '30 seconds')
    FOR UPDATE OF o SKIP LOCKED
)
UPDATE scheduler.occurrences o
SET outcome = CASE WHEN c.claimed THEN 'fired' ELSE o.outcome END,
    reason = CASE WHEN c.claimed THEN 'claimed_before_cancel' ELSE o.reason END,
    settled = NOT c.claimed,
    unique_key = CASE WHEN c.claimed THEN NULL ELSE o.unique_key END,
    cancelled_at = NULL
FROM certain c WHERE o.run_id = c.run_id
"""

# Executors get ten seconds after a restart of the database to renew their leases.
# Rows in somebody's hands are passed over, lest all others wait for one. And a lease that is locked
# may have run out only because its executor cannot renew it.
_TAKE_EXPIRED = """
WITH expired AS MATERIALIZED (
    SELECT o.run_id, l.attempt
    FROM scheduler.occurrences o JOIN executor.scheduler_leases l USING (run_id)
    WHERE NOT o.settled AND NOT o.held AND o.attempt <= l.attempt
      AND l.outcome IS NULL AND l.lease_until < now()
      AND pg_postmaster_start_time() < now() - interval '10 seconds'
    FOR UPDATE OF o SKIP LOCKED FOR SHARE OF l SKIP LOCKED
)
UPDATE scheduler.occurrences o SET attempt = l.attempt + 1
FROM expired l
WHERE l.run_id = o.run_id
RETURNING o.run_id, o.task_id, o.attempt, o.queue, o.priority
"""

# Ordered, but no executor has it: no lease yet, or one of an older attempt that ended or ran out.
# Not what was ordered a moment ago: it may still be on its way to the stream.
_UNCLAIMED = """
FROM scheduler.occurrences o LEFT JOIN LATERAL (
    SELECT l.run_id, l.outcome, l.lease_until, l.attempt FROM executor.scheduler_leases l
    WHERE l.run_id = o.run_id OFFSET 0) l ON true
WHERE NOT o.settled AND NOT o.held AND o.recalled_at IS NULL AND o.outcome = 'fired'
  AND coalesce(o.admitted_at, o.created_at) < now() - $1::interval
  AND (l.run_id IS NULL OR l.attempt < o.attempt
       AND (l.outcome IN ('retry', 'snoozed')
            OR l.outcome IS NULL AND l.lease_until < now() - $1::interval))
"""


class Order(NamedTuple):
    """What an executor must be told so that it runs something."""

    run_id: UUID
    task_id: UUID
    attempt: int
    queue: str
    priority: int
    recalls: int = 0
    """How often it was called back: each time it is another message to the stream."""


class Waiting(NamedTuple):
    """An order that no executor has taken, and its place in the line."""

    order: Order
    created_at: datetime


class LedgerStore:
    """The ledger."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def insert(self, connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
        """Add rows; return those that were not there yet."""
        if not entries:
            return set()
        rows = await connection.fetch(_INSERT, *zip(*entries, strict=True))
        return {row["run_id"] for row in rows}

    async def cancel_waiting(
        self, connection: Connection, task_id: UUID, cancel: Cancel, *, until: datetime
    ) -> None:
        """Take back what fired and was not begun; *until* is when the change was made."""
        rows = await connection.fetch(
            _CANCEL,
            task_id,
            cancel.outcome,
            cancel.reason,
            cancel.requests_too,
            cancel.early_too,
            until,
        )
        await note_runless(connection, [row["run_id"] for row in rows])

    async def move_waiting(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Let the held runs of *jobs* follow them into their queues, with their priorities."""
        if jobs:
            await connection.execute(
                _MOVE,
                [job.task_id for job in jobs],
                [job.queue for job in jobs],
                [job.priority for job in jobs],
            )

    async def confirm_cancelled(self) -> None:
        """Let the leases decide about runs that were taken back a moment ago."""
        await self.pool.execute(CONFIRM_CANCELLED)

    async def take_expired(self) -> list[Order]:
        """Turn runs whose executor went silent into orders for their next attempt."""
        return [Order(*row) for row in await self.pool.fetch(_TAKE_EXPIRED)]

    async def count_unclaimed(self, older_than: timedelta) -> int:
        """Return how many orders wait for an executor."""
        count: int = await self.pool.fetchval(f"SELECT count(*) {_UNCLAIMED}", older_than)
        return count

    async def unclaimed(
        self, older_than: timedelta, after: Waiting | None, limit: int
    ) -> list[Waiting]:
        """Return waiting orders, oldest first, page by page."""
        rows = await self.pool.fetch(
            f"SELECT o.run_id, o.task_id, o.attempt, o.queue, o.priority, o.created_at"
            f" {_UNCLAIMED} AND (o.created_at, o.run_id) > ($2, $3)"
            " ORDER BY o.created_at, o.run_id LIMIT $4",
            older_than,
            after.created_at if after else datetime.fromisoformat("2000-01-01T00:00:00Z"),
            after.order.run_id if after else UUID(int=0),
            limit,
        )
        return [Waiting(Order(*tuple(row)[:5]), row["created_at"]) for row in rows]

    async def prune(self, older_than: timedelta, limit: int) -> int:
        """Delete settled rows past their time; return how many."""
        status = await self.pool.execute(
            "DELETE FROM scheduler.occurrences WHERE run_id = ANY(ARRAY(SELECT run_id"
            " FROM scheduler.occurrences WHERE settled AND created_at < now() - $1::interval"
            " ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
            older_than,
            limit,
        )
        return int(status.split()[-1])
