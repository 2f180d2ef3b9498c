"""SQL of reports that the log must get: which it lacks, and how long they are kept.

The end of a run lies with its lease, the end of an attempt that another one followed in a table of
its own: the lease goes to the next attempt, and the log may not have heard of this one by then.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.db.pool import Pool

# Results between the watermark and a moment ago that the log does not have. What was not the end of
# its run has no final row there; its attempt's own row tells.
_UNCONFIRMED = """
SELECT report FROM (
    SELECT l.report, l.finished_at FROM executor.leases l
    WHERE l.outcome IS NOT NULL AND l.outcome NOT IN ('retry', 'snoozed')
      AND l.finished_at > (SELECT until FROM executor.confirmed) AND l.finished_at <= $1
      AND NOT EXISTS (SELECT FROM log.executor_final_runs f WHERE f.run_id = l.run_id)
    UNION ALL
    SELECT e.report, e.finished_at FROM executor.attempt_ends e
    WHERE e.finished_at > (SELECT until FROM executor.confirmed) AND e.finished_at <= $1
      AND NOT EXISTS (
          SELECT FROM log.executor_ended_attempts a
          WHERE a.run_id = e.run_id AND a.attempt = e.attempt)) lacking
ORDER BY finished_at LIMIT $2
"""

_PRUNE_LEASES = """
DELETE FROM executor.leases WHERE run_id IN (
    SELECT run_id FROM executor.leases
    WHERE outcome IS NOT NULL AND outcome NOT IN ('retry', 'snoozed')
      AND finished_at < now() - $1::interval ORDER BY finished_at LIMIT $2)
"""

_PRUNE_ENDS = """
DELETE FROM executor.attempt_ends WHERE (run_id, attempt) IN (
    SELECT run_id, attempt FROM executor.attempt_ends
    WHERE finished_at < now() - $1::interval ORDER BY finished_at LIMIT $2)
"""


class ReportStore:
    """The reports of all executors."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def database_time(self) -> datetime:
        """Return the time by the clock that dates reports."""
        now: datetime = await self._pool.fetchval("SELECT clock_timestamp()")
        return now

    async def unconfirmed(self, until: datetime, limit: int) -> list[bytes]:
        """Return reports up to *until* that the log does not have."""
        return [row["report"] for row in await self._pool.fetch(_UNCONFIRMED, until, limit)]

    async def confirm(self, until: datetime) -> None:
        """Remember that the log has everything that ended up to *until*."""
        await self._pool.execute("UPDATE executor.confirmed SET until = $1 WHERE until < $1", until)

    async def prune(self, older_than: timedelta, limit: int) -> int:
        """Delete ended leases and reports past their time; return how many of the most numerous."""
        await self._pool.execute(
            "DELETE FROM executor.superseded WHERE reported_at < now() - $1::interval", older_than
        )
        leases = await self._pool.execute(_PRUNE_LEASES, older_than, limit)
        ends = await self._pool.execute(_PRUNE_ENDS, older_than, limit)
        return max(int(status.split()[-1]) for status in (leases, ends))
