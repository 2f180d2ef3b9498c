"""SQL of ends without a run, of which dependants have yet to hear (`loops/propagator.py`).

The ends of runs are noticed by their leases. What started nothing has none: it is noted here, in
the transaction that decides it, and heard in another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.db.pool import Connection
from shared.domain.dependency import NO_END

_NOTE_RUNLESS = """
INSERT INTO scheduler.runless_ends (run_id, ended_at)
SELECT o.run_id, greatest(o.due_at, clock_timestamp()) FROM scheduler.occurrences o
WHERE o.run_id = ANY($1::uuid[]) AND o.outcome <> ALL($2::text[])
  AND (o.reason IS NULL OR o.reason NOT IN ('dependency.loop', 'task.paused'))
  AND EXISTS (SELECT FROM scheduler.edges e WHERE e.upstream = o.task_id)
ON CONFLICT DO NOTHING
"""


async def note_runless(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Let the dependants of these ledger rows hear that nothing will run.

    For rows that ended without a lease: skipped, taken back, expired. Rows that fired or are no end
    (`NO_END`), and those of tasks on which nothing depends, are passed over. So are the fires of a
    schedule that is switched off: nobody expects anything of them.
    """
    if run_ids:
        await connection.execute(_NOTE_RUNLESS, run_ids, sorted(NO_END))
