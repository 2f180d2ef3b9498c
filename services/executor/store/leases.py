"""SQL of the leases: the claim before the deed, and the result after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.executor.claimed import ClaimedRun
from shared.contracts.runs import RunFinished
from shared.db.pool import Pool, Record

# What may be claimed is what the ledger says is to be run (the view holds nothing else), what to do
# comes from there too. A lease can be taken over only by a later attempt and only once it ran out.
_CLAIM = """
WITH asked AS (
    SELECT run_id, max(attempt) AS attempt FROM unnest($1::uuid[], $2::int[]) AS a (run_id, attempt)
    GROUP BY run_id
), found AS MATERIALIZED (
    SELECT r.*, a.attempt AS asked FROM asked a JOIN scheduler.executor_runs r
         ON r.run_id = a.run_id AND a.attempt <= r.attempt  -- none that was never ordered
), claimed AS (
    INSERT INTO executor.leases AS l (run_id, task_id, attempt, executor_id, lease_until)
    SELECT run_id, task_id, asked, $3, clock_timestamp() + $4::interval FROM found
    ORDER BY run_id  -- so that two executors never wait for each other in a circle
    ON CONFLICT (run_id) DO UPDATE
    SET attempt = excluded.attempt, executor_id = excluded.executor_id,
        lease_until = excluded.lease_until, claimed_at = clock_timestamp(),
        lost = l.lost + CASE WHEN l.handed_back THEN 0 ELSE 1 END, handed_back = false
    WHERE l.outcome IS NULL AND l.attempt < excluded.attempt
      AND l.lease_until < clock_timestamp()
    RETURNING run_id, attempt, lost
)
SELECT c.run_id, c.attempt, c.lost, r.task_id, r.trigger, r.scheduled_for, r.due_at, r.requested_by,
       r.missed_count, r.missed_since, r.version, r.name, r.action, r.action_config,
       r.timeout_seconds
FROM claimed c JOIN found r ON r.run_id = c.run_id
"""

_FINISH = """
UPDATE executor.leases l
SET outcome = f.outcome, finished_at = clock_timestamp(), report = f.report
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[])
     AS f (run_id, attempt, outcome, report)
WHERE l.run_id = f.run_id AND l.attempt = f.attempt AND l.executor_id = $5 AND l.outcome IS NULL
RETURNING l.run_id, l.attempt
"""

_RENEW = """
UPDATE executor.leases l SET lease_until = clock_timestamp() + $4::interval
FROM unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)
WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3 AND l.outcome IS NULL
RETURNING l.run_id, l.attempt
"""

# Results between the watermark and a moment ago that have no final row in the log.
_UNCONFIRMED = """
SELECT l.report FROM executor.leases l
WHERE l.outcome IS NOT NULL AND l.finished_at > (SELECT until FROM executor.confirmed)
  AND l.finished_at <= $1 AND NOT EXISTS (
      SELECT FROM log.executor_final_runs f WHERE f.run_id = l.run_id)
ORDER BY l.finished_at LIMIT $2
"""


def _attempts(rows: Sequence[Record]) -> set[tuple[UUID, int]]:
    return {(row["run_id"], row["attempt"]) for row in rows}


class LeaseStore:
    """The leases, as one executor sees them."""

    def __init__(self, pool: Pool, executor_id: UUID, lease: timedelta) -> None:
        self._pool = pool
        self._executor_id = executor_id
        self._lease = lease

    async def claim(self, asked: Sequence[tuple[UUID, int]]) -> list[ClaimedRun]:
        """Claim these attempts; return those that are ours now.

        What is missing in the answer belongs to somebody else, has ended, was taken back, or is an
        order of long ago: nothing to do in any case.
        """
        rows = await self._pool.fetch(
            _CLAIM,
            [run_id for run_id, _ in asked],
            [attempt for _, attempt in asked],
            self._executor_id,
            self._lease,
        )
        return [ClaimedRun(*row) for row in rows]

    async def finish(
        self, runs: Sequence[RunFinished], reports: Sequence[bytes]
    ) -> set[tuple[UUID, int]]:
        """Store results with their leases; return the attempts whose lease was still ours.

        The others lost it to a later attempt: their result is kept as evidence only.
        """
        rows = await self._pool.fetch(
            _FINISH,
            [run.run_id for run in runs],
            [run.attempt for run in runs],
            [run.status.value for run in runs],
            reports,
            self._executor_id,
        )
        return _attempts(rows)

    async def keep_superseded(
        self, runs: Sequence[tuple[UUID, int]], reports: Sequence[bytes]
    ) -> None:
        """Keep results that came too late."""
        await self._pool.execute(
            "INSERT INTO executor.superseded (run_id, attempt, report)"
            " SELECT * FROM unnest($1::uuid[], $2::int[], $3::bytea[]) ON CONFLICT DO NOTHING",
            [run_id for run_id, _ in runs],
            [attempt for _, attempt in runs],
            reports,
        )

    async def stored(self, runs: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Return which of these attempts have their result in the lease already.

        A `finish` whose answer was lost on the way may have been committed.
        """
        rows = await self._pool.fetch(
            "SELECT l.run_id, l.attempt FROM executor.leases l"
            " JOIN unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)"
            " ON l.run_id = h.run_id AND l.attempt = h.attempt"
            " WHERE l.executor_id = $3 AND l.outcome IS NOT NULL",
            [run_id for run_id, _ in runs],
            [attempt for _, attempt in runs],
            self._executor_id,
        )
        return _attempts(rows)

    async def renew(self, held: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Extend leases; return those that are still ours."""
        rows = await self._pool.fetch(
            _RENEW,
            [run_id for run_id, _ in held],
            [attempt for _, attempt in held],
            self._executor_id,
            self._lease,
        )
        return _attempts(rows)

    async def release(self, held: Sequence[tuple[UUID, int]]) -> None:
        """Let leases run out now, so that another executor may take the runs over."""
        await self._pool.execute(
            "UPDATE executor.leases l SET lease_until = clock_timestamp(), handed_back = true"
            " FROM unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)"
            " WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3"
            " AND l.outcome IS NULL",
            [run_id for run_id, _ in held],
            [attempt for _, attempt in held],
            self._executor_id,
        )

    async def database_time(self) -> datetime:
        """Return the time by the clock that decides."""
        now: datetime = await self._pool.fetchval("SELECT clock_timestamp()")
        return now

    async def unconfirmed(self, until: datetime, limit: int) -> list[bytes]:
        """Return reports up to *until* that the log does not have."""
        return [row["report"] for row in await self._pool.fetch(_UNCONFIRMED, until, limit)]

    async def confirm(self, until: datetime) -> None:
        """Remember that the log has everything that ended up to *until*."""
        await self._pool.execute("UPDATE executor.confirmed SET until = $1 WHERE until < $1", until)

    async def prune(self, older_than: timedelta, limit: int) -> int:
        """Delete ended leases and late results past their time; return how many leases."""
        await self._pool.execute(
            "DELETE FROM executor.superseded WHERE reported_at < now() - $1::interval", older_than
        )
        status = await self._pool.execute(
            "DELETE FROM executor.leases WHERE run_id IN (SELECT run_id FROM executor.leases"
            " WHERE outcome IS NOT NULL AND finished_at < now() - $1::interval"
            " ORDER BY finished_at LIMIT $2)",
            older_than,
            limit,
        )
        return int(status.split()[-1])
