"""SQL of the ledger: what was expected, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduler.job import Cancel, Entry, Job
from services.scheduler.store.orders import BY_KEY, let_go, take_back
from services.scheduler.store.run_ends import note_runless
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
WITH new AS (
    INSERT INTO scheduler.occurrences ({_COLUMNS}, settled)
    SELECT {_COLUMNS}, outcome <> 'fired' FROM unnest({_ARRAYS}) AS e ({_COLUMNS})
    ON CONFLICT DO NOTHING
    RETURNING run_id, task_id, attempt, queue, priority, outcome, held
), ordered AS (
    {let_go("SELECT * FROM new WHERE outcome = 'fired' AND NOT held")}
)
SELECT run_id FROM new
"""  # noqa: S608 - names of our own columns

_WAITING = """
SELECT run_id FROM scheduler.occurrences
WHERE task_id = $1 AND NOT settled AND outcome = 'fired' AND attempt = 1
  AND CASE WHEN trigger IN ('manual', 'requeue', 'backfill') THEN $2
           ELSE $3 OR scheduled_for <= $4 END
"""

_CANCEL = """
UPDATE scheduler.occurrences
SET outcome = $2, reason = $3, settled = true, held = false, waits_for = NULL, not_before = NULL
WHERE run_id = ANY($1::uuid[])
"""

# What was let go keeps its place in the line.
_MOVE = """
UPDATE scheduler.occurrences o SET queue = m.queue, priority = m.priority
FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS m (task_id, queue, priority)
WHERE o.task_id = m.task_id AND o.held AND NOT o.settled
"""

# Executors get ten seconds after a restart of the database to renew their leases.
# Rows in somebody's hands are passed over, lest all others wait for one. And a lease that is locked
# may have run out only because its executor cannot renew it.
_TAKE_EXPIRED = f"""
WITH expired AS MATERIALIZED (
    SELECT o.run_id, l.attempt
    FROM scheduler.occurrences o JOIN executor.scheduler_leases l USING (run_id)
    WHERE NOT o.settled AND NOT o.held AND o.attempt <= l.attempt
      AND l.outcome IS NULL AND l.lease_until < now()
      AND pg_postmaster_start_time() < now() - interval '10 seconds'
    FOR UPDATE OF o SKIP LOCKED FOR SHARE OF l SKIP LOCKED
), moved AS (
    UPDATE scheduler.occurrences o SET attempt = l.attempt + 1
    FROM expired l
    WHERE l.run_id = o.run_id
    RETURNING o.run_id, o.task_id, o.attempt, o.queue, o.priority
)
{let_go("SELECT * FROM moved")} RETURNING queue
"""  # noqa: S608 - our own words

# Let go a while ago, but there is no order, and no executor has it: no lease, or one of an older
# attempt that ended or ran out. So it is after a claim that was turned away because a lease that
# had run out was renewed after all, and with what a scheduler of the version before this one has
# let go. Each run has its lease under its own id (`OFFSET 0`): the planner is not to read all.
_LOST = """
FROM scheduler.occurrences o LEFT JOIN LATERAL (
    SELECT l.run_id, l.outcome, l.lease_until, l.attempt, l.retry_at
    FROM executor.scheduler_leases l WHERE l.run_id = o.run_id OFFSET 0) l ON true
WHERE NOT o.settled AND NOT o.held AND o.recalled_at IS NULL AND o.outcome = 'fired'
  AND coalesce(o.admitted_at, o.created_at) < now() - interval '1 second'
  AND (l.run_id IS NULL OR l.attempt < o.attempt
       AND (l.outcome IN ('retry', 'snoozed') AND l.retry_at <= now()
            OR l.outcome IS NULL AND l.lease_until < now() - interval '1 second'
               AND pg_postmaster_start_time() < now() - interval '10 seconds'))
  AND NOT EXISTS (SELECT FROM scheduler.orders w WHERE w.run_id = o.run_id OFFSET 0)
"""
_FIND_LOST = f"""
SELECT o.run_id {_LOST} ORDER BY o.created_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED
"""

# Looks once more, under the locks: another scheduler may have ordered it in between, and an
# executor have claimed it.
_ORDER_LOST = f"""
WITH lost AS MATERIALIZED (
    SELECT o.run_id, o.task_id, o.attempt, o.queue, o.priority {_LOST}
      AND o.run_id = ANY($1::uuid[])
)
{let_go("SELECT * FROM lost")} RETURNING queue
"""  # noqa: S608 - our own words

# What a scheduler of the version before has noted for the tasks that depend on these. Goes with the
# next version, with the table.
_NOTED_HALFWAY = """
WITH noted AS MATERIALIZED (
    SELECT r.run_id, o.task_id, o.outcome, r.ended_at FROM scheduler.runless_ends r, LATERAL (
        SELECT task_id, outcome, cancelled_at FROM scheduler.occurrences o
        WHERE o.run_id = r.run_id OFFSET 0) o
    WHERE o.cancelled_at IS NULL FOR UPDATE OF r SKIP LOCKED
), gone AS (
    DELETE FROM scheduler.runless_ends WHERE run_id IN (SELECT run_id FROM noted)
)
INSERT INTO scheduler.run_ends SELECT * FROM noted WHERE outcome <> 'fired' ON CONFLICT DO NOTHING
"""

# What a scheduler of the version before had taken back or called back when it ended: it waited half
# a minute to know whether a claim had been under way. The lease says so by now. Goes with the next
# version, with the two columns.
_LEFT_HALFWAY = """
WITH known AS (
    SELECT o.run_id, o.cancelled_at IS NOT NULL AND l.run_id IS NOT NULL AS runs
    FROM scheduler.occurrences o LEFT JOIN LATERAL (
        SELECT l.run_id FROM executor.scheduler_leases l WHERE l.run_id = o.run_id OFFSET 0) l
        ON true
    WHERE o.cancelled_at < clock_timestamp() - interval '1 minute'
       OR o.recalled_at < clock_timestamp() - interval '1 minute'
    FOR UPDATE OF o SKIP LOCKED
)
UPDATE scheduler.occurrences o
SET cancelled_at = NULL, recalled_at = NULL,
    outcome = CASE WHEN k.runs THEN 'fired' ELSE o.outcome END,
    reason = CASE WHEN k.runs THEN 'claimed_before_cancel' ELSE o.reason END,
    settled = o.settled AND NOT k.runs,
    unique_key = CASE WHEN k.runs THEN NULL ELSE o.unique_key END
FROM known k WHERE o.run_id = k.run_id
"""


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
            _WAITING, task_id, cancel.requests_too, cancel.early_too, until
        )
        run_ids = await take_back(connection, [row["run_id"] for row in rows])
        if run_ids:
            await connection.execute(_CANCEL, run_ids, cancel.outcome, cancel.reason)
            await note_runless(connection, run_ids)

    async def move_waiting(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Let the held runs of *jobs* follow them into their queues, with their priorities."""
        if jobs:
            await connection.execute(
                _MOVE,
                [job.task_id for job in jobs],
                [job.queue for job in jobs],
                [job.priority for job in jobs],
            )

    async def take_expired(self) -> list[str]:
        """Order runs whose executor went silent, as their next attempt; return their queues."""
        return [row["queue"] for row in await self.pool.fetch(_TAKE_EXPIRED)]

    async def repair(self, limit: int) -> list[str]:
        """Order runs that were let go and that nobody has or waits for; return their queues."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(BY_KEY)
            await connection.execute(_LEFT_HALFWAY)
            await connection.execute(_NOTED_HALFWAY)
            lost = [row["run_id"] for row in await connection.fetch(_FIND_LOST, limit)]
            rows = await connection.fetch(_ORDER_LOST, lost) if lost else []
            return [row["queue"] for row in rows]

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
