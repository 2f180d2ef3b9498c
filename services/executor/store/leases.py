"""SQL of the leases: the claim before the deed, and the end after it.

no lease ──► held ──► no lease: the run is settled and its final row in the log
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
from services.executor.report import AttemptEnd
from shared.contracts.policy import DEFAULT_QUEUE
from shared.db.pool import Pool, Record

# A row in somebody's hands is passed over: if all others waited for it, none of them would be
# renewed in time. Each is looked up once, under its own id; locked, it stays where it is (`ctid`).
# One that was changed between the look and the lock is left for the next time.
_OURS = """
LATERAL (SELECT l.ctid FROM executor.leases l
         WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3
           AND l.outcome IS NULL
         FOR UPDATE SKIP LOCKED) l
"""

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


_FATE = """
SELECT h.run_id, h.attempt,
    EXISTS (SELECT FROM log.executor_ended e
            WHERE e.run_id = h.run_id AND e.attempt = h.attempt) AS is_stored,
    EXISTS (SELECT FROM executor.leases l
            WHERE l.run_id = h.run_id AND l.attempt = h.attempt AND l.executor_id = $3
              AND l.outcome IS NULL) AS is_open
FROM unnest($1::uuid[], $2::int[]) AS h (run_id, attempt)
"""


class Abilities(NamedTuple):
    """What an executor can take."""

    queues: Sequence[str] = (DEFAULT_QUEUE,)
    labels: Mapping[str, str] = MappingProxyType({})
    actions: tuple[str, ...] | None = None
    """None: all there are."""


class Stored(NamedTuple):
    """What came of ends."""

    attempts: set[tuple[UUID, int]]
    dead: int
    """Runs among them that ended without success for good, after retries."""


class Fate(NamedTuple):
    """What became of attempts; in neither is whose lease has gone to a later one."""

    stored: set[tuple[UUID, int]]
    ours: set[tuple[UUID, int]]
    """Without an end yet."""


def _in_order(end: AttemptEnd) -> bytes:
    return end.run_id.bytes  # as PostgreSQL orders them: all lock ledger rows in this order


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
            "SELECT * FROM executor.claim($1, $2, $3, $4, $5, $6, $7, $8)",
            self._executor_id,
            self._lease,
            self._queues,
            most,
            self._labels,
            self._actions,
            MAX_LOST - 1,
            no_last_chance,
        )
        return [ClaimedRun(*row) for row in rows]

    async def store(self, ends: Sequence[AttemptEnd]) -> Stored:
        """Make ends of different runs true: lease, ledger and log, in one transaction.

        The attempts that are not returned lost their lease to a later one, or somebody keeps its
        row locked: `fate`.
        """
        rows = await self._pool.fetch(
            "SELECT * FROM executor.store_ends($1, $2::log.attempt_end[])",
            self._executor_id,
            sorted(ends, key=_in_order),
        )
        return Stored(_attempts(rows), rows[0]["dead"] if rows else 0)

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

    async def forget_superseded(self, older_than: timedelta) -> None:
        """Delete results that came too late, past their time."""
        await self._pool.execute(
            "DELETE FROM executor.superseded WHERE reported_at < now() - $1::interval", older_than
        )

    async def settle_former(self, most: int) -> int:
        """Store ends that an executor of the version before left with its leases; return how many.

        Goes with the next version.
        """
        done: int = await self._pool.fetchval("SELECT executor.settle_former($1)", most)
        return done

    async def fate(self, runs: Sequence[tuple[UUID, int]]) -> Fate:
        """Return what became of attempts whose end could not be stored.

        A `store` whose answer was lost on the way may have been committed.
        """
        rows = await self._pool.fetch(
            _FATE,
            [run_id for run_id, _ in runs],
            [attempt for _, attempt in runs],
            self._executor_id,
        )
        return Fate(
            stored=_attempts([row for row in rows if row["is_stored"]]),
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
