"""SQL of recalls: orders that no executor has claimed are held again, because something was closed.

    ordered ──► called back ──┬─ claimed all the same ────► runs
                              ├─ opened again ────────────► ordered anew
                              └─ nobody has claimed it ───► held

What is called back cannot be claimed any more, but a claim may have been under way. Until that is
ruled out the run keeps its slot and its locks, so that no limit is exceeded meanwhile.
"""

from __future__ import annotations

from typing import NamedTuple

from services.scheduler.store.ledger import Order
from shared.db.pool import Pool

#: Orders that are called back by one statement.
BATCH = 2000

_CLOSED = """
everything AS MATERIALIZED (
    SELECT coalesce(bool_or(paused), false) AS paused FROM api.scheduler_switches
), closed AS MATERIALIZED (
    SELECT name, paused FROM api.scheduler_queues
    WHERE paused OR concurrency IS NOT NULL OR rate_limit IS NOT NULL
)
"""

# Ordered and not claimed: of a queue that is paused, or of any while everything is; and what went
# straight through before its queue had limits. Not what is to be stopped: only an executor can
# write the end of that.
_RECALL = f"""
WITH {_CLOSED}, recalled AS (
    SELECT o.run_id, CASE WHEN e.paused THEN 'paused_all'
                          WHEN c.paused THEN 'queue_paused' ELSE 'concurrency' END AS why
    FROM scheduler.occurrences o CROSS JOIN everything e LEFT JOIN closed c ON c.name = o.queue
         LEFT JOIN LATERAL (
             SELECT l.run_id, l.outcome, l.lease_until, l.attempt FROM executor.scheduler_leases l
             WHERE l.run_id = o.run_id OFFSET 0) l ON true
    WHERE ((SELECT paused FROM everything) OR EXISTS (SELECT FROM closed))
      AND NOT o.settled AND NOT o.held AND o.recalled_at IS NULL AND o.outcome = 'fired'
      AND o.cancel_requested_at IS NULL
      AND (e.paused OR c.paused OR c.name IS NOT NULL AND o.admitted_at IS NULL AND o.attempt = 1)
      AND (l.run_id IS NULL OR l.attempt < o.attempt
           AND (l.outcome IN ('retry', 'snoozed')
                OR l.outcome IS NULL AND l.lease_until < clock_timestamp()))
    LIMIT $1 FOR UPDATE OF o SKIP LOCKED
)
UPDATE scheduler.occurrences o
SET recalled_at = clock_timestamp(), recalls = least(o.recalls + 1, 30000), waits_for = r.why
FROM recalled r WHERE o.run_id = r.run_id
"""  # noqa: S608 - our own words

# Half a minute later no claim can be under way any more. What is held then gives back what it had.
_CONFIRM = f"""
WITH {_CLOSED}, known AS (
    SELECT o.run_id, o.settled OR o.outcome <> 'fired' AS over,
           e.paused OR c.name IS NOT NULL AND (c.paused OR o.admitted_at IS NULL) AS is_closed,
           o.recalled_at < clock_timestamp() - interval '30 seconds' AS certain,
           EXISTS (SELECT FROM executor.scheduler_leases l
                   WHERE l.run_id = o.run_id AND l.attempt >= o.attempt OFFSET 0) AS claimed
    FROM scheduler.occurrences o CROSS JOIN everything e LEFT JOIN closed c ON c.name = o.queue
    WHERE o.recalled_at IS NOT NULL
    LIMIT $1 FOR UPDATE OF o SKIP LOCKED
), judged AS (
    SELECT run_id, NOT over AND NOT claimed AND is_closed AS hold,
           NOT over AND NOT claimed AND NOT is_closed AS order_anew
    FROM known WHERE over OR claimed OR NOT is_closed OR certain
)
UPDATE scheduler.occurrences o
SET recalled_at = NULL, held = o.held OR j.hold,
    waits_for = CASE WHEN j.hold OR o.held THEN o.waits_for END,
    admitted_at = CASE WHEN j.hold THEN NULL ELSE o.admitted_at END,
    slot = CASE WHEN j.hold THEN NULL ELSE o.slot END,
    locks = CASE WHEN j.hold THEN NULL ELSE o.locks END
FROM judged j WHERE o.run_id = j.run_id
RETURNING j.hold, j.order_anew, o.run_id, o.task_id, o.attempt, o.queue, o.priority, o.recalls
"""  # noqa: S608 - as above


class Confirmed(NamedTuple):
    """What became of orders that were called back."""

    held: int
    anew: list[Order]
    """To be sent again: they may run after all."""


class RecallStore:
    """Calls orders back."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def recall(self) -> int:
        """Call back what was ordered but may not start now, at most `BATCH`; return how many."""
        status = await self._pool.execute(_RECALL, BATCH)
        return int(status.split()[-1])

    async def confirm(self) -> Confirmed:
        """Decide about what was called back, as soon as it is certain."""
        rows = await self._pool.fetch(_CONFIRM, BATCH)
        return Confirmed(
            held=sum(row["hold"] for row in rows),
            anew=[Order(*tuple(row)[2:]) for row in rows if row["order_anew"]],
        )
