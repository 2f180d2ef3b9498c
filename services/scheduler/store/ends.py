"""SQL of how runs end, or go on.

The end of a run that an executor has is one transaction of the executor's (`executor.store_ends`):
its lease goes, its ledger row is settled. A lease whose outcome is `retry` or `snoozed` asks for
another attempt at `retry_at`. A run that is to be stopped before it was claimed is taken back;
after that it is only marked, and its executor ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.scheduler.store.orders import let_go, take_back
from services.scheduler.store.run_ends import note_runless
from shared.contracts.cancel import CancelItem, CancelState
from shared.db.pool import Pool, Record
from shared.domain.occurrence import Outcome

# Its attempt ended without ending the run: it waits, held, until its next one may begin. One that
# is to be stopped goes on at once: only an executor can write the end of a run that has begun.
# Begins with such leases, which have an index of their own (`leases_to_follow`).
_NEXT_ATTEMPT = f"""
WITH unfinished AS MATERIALIZED (
    SELECT o.run_id, l.attempt, l.outcome, l.retry_at
    FROM (SELECT run_id, attempt, outcome, retry_at FROM executor.scheduler_leases
          WHERE outcome IN ('retry', 'snoozed') OFFSET 0) l
    JOIN scheduler.occurrences o USING (run_id)
    WHERE NOT o.settled AND NOT o.held AND o.attempt <= l.attempt
    FOR UPDATE OF o SKIP LOCKED
), moved AS (
    UPDATE scheduler.occurrences o
    SET attempt = l.attempt + 1,
        held = o.cancel_requested_at IS NULL,
        not_before = l.retry_at,
        waits_for = CASE WHEN o.cancel_requested_at IS NOT NULL THEN NULL
                         WHEN l.outcome = 'retry' THEN 'retry' ELSE 'snooze' END
    FROM unfinished l WHERE l.run_id = o.run_id
    RETURNING o.held, o.run_id, o.task_id, o.attempt, o.queue, o.priority
), ordered AS (
    {let_go("SELECT * FROM moved WHERE NOT held")}
)
SELECT held, queue FROM moved
"""  # noqa: S608 - our own words

# Read after what can be taken back was: what is left then has begun, or has ended.
_FOUND = """
SELECT run_id, settled, outcome FROM scheduler.occurrences WHERE run_id = ANY($1::uuid[])
"""

_TAKEN_BACK = """
UPDATE scheduler.occurrences
SET outcome = 'cancelled', reason = 'run.cancelled', settled = true, held = false, waits_for = NULL,
    cancel_requested_at = clock_timestamp(), cancel_reason = $2
WHERE run_id = ANY($1::uuid[])
"""

# It has begun. Between two attempts it is let go: its executor has nothing to do but write the end.
_MARK = f"""
WITH before AS (
    SELECT run_id, held FROM scheduler.occurrences WHERE run_id = ANY($1::uuid[])
), marked AS (
    UPDATE scheduler.occurrences o
    SET cancel_requested_at = clock_timestamp(), cancel_reason = $2, held = false, waits_for = NULL
    FROM before WHERE o.run_id = before.run_id AND o.cancel_requested_at IS NULL
    RETURNING before.held, o.run_id, o.task_id, o.attempt, o.queue, o.priority
)
{let_go("SELECT * FROM marked WHERE held")} RETURNING queue
"""  # noqa: S608 - our own words


class NextAttempts(NamedTuple):
    """Runs that go on."""

    held: int
    """How many wait to be admitted again."""
    queues: list[str]
    """Of those that are to be stopped, and go on at once."""


class EndStore:
    """The ends of runs."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def next_attempts(self) -> NextAttempts:
        """Let runs whose attempt is to be followed by another wait for it."""
        rows = await self.pool.fetch(_NEXT_ATTEMPT)
        held = sum(row["held"] for row in rows)
        return NextAttempts(held, [row["queue"] for row in rows if not row["held"]])

    async def cancel(
        self, run_ids: Sequence[UUID], reason: str, *, waiting_only: bool = False
    ) -> tuple[list[CancelItem], list[str]]:
        """Take back what has not begun, mark what has; return what came of each.

        The queues are those of runs between two attempts, which are let go so that they end.
        """
        queues: list[str] = []
        async with self.pool.acquire() as connection, connection.transaction():
            taken = await take_back(connection, run_ids)
            rows = {row["run_id"]: row for row in await connection.fetch(_FOUND, run_ids)}
            states = dict.fromkeys(taken, CancelState.CANCELLED)
            if taken:
                await connection.execute(_TAKEN_BACK, taken, reason)
                await note_runless(connection, taken)
            if not waiting_only:
                live = [
                    id_ for id_, row in rows.items() if id_ not in states and not row["settled"]
                ]
                states |= dict.fromkeys(live, CancelState.CANCELLING)
                queues = [row["queue"] for row in await connection.fetch(_MARK, live, reason)]
        return [_item(run_id, rows.get(run_id), states.get(run_id)) for run_id in run_ids], queues


def _item(run_id: UUID, row: Record | None, state: CancelState | None) -> CancelItem:
    if row is None:
        return CancelItem(run_id=run_id, state=CancelState.UNKNOWN)
    if state is not None:
        return CancelItem(run_id=run_id, state=state)
    if not row["settled"]:
        return CancelItem(run_id=run_id, state=CancelState.RUNNING)
    # How a run ended that had begun, the log says.
    status = None if row["outcome"] == Outcome.FIRED else row["outcome"]
    return CancelItem(run_id=run_id, state=CancelState.ENDED, status=status)
