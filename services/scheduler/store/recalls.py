"""SQL of recalls: what was let go and not claimed is held again, for something was closed."""

from __future__ import annotations

from services.scheduler.store.orders import UNCLAIMED
from shared.db.pool import Pool

#: Orders that are called back by one statement.
BATCH = 2000

# Of a queue that is paused, or of any while everything is; and what went straight through before
# its queue had limits. Not what is to be stopped: only an executor can write the end of that. What
# is held gives back its slot and its locks.
_RECALL = f"""
WITH everything AS MATERIALIZED (
    SELECT coalesce(bool_or(paused), false) AS paused FROM api.scheduler_switches
), closed AS MATERIALIZED (
    SELECT name, paused FROM api.scheduler_queues
    WHERE paused OR concurrency IS NOT NULL OR rate_limit IS NOT NULL
), recalled AS MATERIALIZED (
    SELECT o.run_id, CASE WHEN e.paused THEN 'paused_all'
                          WHEN c.paused THEN 'queue_paused' ELSE 'concurrency' END AS why
    FROM scheduler.orders w JOIN scheduler.occurrences o USING (run_id)
         CROSS JOIN everything e LEFT JOIN closed c ON c.name = w.queue
    WHERE ((SELECT paused FROM everything) OR EXISTS (SELECT FROM closed))
      AND NOT o.settled AND NOT o.held AND o.cancel_requested_at IS NULL
      AND (e.paused OR c.paused OR c.name IS NOT NULL AND o.admitted_at IS NULL AND o.attempt = 1)
      AND {UNCLAIMED}
    LIMIT $1 FOR UPDATE OF o, w SKIP LOCKED
), taken_back AS (
    DELETE FROM scheduler.orders w USING recalled r WHERE w.run_id = r.run_id
    RETURNING r.run_id, r.why
)
UPDATE scheduler.occurrences o
SET held = true, waits_for = t.why, admitted_at = NULL, slot = NULL, locks = NULL
FROM taken_back t WHERE o.run_id = t.run_id
"""  # noqa: S608 - our own words


class RecallStore:
    """Calls orders back."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def recall(self) -> int:
        """Hold what was let go but may not start now, at most `BATCH`; return how many."""
        status = await self._pool.execute(_RECALL, BATCH)
        return int(status.split()[-1])
