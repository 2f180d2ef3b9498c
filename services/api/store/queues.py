"""Queues: their limits, what waits and runs in them; and the switch that pauses everything."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from shared.contracts.policy import DEFAULT_QUEUE
from shared.db.pool import Connection


class Limits(NamedTuple):
    """What was set of a queue."""

    description: str | None = None
    paused: bool = False
    concurrency: int | None = None
    rate_limit: int | None = None
    rate_period_seconds: int | None = None
    max_depth: int | None = None


class QueueRow(NamedTuple):
    """A queue as it stands."""

    name: str
    description: str | None
    paused: bool
    """As it stands now: a pause with an end may be over."""
    concurrency: int | None
    rate_limit: int | None
    rate_period_seconds: int | None
    max_depth: int | None
    updated_at: datetime | None
    updated_by: str | None
    pause_reason: str | None
    paused_at: datetime | None
    paused_by: str | None
    paused_until: datetime | None
    overridden: bool
    override_concurrency: int | None
    override_until: datetime | None
    override_reason: str | None
    override_by: str | None
    waiting: int
    running: int
    retrying: int
    held: str
    """JSON: how many runs wait for what."""
    oldest_waiting_seconds: float | None
    executors: int
    slots: int
    tasks: int
    started_last_minutes: int
    all_paused: bool
    """Everything is paused, whatever the queue itself."""


class PauseRow(NamedTuple):
    """Whether everything is paused."""

    paused: bool
    changed_at: datetime | None
    changed_by: str | None
    reason: str | None
    until: datetime | None


class Pausing(NamedTuple):
    """A pause that is wished."""

    reason: str | None = None
    until: datetime | None = None


class Override(NamedTuple):
    """A limit for a while."""

    concurrency: int | None
    until: datetime
    reason: str | None


#: Minutes over which starts are counted, and how many runs are looked at for that.
RATE_MINUTES = 5
_RATE_RUNS = 5_000

_LIMITS = ", ".join(Limits._fields)

# A queue is there once it was set up, or as soon as a task or a run is in it. The latest starts are
# found by an index, which knows nothing to do with `clock_timestamp()`.
_QUEUES = f"""
WITH open AS (
    SELECT o.queue, o.due_at, o.attempt, NOT o.held AND l.run_id IS NOT NULL AS running,
           CASE WHEN o.held THEN coalesce(o.waits_for, 'held') END AS held
    FROM scheduler.api_occurrences o
    LEFT JOIN executor.api_leases l ON l.run_id = o.run_id AND l.outcome IS NULL
    WHERE NOT o.settled AND o.outcome = 'fired' AND ($1::text IS NULL OR o.queue = $1)
), runs AS (
    SELECT queue, count(*) FILTER (WHERE NOT running) AS waiting,
           count(*) FILTER (WHERE running) AS running,
           count(*) FILTER (WHERE NOT running AND attempt > 1) AS retrying,
           extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE NOT running))::float8
               AS oldest
    FROM open GROUP BY queue
), held AS (
    SELECT queue, json_object_agg(held, runs) AS held
    FROM (SELECT queue, held, count(*) AS runs FROM open WHERE held IS NOT NULL GROUP BY 1, 2) each
    GROUP BY queue
), started AS (
    SELECT o.queue, count(*) AS runs
    FROM (SELECT run_id FROM log.api_runs
          WHERE started_at > now() - interval '{RATE_MINUTES} minutes'
          ORDER BY started_at DESC LIMIT {_RATE_RUNS}) r,
         LATERAL (SELECT queue FROM scheduler.api_occurrences v
                  WHERE v.run_id = r.run_id OFFSET 0) o
    GROUP BY o.queue
), tasks AS (
    SELECT coalesce(policy ->> 'queue', $2) AS queue, count(*) AS tasks FROM api.tasks GROUP BY 1
), live AS (
    SELECT name, count(*) AS executors, sum(slots) AS slots
    FROM executor.api_executors e, unnest(e.queues) AS name
    WHERE e.seen_at > clock_timestamp() - interval '15 seconds' AND NOT e.draining GROUP BY name
), names AS (
    SELECT name FROM api.queues UNION SELECT queue FROM runs UNION SELECT queue FROM tasks
    UNION SELECT $2
)
SELECT n.name, q.description, coalesce(s.paused, false), q.concurrency, q.rate_limit,
       q.rate_period_seconds, q.max_depth, q.updated_at, q.updated_by,
       q.pause_reason, q.paused_at, q.paused_by, q.paused_until,
       coalesce(q.override_until > clock_timestamp(), false), q.override_concurrency,
       q.override_until, q.override_reason, q.override_by,
       coalesce(r.waiting, 0), coalesce(r.running, 0), coalesce(r.retrying, 0),
       coalesce(h.held, '{{}}'), r.oldest, coalesce(e.executors, 0), coalesce(e.slots, 0),
       coalesce(t.tasks, 0), coalesce(g.runs, 0),
       coalesce((SELECT bool_or(paused) FROM api.scheduler_switches), false)
FROM names n
LEFT JOIN api.queues q ON q.name = n.name
LEFT JOIN api.scheduler_queues s ON s.name = n.name
LEFT JOIN runs r ON r.queue = n.name
LEFT JOIN held h ON h.queue = n.name
LEFT JOIN started g ON g.queue = n.name
LEFT JOIN tasks t ON t.queue = n.name
LEFT JOIN live e ON e.name = n.name
WHERE $1::text IS NULL OR n.name = $1
ORDER BY n.name LIMIT 1000
"""  # noqa: S608 - our own numbers


async def every(connection: Connection) -> list[QueueRow]:
    """Return all queues by name."""
    return [QueueRow(*row.values()) for row in await connection.fetch(_QUEUES, None, DEFAULT_QUEUE)]


async def get(connection: Connection, name: str) -> QueueRow | None:
    """Return one queue."""
    row = await connection.fetchrow(_QUEUES, name, DEFAULT_QUEUE)
    return QueueRow(*row.values()) if row else None


async def lock(connection: Connection, name: str) -> Limits | None:
    """Return what was set of a queue, and keep it from being changed meanwhile."""
    row = await connection.fetchrow(
        f"SELECT {_LIMITS}, coalesce(paused_until <= clock_timestamp(), false) AS is_over"  # noqa: S608 - our own column list
        " FROM api.queues WHERE name = $1 FOR UPDATE",
        name,
    )
    if row is None:
        return None
    *limits, is_over = row.values()
    known = Limits(*limits)
    return known._replace(paused=known.paused and not is_over)


async def put(connection: Connection, name: str, limits: Limits, *, updated_by: str) -> None:
    """Store what is set of a queue. A pause that begins or ends here has no reason and no end."""
    await connection.execute(
        f"INSERT INTO api.queues AS q (name, {_LIMITS}, updated_by, paused_at, paused_by)"  # noqa: S608 - our own column list
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
        "  CASE WHEN $3 THEN clock_timestamp() END, CASE WHEN $3 THEN $8 END)"
        f" ON CONFLICT (name) DO UPDATE SET ({_LIMITS}, updated_by, updated_at)"
        " = ($2, $3, $4, $5, $6, $7, $8, clock_timestamp()),"
        " (paused_at, paused_by, paused_until, pause_reason) = (SELECT p.* FROM (VALUES"
        "  (q.paused_at, q.paused_by, q.paused_until, q.pause_reason),"
        "  (excluded.paused_at, excluded.paused_by, NULL, NULL)) AS p"
        "  OFFSET CASE WHEN q.paused = $3 AND coalesce(q.paused_until > clock_timestamp(), true)"
        "  THEN 0 ELSE 1 END LIMIT 1)",
        name,
        *limits,
        updated_by,
    )


async def pause(
    connection: Connection, name: str, wished: Pausing | None, *, updated_by: str
) -> None:
    """Pause or, with None, resume a queue; its limits stay. One that is said anew is as said."""
    reason, until = wished or Pausing()
    await connection.execute(
        "INSERT INTO api.queues (name, paused, updated_by, paused_at, paused_by, pause_reason,"
        "  paused_until)"
        " VALUES ($1, $2, $3, CASE WHEN $2 THEN clock_timestamp() END,"
        "  CASE WHEN $2 THEN $3::text END, $4, $5)"
        " ON CONFLICT (name) DO UPDATE SET paused = $2, updated_by = $3,"
        " updated_at = clock_timestamp(), paused_at = excluded.paused_at,"
        " paused_by = excluded.paused_by, pause_reason = $4, paused_until = $5"
        " WHERE (queues.paused, queues.pause_reason, queues.paused_until)"
        "  IS DISTINCT FROM ($2, $4::text, $5::timestamptz)",
        name,
        wished is not None,
        updated_by,
        reason,
        until,
    )


async def override(
    connection: Connection, name: str, wished: Override | None, *, updated_by: str
) -> None:
    """Let a limit hold for a while in the stead of the queue's own; None: no more."""
    concurrency, until, reason = wished or (None, None, None)
    await connection.execute(
        "INSERT INTO api.queues AS q (name, override_concurrency, override_until, override_reason,"
        "  override_by, updated_by) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (name) DO UPDATE SET (override_concurrency, override_until, override_reason,"
        "  override_by, updated_by, updated_at) = ($2, $3, $4, $5, $6, clock_timestamp())",
        name,
        concurrency,
        until,
        reason,
        updated_by if wished else None,
        updated_by,
    )


async def delete(connection: Connection, name: str) -> bool:
    """Forget what was set of a queue; False if there was nothing."""
    found: str | None = await connection.fetchval(
        "DELETE FROM api.queues WHERE name = $1 RETURNING name", name
    )
    return found is not None


async def pause_state(connection: Connection) -> PauseRow:
    """Return whether everything is paused."""
    row = await connection.fetchrow(
        "SELECT v.paused, s.changed_at, s.changed_by, s.reason, s.paused_until"
        " FROM api.switches s, api.scheduler_switches v"
    )
    return PauseRow(*row.values()) if row else PauseRow(False, None, None, None, None)  # noqa: FBT003 - a row


async def pause_everything(
    connection: Connection, wished: Pausing | None, *, changed_by: str
) -> None:
    """Pause or, with None, resume everything; nothing is written if it is so already."""
    reason, until = wished or Pausing()
    await connection.execute(
        "UPDATE api.switches SET paused = $1, changed_at = clock_timestamp(), changed_by = $2,"
        " reason = $3, paused_until = $4"
        " WHERE (paused, reason, paused_until) IS DISTINCT FROM ($1, $3::text, $4::timestamptz)",
        wished is not None,
        changed_by,
        reason,
        until,
    )


async def is_later_than_now(connection: Connection, at: datetime) -> bool:
    """Return whether *at* is still to come, by the clock that decides when it is over."""
    found: bool = await connection.fetchval("SELECT $1 > clock_timestamp()", at)
    return found
