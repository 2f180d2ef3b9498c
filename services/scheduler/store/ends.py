"""SQL of how runs end, or go on: what the leases say becomes true in the ledger.

A lease tells by its outcome: a final one ends the run; `retry` and `snoozed` ask for another
attempt at `retry_at`. A run that is to be stopped before it was claimed is taken back; after that
it is only marked, and its executor ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.scheduler.store.ledger import Order
from services.scheduler.store.runless import note_runless
from shared.contracts.cancel import CancelItem, CancelState
from shared.db.pool import Connection, Pool, Record

# Walks what is open, by its own index, and never the whole ledger or all leases, of which there may
# be millions; each run has its lease under its own id (`OFFSET 0`: see ledger.py). In the order of
# that index: in another one, with a limit, the planner walks the ledger along its key. The lock
# keeps two schedulers from settling a run twice: what one has in hand the other passes over.
_SETTLE = """
WITH ended AS (
    SELECT o.run_id, l.outcome, l.finished_at
    FROM scheduler.occurrences o, LATERAL (
        SELECT l.outcome, l.finished_at FROM executor.scheduler_leases l
        WHERE l.run_id = o.run_id AND l.outcome NOT IN ('retry', 'snoozed') OFFSET 0) l
    WHERE NOT o.settled AND NOT o.held
    ORDER BY o.created_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED
)
UPDATE scheduler.occurrences o SET settled = true FROM ended e WHERE o.run_id = e.run_id
RETURNING o.run_id, o.task_id, e.outcome, e.finished_at, o.origin
"""

# Its attempt ended without ending the run: it waits, held, until its next one may begin. One that
# is to be stopped goes on at once: only an executor can write the end of a run that has begun.
# Begins with such leases, which have an index of their own (`leases_to_follow`).
_NEXT_ATTEMPT = """
WITH unfinished AS MATERIALIZED (
    SELECT o.run_id, l.attempt, l.outcome, l.retry_at
    FROM (SELECT run_id, attempt, outcome, retry_at FROM executor.scheduler_leases
          WHERE outcome IN ('retry', 'snoozed') OFFSET 0) l
    JOIN scheduler.occurrences o USING (run_id)
    WHERE NOT o.settled AND NOT o.held AND o.attempt <= l.attempt
    FOR UPDATE OF o SKIP LOCKED
)
UPDATE scheduler.occurrences o
SET attempt = l.attempt + 1,
    held = o.cancel_requested_at IS NULL,
    not_before = l.retry_at,
    waits_for = CASE WHEN o.cancel_requested_at IS NOT NULL THEN NULL
                     WHEN l.outcome = 'retry' THEN 'retry' ELSE 'snooze' END
FROM unfinished l WHERE l.run_id = o.run_id
RETURNING o.held, o.run_id, o.task_id, o.attempt, o.queue, o.priority
"""

_LOCK = """
SELECT o.run_id, o.held, o.settled, o.outcome, o.attempt, l.outcome AS ended,
       l.run_id IS NOT NULL AS claimed
FROM scheduler.occurrences o LEFT JOIN LATERAL (
    SELECT l.run_id, l.outcome FROM executor.scheduler_leases l WHERE l.run_id = o.run_id OFFSET 0
) l ON true
WHERE o.run_id = ANY($1::uuid[]) ORDER BY o.run_id FOR UPDATE OF o
"""

# Not begun yet: taken back. A claim that is under way at this moment wins (`confirm_cancelled`),
# and then finds that it is to stop.
_TAKE_BACK = """
UPDATE scheduler.occurrences
SET outcome = 'cancelled', reason = 'run.cancelled', settled = true, held = false, waits_for = NULL,
    cancelled_at = CASE WHEN held THEN NULL ELSE clock_timestamp() END,
    cancel_requested_at = clock_timestamp(), cancel_reason = $2
WHERE run_id = ANY($1::uuid[])
"""

# It has begun. Between two attempts it is let go: its executor has nothing to do but write the end.
_MARK = """
UPDATE scheduler.occurrences o
SET cancel_requested_at = clock_timestamp(), cancel_reason = $2, held = false, waits_for = NULL
FROM (SELECT run_id, held FROM scheduler.occurrences WHERE run_id = ANY($1::uuid[])) before
WHERE o.run_id = before.run_id AND o.cancel_requested_at IS NULL
RETURNING before.held, o.run_id, o.task_id, o.attempt, o.queue, o.priority
"""


class Ended(NamedTuple):
    """A run that ended for good."""

    run_id: UUID
    task_id: UUID
    status: str
    ended_at: datetime
    origin: str | None
    """JSON of `contracts.runs.Origin`."""


class NextAttempts(NamedTuple):
    """Runs that go on."""

    held: int
    """How many wait to be admitted again."""
    orders: list[Order]
    """Those that are to be stopped: to be sent at once."""


class EndStore:
    """The ends of runs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def settle(self, connection: Connection, limit: int) -> list[Ended]:
        """Close at most *limit* rows whose run has ended; return them."""
        return [Ended(*row) for row in await connection.fetch(_SETTLE, limit)]

    async def next_attempts(self) -> NextAttempts:
        """Let runs whose attempt is to be followed by another wait for it."""
        rows = await self.pool.fetch(_NEXT_ATTEMPT)
        held = sum(row["held"] for row in rows)
        return NextAttempts(held, [Order(*tuple(row)[1:]) for row in rows if not row["held"]])

    async def cancel(
        self, run_ids: Sequence[UUID], reason: str, *, waiting_only: bool = False
    ) -> tuple[list[CancelItem], list[Order]]:
        """Take back what has not begun, mark what has; return what came of each.

        The orders are of runs between two attempts, which must be sent so that they end.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            rows = {row["run_id"]: row for row in await connection.fetch(_LOCK, run_ids)}
            waiting = [run_id for run_id, row in rows.items() if _has_not_begun(row)]
            live = [run_id for run_id, row in rows.items() if _is_live(row)]
            await connection.execute(_TAKE_BACK, waiting, reason)
            await note_runless(connection, waiting)
            marked = [] if waiting_only else await connection.fetch(_MARK, live, reason)
        states = dict.fromkeys(waiting, CancelState.CANCELLED)
        if not waiting_only:
            states |= dict.fromkeys(live, CancelState.CANCELLING)
        items = [_item(run_id, rows.get(run_id), states.get(run_id)) for run_id in run_ids]
        return items, [Order(*tuple(row)[1:]) for row in marked if row["held"]]


def _has_not_begun(row: Record) -> bool:
    return not row["settled"] and row["attempt"] == 1 and (row["held"] or not row["claimed"])


def _is_live(row: Record) -> bool:
    return not row["settled"] and not _has_not_begun(row) and not _is_final(row["ended"])


def _item(run_id: UUID, row: Record | None, state: CancelState | None) -> CancelItem:
    if row is None:
        return CancelItem(run_id=run_id, state=CancelState.UNKNOWN)
    if state is not None:
        return CancelItem(run_id=run_id, state=state)
    if _is_live(row):
        return CancelItem(run_id=run_id, state=CancelState.RUNNING)
    status = row["ended"] if _is_final(row["ended"]) else row["outcome"]
    return CancelItem(run_id=run_id, state=CancelState.ENDED, status=status)


def _is_final(outcome: str | None) -> bool:
    return outcome is not None and outcome not in ("retry", "snoozed")
