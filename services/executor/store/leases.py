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
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from services.executor.claimed import MAX_LOST, ClaimedRun
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

# If this attempt is lost like those before it, its run is given up (`ClaimedRun.is_last_chance`).
_LAST_CHANCE = f"""
CASE WHEN a.attempt = 1 THEN false ELSE coalesce((
    SELECT l.lost + CASE WHEN l.handed_back OR l.outcome IS NOT NULL THEN 0 ELSE 1 END
    FROM executor.leases l WHERE l.run_id = r.run_id) = {MAX_LOST - 1}, false) END
"""  # noqa: S608 - our own words

# What may be claimed is what the ledger says is to be run (the view holds nothing else), what to do
# comes from there too. A lease can be taken over only by a later attempt and only once it ran out,
# or once its own attempt ended without ending the run. Of last chances one is taken, and none while
# one is under way here ($7). Each run is looked up under its own id (`OFFSET 0`):
# a plan that was made while the ledger was empty would go on to read it whole.
_CLAIM = f"""
WITH asked AS (
    SELECT run_id, max(attempt) AS attempt FROM unnest($1::uuid[], $2::int[]) AS a (run_id, attempt)
    GROUP BY run_id
), found AS MATERIALIZED (
    SELECT r.*, a.attempt AS asked, {_LAST_CHANCE} AS last_chance
    FROM asked a, LATERAL (
        SELECT * FROM scheduler.executor_runs v WHERE v.run_id = a.run_id OFFSET 0) r
    WHERE a.attempt <= r.attempt  -- none that was never ordered
      AND {_FITS}
), claimed AS (
    INSERT INTO executor.leases AS l (run_id, task_id, attempt, executor_id, lease_until)
    SELECT run_id, task_id, asked, $3, clock_timestamp() + $4::interval FROM found
    WHERE NOT last_chance
       OR NOT $7::bool AND run_id = (SELECT run_id FROM found WHERE last_chance LIMIT 1)
    ORDER BY run_id  -- so that two executors never wait for each other in a circle
    ON CONFLICT (run_id) DO UPDATE
    SET attempt = excluded.attempt, executor_id = excluded.executor_id,
        lease_until = excluded.lease_until, claimed_at = clock_timestamp(),
        lost = l.lost + CASE WHEN l.handed_back OR l.outcome IS NOT NULL THEN 0 ELSE 1 END,
        failed = l.failed + CASE WHEN l.outcome = 'retry' THEN 1 ELSE 0 END,
        handed_back = false, outcome = NULL, finished_at = NULL, report = NULL, retry_at = NULL,
        progress = NULL
    WHERE l.attempt < excluded.attempt
      AND (l.outcome IS NULL AND l.lease_until < clock_timestamp() OR l.outcome IN {_NOT_FINAL})
    RETURNING run_id, attempt, lost, failed
)
SELECT c.run_id, c.attempt, c.lost, r.task_id, r.trigger, r.scheduled_for, r.due_at, r.requested_by,
       r.missed_count, r.missed_since, r.version, r.name, r.action, r.action_config,
       r.timeout_seconds, r.policy, r.origin, c.failed, r.cancel_reason, r.traceparent
FROM claimed c JOIN found r ON r.run_id = c.run_id
"""  # noqa: S608 - our own words

# Of orders that a claim turned away, those that are to be run all the same, by somebody else or
# later. Has the parameters of the claim, so that what fits is said once.
_FOREIGN = f"""
SELECT a.run_id, a.attempt
FROM unnest($1::uuid[], $2::int[]) AS a (run_id, attempt)
     JOIN scheduler.executor_runs r ON r.run_id = a.run_id AND a.attempt <= r.attempt
WHERE $3::uuid IS NOT NULL AND $4::interval IS NOT NULL AND $7::bool IS NOT NULL
  AND (NOT {_FITS} OR {_LAST_CHANCE})
  AND NOT EXISTS (
      SELECT FROM executor.leases l WHERE l.run_id = a.run_id
        AND (l.attempt >= a.attempt OR l.outcome NOT IN {_NOT_FINAL}))
"""  # noqa: S608 - as above

# A row in somebody's hands is passed over: if all others waited for it, none of them would be
# renewed in time.
_FREE = """
WITH free AS MATERIALIZED (
    SELECT run_id FROM executor.leases WHERE run_id = ANY($1::uuid[]) FOR UPDATE SKIP LOCKED
)"""

_FINISH = f"""
{_FREE}
UPDATE executor.leases l
SET outcome = f.outcome, finished_at = clock_timestamp(), report = f.report, retry_at = f.retry_at
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[], $6::timestamptz[])
     AS f (run_id, attempt, outcome, report, retry_at) JOIN free USING (run_id)
WHERE l.run_id = f.run_id AND l.attempt = f.attempt AND l.executor_id = $5 AND l.outcome IS NULL
RETURNING l.run_id, l.attempt
"""  # noqa: S608 - as above

# The lease goes to the next attempt; what this one said of its end must not go with it.
_FINISH_AND_KEEP = f"""
WITH ended AS ({_FINISH}, l.claimed_at, l.finished_at, l.outcome, l.report), kept AS (
    INSERT INTO executor.attempt_ends (run_id, attempt, claimed_at, finished_at, report)
    SELECT run_id, attempt, claimed_at, finished_at, report FROM ended WHERE outcome IN {_NOT_FINAL}
    ON CONFLICT DO NOTHING
)
SELECT run_id, attempt FROM ended
"""  # noqa: S608 - as above

# What is still ours is read, not returned by the update: what was passed over is ours, too.
_RENEW = f"""
{_FREE}, held AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $5::text[]) AS h (run_id, attempt, progress)
), renewed AS (
    UPDATE executor.leases l
    SET lease_until = clock_timestamp() + $4::interval, progress = coalesce(h.progress, l.progress)
    FROM held h JOIN free USING (run_id)
    WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3
      AND l.outcome IS NULL
)
SELECT l.run_id, l.attempt FROM executor.leases l JOIN held h USING (run_id)
WHERE l.attempt = h.attempt AND l.executor_id = $3 AND l.outcome IS NULL
"""  # noqa: S608 - as above


class Abilities(NamedTuple):
    """What an executor can take."""

    labels: Mapping[str, str]
    actions: tuple[str, ...] | None
    """None: all there are."""


class Fate(NamedTuple):
    """What became of attempts; in neither is whose lease has gone to a later one."""

    stored: set[tuple[UUID, int]]
    ours: set[tuple[UUID, int]]
    """Without a result yet."""


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

    async def claim(
        self, asked: Sequence[tuple[UUID, int]], *, no_last_chance: bool = False
    ) -> list[ClaimedRun]:
        """Claim these attempts, at most one last chance or none; return those that are ours now.

        What is missing in the answer belongs to somebody else, has ended, was taken back, or is an
        order of long ago; or it does not fit this executor (`foreign`).
        """
        rows = await self._pool.fetch(_CLAIM, *self._asked(asked), no_last_chance)
        return [ClaimedRun(*row) for row in rows]

    async def foreign(self, asked: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        """Return those of these attempts that only another executor may claim, or we later."""
        return _attempts(await self._pool.fetch(_FOREIGN, *self._asked(asked), False))  # noqa: FBT003 - unused

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
        """Store results with their leases; return the attempts of which this is done.

        The others lost their lease to a later attempt, or somebody keeps its row locked: `fate`.
        """
        followed = any(run.retry_at is not None for run in runs)
        rows = await self._pool.fetch(
            _FINISH_AND_KEEP if followed else _FINISH,
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

    async def fate(self, runs: Sequence[tuple[UUID, int]]) -> Fate:
        """Return what became of attempts whose result could not be stored.

        A `finish` whose answer was lost on the way may have been committed.
        """
        rows = await self._pool.fetch(
            "SELECT l.run_id, l.attempt, l.outcome IS NULL AS is_open FROM executor.leases l"
            " JOIN unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)"
            " ON l.run_id = h.run_id AND l.attempt = h.attempt WHERE l.executor_id = $3",
            [run_id for run_id, _ in runs],
            [attempt for _, attempt in runs],
            self._executor_id,
        )
        return Fate(
            stored=_attempts([row for row in rows if not row["is_open"]]),
            ours=_attempts([row for row in rows if row["is_open"]]),
        )

    async def renew(
        self,
        held: Sequence[tuple[UUID, int]],
        progress: Mapping[tuple[UUID, int], str] = MappingProxyType({}),
    ) -> set[tuple[UUID, int]]:
        """Extend leases, note how far their runs are; return those that are still ours."""
        rows = await self._pool.fetch(
            _RENEW,
            [run_id for run_id, _ in held],
            [attempt for _, attempt in held],
            self._executor_id,
            self._lease,
            [progress.get(each) for each in held],
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
