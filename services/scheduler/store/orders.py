"""SQL of orders: runs that were let go and wait for an executor.

    let go ──► order ──┬─ claimed: `scheduler.take_orders`, in the statement that writes the lease
                       └─ taken back: deleted, in the transaction that says what became of the run

Whoever deletes an order has the run: a claim and what takes a run back meet in its row's lock, and
one of them finds it gone. All who change a run lock its ledger row first, then its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.db.pool import Connection

#: Before a statement that looks for many orders: the table is empty one moment and full the next,
#: and a plan that was made while it was empty would read it whole for each of them.
BY_KEY = "SET LOCAL enable_seqscan = off"


def let_go(runs: str) -> str:
    """Return the INSERT that orders *runs*: a query with run, task, attempt, queue and priority."""
    return f"""
    INSERT INTO scheduler.orders (run_id, task_id, attempt, queue, rank, lost)
    SELECT g.run_id, g.task_id, g.attempt, g.queue,
           clock_timestamp() + g.priority * interval '1 minute',
           CASE WHEN g.attempt = 1 THEN 0 ELSE coalesce((
               SELECT l.lost FROM executor.scheduler_leases l WHERE l.run_id = g.run_id), 0) END
    FROM ({runs}) g
    ON CONFLICT (run_id) DO UPDATE SET attempt = excluded.attempt, queue = excluded.queue,
        rank = excluded.rank, lost = excluded.lost
    """  # noqa: S608 - our own words


#: And no executor has it, whatever its order says: one of the version before claims without taking
#: the order. Goes with the next version.
UNCLAIMED = """
NOT EXISTS (SELECT FROM executor.scheduler_leases l
            WHERE l.run_id = o.run_id AND l.attempt >= o.attempt OFFSET 0)
"""

_LOCK = """
SELECT FROM scheduler.occurrences WHERE run_id = ANY($1::uuid[]) ORDER BY run_id FOR UPDATE
"""

# After the lock, so that it sees the orders of who had the rows before.
_TAKE_BACK = f"""
WITH waiting AS (
    SELECT o.run_id, o.held FROM scheduler.occurrences o
    WHERE o.run_id = ANY($1::uuid[]) AND NOT o.settled AND o.outcome = 'fired' AND o.attempt = 1
      AND {UNCLAIMED}
), unordered AS (
    DELETE FROM scheduler.orders w USING waiting o
    WHERE w.run_id = o.run_id AND NOT o.held RETURNING w.run_id
)
SELECT run_id FROM unordered UNION ALL SELECT run_id FROM waiting WHERE held
"""  # noqa: S608 - our own words


async def take_back(connection: Connection, run_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of these runs that have not begun, and from now on never will.

    Their ledger rows are locked; the caller writes there what became of them.
    """
    if not run_ids:
        return []
    await connection.execute(_LOCK, run_ids)
    return [row["run_id"] for row in await connection.fetch(_TAKE_BACK, run_ids)]
