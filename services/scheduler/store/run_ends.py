"""SQL of ends that the tasks that depend on these have yet to follow (`loops/closer.py`).

Each is noted in the transaction that makes it true: an executor's for a run that it had
(`executor.store_ends`), one of ours for what started nothing. It is taken in the transaction that
enters what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection
from shared.domain.dependency import NO_END

_NOTE = """
INSERT INTO scheduler.run_ends (run_id, task_id, status, ended_at)
SELECT o.run_id, o.task_id, o.outcome, greatest(o.due_at, clock_timestamp())
FROM scheduler.occurrences o
WHERE o.run_id = ANY($1::uuid[]) AND o.outcome <> ALL($2::text[])
  AND (o.reason IS NULL OR o.reason NOT IN ('dependency.loop', 'task.paused'))
  AND EXISTS (SELECT FROM scheduler.edges e WHERE e.upstream = o.task_id)
ON CONFLICT DO NOTHING
"""

_TAKE = """
WITH gone AS (
    DELETE FROM scheduler.run_ends WHERE run_id = ANY(ARRAY(
        SELECT run_id FROM scheduler.run_ends ORDER BY ended_at LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING *
)
SELECT g.run_id, g.task_id, g.status, g.ended_at, o.origin
FROM gone g JOIN scheduler.occurrences o USING (run_id) ORDER BY g.ended_at
"""


class Ended(NamedTuple):
    """A run that ended for good, or a fire that started none."""

    run_id: UUID
    task_id: UUID
    status: str
    ended_at: datetime
    origin: str | None
    """JSON of `contracts.runs.Origin`."""


async def note_runless(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Let the dependants of these ledger rows know that nothing will run.

    For rows that ended without a lease: skipped, taken back, expired. Rows that fired or are no end
    (`NO_END`), and those of tasks on which nothing depends, are passed over. So are the fires of a
    schedule that is switched off: nobody expects anything of them.
    """
    if run_ids:
        await connection.execute(_NOTE, run_ids, sorted(NO_END))


async def take(connection: Connection, limit: int) -> list[Ended]:
    """Take the oldest ends that nothing has followed yet; they are gone on commit."""
    return [Ended(*row) for row in await connection.fetch(_TAKE, limit)]
