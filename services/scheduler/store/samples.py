"""How many runs wait for what: counted now and then, at a bounded price.

Runs that are open are found by a partial index, oldest first, and no more than `MOST_COUNTED` of
them are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.db.pool import Pool

MOST_COUNTED = 200_000

_OPEN = """
SELECT queue, held, split_part(coalesce(waits_for, ''), ':', 1) AS reason, count(*) AS runs,
    coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS oldest
FROM (SELECT queue, held, waits_for, due_at FROM scheduler.occurrences
      WHERE NOT settled ORDER BY created_at LIMIT $1) o
GROUP BY 1, 2, 3
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
        rows = await self._pool.fetch(_OPEN, MOST_COUNTED)
        sample.capped = sum(row["runs"] for row in rows) >= MOST_COUNTED
        oldest = 0.0
        for row in rows:
            if row["held"]:
                reason = row["reason"] or "line"  # in line for the admitter
                sample.held[reason] = sample.held.get(reason, 0) + row["runs"]
            else:
                queue = row["queue"]
                sample.waiting[queue] = sample.waiting.get(queue, 0) + row["runs"]
                oldest = max(oldest, row["oldest"])
        for queue, running in sample.running.items():
            sample.waiting[queue] = max(0, sample.waiting.get(queue, 0) - running)
        sample.oldest_waiting = oldest if any(sample.waiting.values()) else 0.0
        return sample
