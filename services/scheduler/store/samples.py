"""How many runs wait for what: counted now and then, at a bounded price.

No more than `MOST_COUNTED` of those that are held, and of those that wait for an executor, are
looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.db.pool import Pool

MOST_COUNTED = 200_000

_HELD = """
SELECT split_part(coalesce(waits_for, ''), ':', 1) AS reason, count(*) AS runs
FROM (SELECT waits_for FROM scheduler.occurrences WHERE held LIMIT $1) o GROUP BY 1
"""
# Each with its run, by its id: the planner is not to read all runs there are.
_WAITING = """
SELECT w.queue, count(*) AS runs,
    greatest(0, extract(epoch FROM clock_timestamp() - min(o.due_at)))::float8 AS oldest
FROM (SELECT run_id, queue FROM scheduler.orders LIMIT $1) w, LATERAL (
    SELECT due_at FROM scheduler.occurrences o WHERE o.run_id = w.run_id OFFSET 0) o
GROUP BY 1
"""
# By the few leases that live, each with its run.
_RUNNING = """
SELECT o.queue, count(*) AS runs
FROM executor.scheduler_leases l, LATERAL (
    SELECT queue FROM scheduler.occurrences o
    WHERE o.run_id = l.run_id AND NOT o.settled AND NOT o.held OFFSET 0) o
WHERE l.outcome IS NULL
GROUP BY 1
"""
# Jobs are looked at a little ahead of their time.
_OLDEST_DUE = """
SELECT greatest(0, extract(epoch FROM clock_timestamp() - next_due_at))::float8
FROM scheduler.jobs WHERE next_due_at IS NOT NULL ORDER BY next_due_at LIMIT 1
"""
_EXECUTORS = """
SELECT queue, count(*) FILTER (
    WHERE NOT draining AND seen_at > clock_timestamp() - interval '15 seconds') AS executors
FROM executor.scheduler_executors, unnest(queues) AS queue
GROUP BY 1
"""


@dataclass(kw_only=True)
class LedgerSample:
    """How the ledger stands."""

    held: dict[str, int] = field(default_factory=dict)
    """By what they wait for."""
    waiting: dict[str, int] = field(default_factory=dict)
    """By queue: let go, and with no executor."""
    running: Mapping[str, int] = field(default_factory=dict)
    executors: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting: float = 0.0
    oldest_due: float = 0.0
    capped: bool = False


class SampleStore:
    """Counts, as one scheduler reads them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def look(self) -> LedgerSample:
        """Count once."""
        sample = LedgerSample(
            running={each[0]: each[1] for each in await self._pool.fetch(_RUNNING)},
            executors={each[0]: each[1] for each in await self._pool.fetch(_EXECUTORS)},
            oldest_due=await self._pool.fetchval(_OLDEST_DUE) or 0.0,
        )
        held = await self._pool.fetch(_HELD, MOST_COUNTED)
        sample.held = {row["reason"] or "line": row["runs"] for row in held}  # for the admitter
        waiting = await self._pool.fetch(_WAITING, MOST_COUNTED)
        # A zero where somebody could take runs: an autoscaler takes no number for an outage.
        sample.waiting = dict.fromkeys([*sample.running, *sample.executors], 0)
        sample.waiting |= {row["queue"]: row["runs"] for row in waiting}
        sample.oldest_waiting = max((row["oldest"] for row in waiting), default=0.0)
        most = max(sum(row["runs"] for row in rows) for rows in (held, waiting))
        sample.capped = most >= MOST_COUNTED
        return sample
