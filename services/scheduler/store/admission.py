"""SQL of admission: who waits, what is live, and what was decided.

Whoever holds the lock of `scheduler.admission` admits, so that two schedulers never give away the
same slot. Everything is counted over live rows each time: fired, not settled, not held. A killed
executor leaks no slot, for there is nothing that counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.scheduler.store.admission_rows import (
    candidates_of,
    kept_keys,
    live_of,
    queue_rule_of,
)
from services.scheduler.store.orders import BY_KEY, UNCLAIMED, let_go
from services.scheduler.store.run_ends import note_runless
from services.scheduler.waiting import (
    REASONS,
    Admit,
    Candidate,
    Decision,
    Drop,
    Live,
    QueueRule,
    Rate,
    Situation,
    Wait,
)
from shared.db.pool import Connection, Pool

#: Candidates per round, twice: who comes first, and in turn everybody else.
PAGE = 1000

_LOCK = "SELECT true FROM scheduler.admission FOR UPDATE SKIP LOCKED"

# The parameters are read only where a key needs them. `place` counts all that wait of a task, also
# those whose time has not come; `rank` is the order of `admission.in_order`.
_CANDIDATES = """
SELECT r.*, j.policy,
       CASE WHEN j.policy LIKE '%{{%' THEN coalesce(r.params, j.action_config) END AS key_params
FROM (
    SELECT w.*, row_number() OVER (
        ORDER BY greatest(1, w.priority - floor(extract(epoch FROM $1 - w.due_at) / 60)),
                 w.due_at, w.scheduled_for, w.run_id) AS rank
    FROM (
        SELECT o.run_id, o.task_id, o.trigger, o.attempt, o.due_at, o.scheduled_for, o.queue,
               o.priority, o.overlap, o.waits_for, o.not_before, o.params, o.slot, o.locks,
               row_number() OVER (PARTITION BY o.task_id, o.attempt > 1
                                  ORDER BY o.due_at, o.scheduled_for, o.run_id) AS place
        FROM scheduler.occurrences o WHERE o.held) w
    WHERE w.due_at <= $1 AND (w.not_before IS NULL OR w.not_before <= $1
                              OR w.waits_for = 'rate_limit')) r
JOIN scheduler.jobs j USING (task_id)
WHERE r.rank <= $2 OR r.rank > $3 AND r.rank <= $3 + $2
ORDER BY r.due_at, r.scheduled_for, r.run_id
"""

_QUEUES = """
SELECT q.name, q.paused, q.concurrency, q.rate_limit, q.rate_period_seconds, q.max_depth,
       CASE WHEN q.max_depth IS NOT NULL THEN (
           SELECT count(*) FROM scheduler.occurrences o
           WHERE o.held AND o.queue = q.name AND o.attempt = 1 AND o.waits_for = ANY($2::text[]))
       END AS waiting
FROM api.scheduler_queues q WHERE q.name = ANY($1::text[])
"""

_IS_LIVE = "NOT o.settled AND o.outcome = 'fired'"

# What a run has it keeps as it was admitted, though its task is edited or deleted; one that was
# never held is counted by what its task says now.
_LIVE = f"""
SELECT o.run_id, o.task_id, o.held, coalesce(o.admitted_at, o.due_at) AS since, o.slot, o.locks,
       o.cancel_requested_at IS NOT NULL AS cancelling, j.policy,
       CASE WHEN j.policy LIKE '%{{{{%' THEN coalesce(o.params, j.action_config) END AS key_params
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE (o.task_id = ANY($1::uuid[]) OR $2 AND (
           o.locks IS NOT NULL OR o.slot IS NULL AND o.task_id IN (
               SELECT task_id FROM scheduler.jobs WHERE policy LIKE '%"locks":%')))
  AND (NOT o.held OR o.attempt > 1) AND {_IS_LIVE}
"""  # noqa: S608 - our own condition

_LIVE_IN_QUEUES = f"""
SELECT o.queue, count(*) AS runs FROM scheduler.occurrences o
WHERE o.queue = ANY($1::text[]) AND NOT o.held AND {_IS_LIVE} GROUP BY o.queue
"""  # noqa: S608 - our own condition

# The starts of what was admitted; what went straight through, before there was a limit, is no part
# of it.
_STARTS = """
SELECT r.subject, s.at FROM unnest($1::{kind}[], $2::int[], $3::interval[])
     AS r (subject, most, period), LATERAL (
    SELECT o.admitted_at AS at FROM scheduler.occurrences o
    WHERE o.{column} = r.subject AND o.admitted_at > clock_timestamp() - r.period
    ORDER BY o.admitted_at DESC LIMIT r.most) s
ORDER BY s.at
"""

# Where keys depend on the parameters, these are kept with it: a run does what it was admitted for.
_ADMIT = f"""
WITH admitted AS (
    UPDATE scheduler.occurrences o
    SET held = false, waits_for = NULL, not_before = NULL, admitted_at = clock_timestamp(),
        slot = a.slot, locks = a.locks, params = coalesce(o.params, a.params)
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
         AS a (run_id, slot, locks, params, place)
    WHERE o.run_id = a.run_id AND o.held
    RETURNING o.run_id, o.task_id, o.attempt, o.queue, o.priority, a.place
)
{let_go("SELECT * FROM admitted ORDER BY place")} RETURNING queue
"""  # noqa: S608 - our own words

_WAIT = """
UPDATE scheduler.occurrences o SET waits_for = w.reason, not_before = w.not_before
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS w (run_id, reason, not_before)
WHERE o.run_id = w.run_id AND o.held
"""

_DROP = """
UPDATE scheduler.occurrences o
SET outcome = d.outcome, reason = d.reason, settled = true, held = false, waits_for = NULL,
    not_before = NULL
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS d (run_id, outcome, reason)
WHERE o.run_id = d.run_id AND o.held
"""

_EXPIRE = f"""
WITH late AS MATERIALIZED (
    SELECT o.run_id
    FROM scheduler.orders w JOIN scheduler.occurrences o USING (run_id)
         JOIN scheduler.jobs j ON j.task_id = w.task_id
    WHERE j.policy LIKE '%"start_deadline_seconds":%' AND NOT o.settled AND o.attempt = 1
      AND o.due_at
          < now() - make_interval(secs => (j.policy::json ->> 'start_deadline_seconds')::int)
      AND {UNCLAIMED}
    FOR UPDATE OF o, w SKIP LOCKED
), taken_back AS (
    DELETE FROM scheduler.orders w USING late WHERE w.run_id = late.run_id RETURNING w.run_id
)
UPDATE scheduler.occurrences o SET outcome = 'expired', reason = 'start.deadline', settled = true
FROM taken_back t WHERE o.run_id = t.run_id
RETURNING o.run_id
"""  # noqa: S608 - our own words

_NEXT = """
SELECT extract(epoch FROM min(CASE WHEN waits_for = 'rate_limit' THEN due_at
                                   ELSE greatest(due_at, not_before) END)
               - clock_timestamp())::float8
FROM scheduler.occurrences WHERE held
"""


Subject = TypeVar("Subject", UUID, str)


class Round(NamedTuple):
    """What one round has to decide about."""

    candidates: list[Candidate]
    situation: Situation
    is_full: bool
    """There are more that wait than were read."""


class AdmissionStore:
    """The line of those that wait."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def seconds_until_ripe(self) -> float | None:
        """Return how long until a held run is to be judged; None if nothing is held."""
        seconds: float | None = await self.pool.fetchval(_NEXT)
        return seconds

    async def lock(self, connection: Connection) -> bool:
        """Become the one who admits until the transaction ends; False if another one is."""
        return bool(await connection.fetchval(_LOCK))

    async def read(self, connection: Connection, skip: int) -> Round:
        """Return who waits and what there is; of the end of a long line, what follows *skip*."""
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        rows = await connection.fetch(_CANDIDATES, now, PAGE, max(skip, PAGE))
        candidates = candidates_of(rows)
        queues = await self._queues(connection, candidates)
        limited = [name for name, rule in queues.items() if rule.concurrency is not None]
        situation = Situation(
            now=now,
            paused=bool(await connection.fetchval("SELECT paused FROM api.scheduler_switches")),
            queues=queues,
            live=await self._live(connection, candidates),
            live_in_queue=await self._in_queues(connection, limited),
            task_starts=await self._starts(
                connection,
                "uuid",
                "task_id",
                {
                    each.task_id: Rate.of(each.policy.rate_limit)
                    for each in candidates
                    if each.policy.rate_limit
                },
            ),
            queue_starts=await self._starts(
                connection,
                "text",
                "queue",
                {name: rule.rate for name, rule in queues.items() if rule.rate},
            ),
        )
        return Round(candidates, situation, is_full=len(rows) >= PAGE)

    async def _queues(
        self, connection: Connection, candidates: Sequence[Candidate]
    ) -> dict[str, QueueRule]:
        rows = await connection.fetch(
            _QUEUES, list({each.queue for each in candidates}), sorted(REASONS)
        )
        return {row["name"]: queue_rule_of(row) for row in rows}

    async def _in_queues(self, connection: Connection, names: Sequence[str]) -> dict[str, int]:
        rows = await connection.fetch(_LIVE_IN_QUEUES, names) if names else []
        return {row["queue"]: row["runs"] for row in rows}

    async def _live(self, connection: Connection, candidates: Sequence[Candidate]) -> list[Live]:
        tasks = list({each.task_id for each in candidates})
        rows = await connection.fetch(_LIVE, tasks, any(each.locks for each in candidates))
        return [live_of(row) for row in rows]

    async def _starts(
        self, connection: Connection, kind: str, column: str, rates: Mapping[Subject, Rate]
    ) -> dict[Subject, list[datetime]]:
        starts: dict[Subject, list[datetime]] = {each: [] for each in rates}
        if rates:
            rows = await connection.fetch(
                _STARTS.format(kind=kind, column=column),
                list(rates),
                [rate.limit for rate in rates.values()],
                [rate.period for rate in rates.values()],
            )
            for subject, at in rows:
                starts[subject].append(at)
        return starts

    async def write(
        self,
        connection: Connection,
        candidates: Sequence[Candidate],
        decisions: Mapping[UUID, Decision],
    ) -> list[str]:
        """Carry out what was decided; return the queues of what was admitted."""
        by_id = {each.run_id: each for each in candidates}
        admitted = [
            kept_keys(by_id[run_id])
            for run_id, decision in decisions.items()
            if isinstance(decision, Admit)
        ]
        dropped = [
            (run_id, each.outcome.value, each.reason)
            for run_id, each in decisions.items()
            if isinstance(each, Drop)
        ]
        waiting = [
            (each.run_id, decision.reason, decision.not_before)
            for each in candidates
            if isinstance(decision := decisions.get(each.run_id), Wait)
            and (each.waits_for, each.not_before) != (decision.reason, decision.not_before)
        ]
        if dropped:
            await connection.execute(_DROP, *zip(*dropped, strict=True))
            await note_runless(connection, [run_id for run_id, _, _ in dropped])
        if waiting:
            await connection.execute(_WAIT, *zip(*waiting, strict=True))
        if not admitted:
            return []
        rows = await connection.fetch(_ADMIT, *zip(*admitted, strict=True))
        return [row["queue"] for row in rows]

    async def expire(self) -> int:
        """Give up runs that no executor has claimed before their deadline; return how many."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(BY_KEY)
            expired = [row["run_id"] for row in await connection.fetch(_EXPIRE)]
            await note_runless(connection, expired)
        return len(expired)
