"""SQL of the leases: the claim before the deed, and the result after it.

no lease ──► held ──► final (any `RunStatus`), for ever
              ▲ │
              │ └───► retry, snoozed ──► held by a later attempt ──► …
              └─ ran out: held by a later attempt
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.executor.claimed import ClaimedRun
from shared.contracts.runs import RunFinished, RunStatus
from shared.db.pool import Pool, Record

# An attempt that ended so is followed by another one of the same run.
_NOT_FINAL = "('retry', 'snoozed')"

# Whether this executor may run what the view says: it has the labels ($5) and the action ($6).
# A run that is to end without being begun, and one with an action that nobody has, are anybody's.
_FITS = """
(r.cancel_reason IS NOT NULL OR (
    CASE WHEN r.policy LIKE '%"selector"%'
         THEN coalesce((r.policy::jsonb #> '{selector,labels}') <@ $5::jsonb, true) ELSE true END
    AND ($6::text[] IS NULL OR r.action = ANY($6::text[]) OR NOT EXISTS (
        SELECT FROM executor.executors e
        WHERE r.action = ANY(e.actions) AND NOT e.draining
          AND coalesce(r.policy::jsonb ->> 'queue', 'default') = ANY(e.queues)
          AND e.seen_at > clock_timestamp() - interval '30 seconds'))))
"""

# What may be claimed is what the ledger says is to be run (the view holds nothing else), what to do
# comes from there too. A lease can be taken over only by a later attempt and only once it ran out,
# or once its own attempt ended without ending the run.
_CLAIM = f"""
WITH asked AS (
    SELECT run_id, max(attempt) AS attempt FROM unnest($1::uuid[], $2::int[]) AS a (run_id, attempt)
    GROUP BY run_id
), found AS MATERIALIZED (
    SELECT r.*, a.attempt AS asked FROM asked a JOIN scheduler.executor_runs r
         ON r.run_id = a.run_id AND a.attempt <= r.attempt  -- none that was never ordered
    WHERE {_FITS}
), claimed AS (
    INSERT INTO executor.leases AS l (run_id, task_id, attempt, executor_id, lease_until)
    SELECT run_id, task_id, asked, $3, clock_timestamp() + $4::interval FROM found
    ORDER BY run_id  -- so that two executors never wait for each other in a circle
    ON CONFLICT (run_id) DO UPDATE
    SET attempt = excluded.attempt, executor_id = excluded.executor_id,
        lease_until = excluded.lease_until, claimed_at = clock_timestamp(),
        lost = l.lost + CASE WHEN l.handed_back OR l.outcome IS NOT NULL THEN 0 ELSE 1 END,
        failed = l.failed + CASE WHEN l.outcome = 'retry' THEN 1 ELSE 0 END,
        handed_back = false, outcome = NULL, finished_at = NULL, report = NULL, retry_at = NULL
    WHERE l.attempt < excluded.attempt
      AND (l.outcome IS NULL AND l.lease_until < clock_timestamp() OR l.outcome IN {_NOT_FINAL})
    RETURNING run_id, attempt, lost, failed
)
SELECT c.run_id, c.attempt, c.lost, r.task_id, r.trigger, r.scheduled_for, r.due_at, r.requested_by,
       r.missed_count, r.missed_since, r.version, r.name, r.action, r.action_config,
       r.timeout_seconds, r.policy, r.origin, c.failed, r.cancel_reason
FROM claimed c JOIN found r ON r.run_id = c.run_id
"""  # noqa: S608 - our own words

# Of orders that a claim turned away, those that are to be run all the same, by somebody else. Has
# the parameters of the claim, so that what fits is said once.
_FOREIGN = f"""
SELECT a.run_id, a.attempt
FROM unnest($1::uuid[], $2::int[]) AS a (run_id, attempt)
     JOIN scheduler.executor_runs r ON r.run_id = a.run_id AND a.attempt <= r.attempt
WHERE $3::uuid IS NOT NULL AND $4::interval IS NOT NULL AND NOT {_FITS}
  AND NOT EXISTS (
      SELECT FROM executor.leases l WHERE l.run_id = a.run_id
        AND (l.attempt >= a.attempt OR l.outcome NOT IN {_NOT_FINAL}))
"""  # noqa: S608 - as above

_FINISH = """
UPDATE executor.leases l
SET outcome = f.outcome, finished_at = clock_timestamp(), report = f.report, retry_at = f.retry_at
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[], $6::timestamptz[])
     AS f (run_id, attempt, outcome, report, retry_at)
WHERE l.run_id = f.run_id AND l.attempt = f.attempt AND l.executor_id = $5 AND l.outcome IS NULL
RETURNING l.run_id, l.attempt
"""

_RENEW = """
UPDATE executor.leases l SET lease_until = clock_timestamp() + $4::interval
FROM unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)
WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3 AND l.outcome IS NULL
RETURNING l.run_id, l.attempt
"""

# Results between the watermark and a moment ago that have no final row in the log; what was not the
# end of its run has none.
_UNCONFIRMED = f"""
SELECT l.report FROM executor.leases l
WHERE l.outcome IS NOT NULL AND l.outcome NOT IN {_NOT_FINAL}
  AND l.finished_at > (SELECT until FROM executor.confirmed)
  AND l.finished_at <= $1 AND NOT EXISTS (
      SELECT FROM log.executor_final_runs f WHERE f.run_id = l.run_id)
ORDER BY l.finished_at LIMIT $2
"""  # noqa: S608 - as above


class Abilities(NamedTuple):
    """What an executor can take."""

    labels: Mapping[str, str]
    actions: tuple[str, ...] | None
    """None: all there are."""


def _outcome(run: RunFinished) -> str:
    """Return what the lease says of an attempt that ended so."""
    if run.retry_at is None:
        return run.status.value
    return "snoozed" if run.status is RunStatus.RUNNING else "retry"


def _attempts(rows: Sequence[Record]) -> set[tuple[UUID, int]]:
    return {(row["run_id"], row["attempt"]) for row in rows}


class LeaseStore:
    """The leases, as one executor sees them."""

    def __init__(
        self,
        pool: Pool,
        executor_id: UUID,
        lease: timedelta,
        abilities: Abilities = Abilities({}, None),  # noqa: B008 - it never changes
    ) -> None:
        self._pool = pool
        self._executor_id = executor_id
        self._lease = lease
        self._labels = json.dumps(dict(abilities.labels))
        self._actions = abilities.actions

    async def claim(self, asked: Sequence[tuple[UUID, int]]) -> list[ClaimedRun]:
        """Claim these attempts; return those that are ours now.

        What is missing in the answer belongs to somebody else, has ended, was taken back, or is an
        order of long ago; or it does not fit this executor (`foreign`).
        """
        rows = await self._pool.fetch(_CLAIM, *self._asked(asked))
        return [ClaimedRun(*row) for row in rows]

    async def foreign(self, asked: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Return those of these attempts that only another executor may claim."""
        return _attempts(await self._pool.fetch(_FOREIGN, *self._asked(asked)))

    def _asked(self, asked: Sequence[tuple[UUID, int]]) -> tuple[object, ...]:
        return (
            [run_id for run_id, _ in asked],
            [attempt for _, attempt in asked],
            self._executor_id,
            self._lease,
            self._labels,
            self._actions,
        )

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
            [_outcome(run) for run in runs],
            reports,
            self._executor_id,
            [run.retry_at for run in runs],
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

    async def cancels(self, held: Sequence[UUID]) -> dict[UUID, str]:
        """Return which of these runs somebody wants stopped, and why."""
        rows = await self._pool.fetch(
            "SELECT run_id, cancel_reason FROM scheduler.executor_cancels"
            " WHERE run_id = ANY($1::uuid[])",
            held,
        )
        return {row["run_id"]: row["cancel_reason"] or "" for row in rows}

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
            " WHERE outcome IS NOT NULL AND outcome NOT IN ('retry', 'snoozed')"
            " AND finished_at < now() - $1::interval ORDER BY finished_at LIMIT $2)",
            older_than,
            limit,
        )
        return int(status.split()[-1])
