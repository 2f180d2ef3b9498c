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
from shared.contracts.policy import DEFAULT_QUEUE
from shared.contracts.runs import RunFinished, RunStatus
from shared.db.pool import Pool, Record

# An attempt that ended so is followed by another one of the same run.
_NOT_FINAL = "('retry', 'snoozed')"

# What may be claimed is what has an order, which goes with the claim. A lease can be taken over
# only by a later attempt, once it ran out, or once its own attempt ended without ending the run.
_CLAIM = f"""
WITH taken AS MATERIALIZED (
    SELECT * FROM scheduler.take_orders(
        $1::text[], $2::int, $3::jsonb, $4::text[], $5::int, $6::bool)
), claimed AS (
    INSERT INTO executor.leases AS l (run_id, task_id, attempt, executor_id, lease_until)
    SELECT run_id, task_id, attempt, $7, clock_timestamp() + $8::interval FROM taken
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
SELECT c.run_id, c.attempt, c.lost, t.task_id, t.trigger, t.scheduled_for, t.due_at, t.requested_by,
       t.missed_count, t.missed_since, t.version, t.name, t.action, t.action_config,
       t.timeout_seconds, t.policy, t.origin, c.failed, t.cancel_reason, t.traceparent
FROM claimed c JOIN taken t ON t.run_id = c.run_id
"""  # noqa: S608 - our own words

# A row in somebody's hands is passed over: if all others waited for it, none of them would be
# renewed in time. Each is looked up once, under its own id; locked, it stays where it is (`ctid`).
# One that was changed between the look and the lock is left for the next time.
_OURS = """
LATERAL (SELECT l.ctid FROM executor.leases l
         WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3
           AND l.outcome IS NULL
         FOR UPDATE SKIP LOCKED) l
"""

_FINISH = f"""
WITH free AS MATERIALIZED (
    SELECT h.*, l.ctid
    FROM unnest($1::uuid[], $2::int[], $4::text[], $5::bytea[], $6::timestamptz[])
         AS h (run_id, attempt, outcome, report, retry_at), {_OURS}
)
UPDATE executor.leases l
SET outcome = f.outcome, finished_at = clock_timestamp(), report = f.report, retry_at = f.retry_at
FROM free f WHERE l.ctid = f.ctid
RETURNING l.run_id, l.attempt
"""  # noqa: S608 - our own words

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
WITH held AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $5::text[]) AS h (run_id, attempt, progress)
), free AS MATERIALIZED (
    SELECT h.*, l.ctid FROM held h, {_OURS}
), renewed AS (
    UPDATE executor.leases l
    SET lease_until = clock_timestamp() + $4::interval, progress = coalesce(f.progress, l.progress)
    FROM free f WHERE l.ctid = f.ctid
)
SELECT h.run_id, h.attempt FROM held h, LATERAL (
    SELECT FROM executor.leases l
    WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3
      AND l.outcome IS NULL OFFSET 0) l
"""  # noqa: S608 - as above


class Abilities(NamedTuple):
    """What an executor can take."""

    queues: Sequence[str] = (DEFAULT_QUEUE,)
    labels: Mapping[str, str] = MappingProxyType({})
    actions: tuple[str, ...] | None = None
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
        abilities: Abilities = Abilities(),  # noqa: B008 - it never changes
    ) -> None:
        self._pool = pool
        self._executor_id = executor_id
        self._lease = lease
        self._queues = list(abilities.queues)
        self._labels = json.dumps(dict(abilities.labels))
        self._actions = abilities.actions

    async def claim(self, most: int, *, no_last_chance: bool = False) -> list[ClaimedRun]:
        """Claim up to *most* runs, the most pressing first, at most one last chance or none."""
        rows = await self._pool.fetch(
            _CLAIM,
            self._queues,
            most,
            self._labels,
            self._actions,
            MAX_LOST - 1,
            no_last_chance,
            self._executor_id,
            self._lease,
        )
        return [ClaimedRun(*row) for row in rows]

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
            self._executor_id,
            [_outcome(run) for run in runs],
            reports,
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
