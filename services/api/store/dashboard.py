"""What the dashboard shows, read in a few small statements: each by an index, each bounded.

Spans of time end at `now()`: an index knows nothing to do with `clock_timestamp()`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.api.store.waiting import WAITS_FOR
from shared.db.pool import Connection, Record

#: A run that is due for longer and has not begun is late.
LATE_SECONDS: Final = 30
#: Rows of each list.
SHOWN: Final = 20
#: Counting stops here; nobody tells a larger number from this one.
MOST_COUNTED: Final = 10_000
#: Latest runs over which waiting times are measured.
MEASURED: Final = 2_000

_NOW = f"""
WITH open AS (
    SELECT o.held, NOT o.held AND l.run_id IS NOT NULL AS running,
        o.due_at < clock_timestamp() - interval '{LATE_SECONDS} seconds'
            AND coalesce(o.not_before <= clock_timestamp(), true)
            AND coalesce(o.waits_for, '') NOT IN ('retry', 'snooze') AS overdue, o.due_at
    FROM scheduler.api_occurrences o
    LEFT JOIN executor.api_leases l ON l.run_id = o.run_id AND l.outcome IS NULL
    WHERE NOT o.settled AND o.outcome = 'fired'
)
SELECT clock_timestamp() AS at,
    count(*) FILTER (WHERE running) AS running,
    count(*) FILTER (WHERE NOT running) AS waiting,
    count(*) FILTER (WHERE held) AS held,
    count(*) FILTER (WHERE NOT running AND overdue) AS late,
    extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE NOT running))::float8 AS oldest
FROM open
"""  # noqa: S608 - our own numbers

_LATE = f"""
SELECT o.run_id, o.task_id, t.name, o.queue, o.due_at, {WAITS_FOR} AS waits_for
FROM scheduler.api_occurrences o LEFT JOIN api.tasks t ON t.id = o.task_id
WHERE NOT o.settled AND o.outcome = 'fired'
  AND o.due_at < clock_timestamp() - interval '{LATE_SECONDS} seconds'
  AND coalesce(o.not_before <= clock_timestamp(), true)
  AND coalesce(o.waits_for, '') NOT IN ('retry', 'snooze')
  AND NOT EXISTS (SELECT FROM executor.api_leases l
                  WHERE l.run_id = o.run_id AND l.outcome IS NULL OFFSET 0)
ORDER BY o.due_at, o.run_id LIMIT {SHOWN}
"""  # noqa: S608 - our own words

_UNSTARTED = """
SELECT outcome, count(*) AS count FROM (
    SELECT outcome FROM scheduler.api_unstarted
    WHERE decided_at > now() - interval '24 hours' LIMIT $1) u
GROUP BY outcome
"""
_MISSED = """
SELECT u.run_id, u.task_id, t.name, u.scheduled_for, u.outcome, u.reason, u.missed_count,
    u.missed_since, u.decided_at
FROM (SELECT * FROM scheduler.api_unstarted
      WHERE decided_at > now() - interval '24 hours'
        AND outcome IN ('missed', 'expired', 'throttled', 'upstream_failed')
      ORDER BY decided_at DESC LIMIT $1) u
JOIN api.tasks t ON t.id = u.task_id ORDER BY u.decided_at DESC, u.run_id
"""
_FAILING = """
SELECT h.task_id, t.name, t.enabled, h.failures, h.failing_since, h.last_failed_at,
    h.last_failed_run, h.last_status, h.last_error, h.last_success_at,
    count(*) OVER () AS total
FROM log.api_task_health h JOIN api.tasks t ON t.id = h.task_id
WHERE h.failures > 0 ORDER BY t.enabled DESC, h.last_failed_at DESC, h.task_id LIMIT $1
"""
_NEXT = """
SELECT f.task_id, t.name, f.next_fire_at, f.next_due_at, coalesce(t.policy ->> 'queue', 'default')
FROM (SELECT * FROM scheduler.api_next_fires ORDER BY next_due_at LIMIT $1) f
JOIN api.tasks t ON t.id = f.task_id ORDER BY f.next_due_at, t.name, f.task_id
"""
_SILENT = """
SELECT s.task_id, t.name, s.since, s.fires, count(*) OVER () AS total
FROM log.api_open_silences s JOIN api.tasks t ON t.id = s.task_id
ORDER BY s.since, s.task_id LIMIT $1
"""

# Counts of things that are usually few; of the others no more than $1 are counted.
_COUNTS = """
SELECT (SELECT count(*) FROM api.tasks) AS tasks,
    (SELECT count(*) FROM api.tasks WHERE enabled) AS tasks_enabled,
    (SELECT count(*) FROM (
        SELECT FROM log.api_dead_runs d WHERE NOT EXISTS (
            SELECT FROM api.dead_run_decisions c WHERE c.run_id = d.run_id) LIMIT $1) d)
        AS dead_runs,
    (SELECT count(*) FROM (
        SELECT FROM log.api_dead_letters l WHERE NOT EXISTS (
            SELECT FROM api.dead_letter_decisions c WHERE c.letter_id = l.id) LIMIT $1) d)
        AS dead_letters,
    (SELECT count(*) FROM (
        SELECT FROM notify.api_incidents WHERE closed_at IS NULL LIMIT $1) i) AS incidents,
    (SELECT count(*) FROM api.alerts WHERE state = 'firing') AS alerts_firing,
    (SELECT count(*) FROM api.alerts WHERE state = 'firing' AND level = 'error') AS alerts_error,
    (SELECT paused FROM api.scheduler_switches) AS all_paused,
    ARRAY(SELECT name FROM api.scheduler_queues WHERE paused ORDER BY name LIMIT 100)
        AS paused_queues
"""
_EXECUTORS = """
SELECT count(*) FILTER (WHERE alive AND NOT draining) AS active,
    count(*) FILTER (WHERE alive AND draining) AS draining,
    count(*) FILTER (WHERE NOT alive) AS silent,
    coalesce(sum(slots) FILTER (WHERE alive AND NOT draining), 0) AS slots,
    coalesce(sum(running) FILTER (WHERE alive), 0) AS running
FROM (SELECT *, seen_at > clock_timestamp() - interval '15 seconds' AS alive
      FROM executor.api_executors) e
"""
_TALLIES = """
SELECT bucket, CASE status WHEN 'success' THEN 'success' WHEN 'cancelled' THEN 'other'
    ELSE 'failure' END AS kind, sum(runs)::bigint AS runs
FROM log.api_run_tallies WHERE bucket >= $1 GROUP BY 1, 2 ORDER BY 1, 2
"""
_HOURS = """
SELECT date_bin('1 hour', bucket, 'epoch') AS at, sum(runs)::bigint AS runs,
    coalesce(sum(runs) FILTER (WHERE status NOT IN ('success', 'cancelled')), 0)::bigint AS failures
FROM log.api_run_tallies WHERE bucket >= now() - interval '30 days'
GROUP BY 1 ORDER BY 1
"""

# Of the latest runs only: percentiles of a day would cost a look-up for each of its runs.
_WAITS = """
SELECT count(*) AS measured, count(*) FILTER (WHERE trigger = 'schedule') AS scheduled,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY wait) AS waits,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY late)
        FILTER (WHERE trigger = 'schedule') AS lates
FROM (
    SELECT o.trigger,
        greatest(0, extract(epoch FROM r.started_at - greatest(o.due_at, o.created_at)))::float8
            AS wait,
        greatest(0, extract(epoch FROM r.started_at - o.due_at))::float8 AS late
    FROM (SELECT run_id, started_at FROM log.api_runs
          WHERE started_at > now() - interval '24 hours' AND attempt = 1
          ORDER BY started_at DESC LIMIT $1) r,
         LATERAL (SELECT trigger, due_at, created_at FROM scheduler.api_occurrences v
                  WHERE v.run_id = r.run_id OFFSET 0) o) begun
"""


class LateRow(NamedTuple):
    """A run that is due and has not begun."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    queue: str
    due_at: datetime
    waits_for: str | None


class NextRow(NamedTuple):
    """When a task fires next."""

    task_id: UUID
    task_name: str
    fires_at: datetime
    due_at: datetime
    queue: str


class Live(NamedTuple):
    """What changes from one moment to the next."""

    now: Record
    late: list[LateRow]
    unstarted: dict[str, int]
    missed: list[Record]
    failing: list[Record]
    next: list[NextRow]
    silent: list[Record]
    counts: Record
    executors: Record


class History(NamedTuple):
    """What changes slowly."""

    tallies: list[Record]
    hours: list[Record]
    waits: Record


async def live(connection: Connection) -> Live:
    """Read what is the matter now."""
    return Live(
        now=await _one(connection, _NOW),
        late=[LateRow(*row.values()) for row in await connection.fetch(_LATE)],
        unstarted={
            each["outcome"]: each["count"]
            for each in await connection.fetch(_UNSTARTED, MOST_COUNTED)
        },
        missed=await connection.fetch(_MISSED, SHOWN),
        failing=await connection.fetch(_FAILING, SHOWN),
        next=[NextRow(*row.values()) for row in await connection.fetch(_NEXT, SHOWN)],
        silent=await connection.fetch(_SILENT, SHOWN),
        counts=await _one(connection, _COUNTS, MOST_COUNTED),
        executors=await _one(connection, _EXECUTORS),
    )


async def history(connection: Connection, since: datetime) -> History:
    """Read the counts of ends from *since* on, those of a month by the hour, and waiting times."""
    return History(
        tallies=await connection.fetch(_TALLIES, since),
        hours=await connection.fetch(_HOURS),
        waits=await _one(connection, _WAITS, MEASURED),
    )


async def now_of(connection: Connection) -> datetime:
    """Return the time by the clock that decides."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def _one(connection: Connection, statement: str, *params: object) -> Record:
    row = await connection.fetchrow(statement, *params)
    assert row is not None  # noqa: S101 - an aggregate has one row
    return row
