"""What alert rules measure of this system's own data: one statement for each type of rule.

Each returns rows of labels (JSON) and a value. None of them reads a whole table of runs: what was
recorded lately is found by the BRIN index of `log.runs`, what waits by a partial index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shared.contracts.policy import DEFAULT_QUEUE
from shared.db.pool import Connection, Record
from shared.domain.alerting.rule import RunConditions
from shared.domain.alerting.samples import Sample

# `now()` and not `clock_timestamp()`: an index is only used for what stays the same.
_RUNS = """
WITH ended AS (
    SELECT r.status, r.duration_seconds,
           CASE $5::text
               WHEN 'task' THEN jsonb_build_object(
                   'task_id', r.task_id, 'task', coalesce(t.name, r.task_id::text))
               WHEN 'task_action' THEN jsonb_build_object(
                   'task_action', coalesce(t.task_action, ''))
               WHEN 'queue' THEN jsonb_build_object('queue', coalesce(t.policy ->> 'queue', $6))
               ELSE '{{}}' END AS labels
    FROM log.api_recent_runs r LEFT JOIN api.tasks t ON t.id = r.task_id
    WHERE r.recorded_at > now() - $1::interval AND r.status <> 'cancelled'
      AND ($2::uuid IS NULL OR r.task_id = $2) AND ($3::text IS NULL OR t.task_action = $3)
      AND ($4::text IS NULL OR coalesce(t.policy ->> 'queue', $6) = $4)
)
SELECT labels, {value} AS value FROM ended GROUP BY labels HAVING count(*) >= $7 ORDER BY labels
"""
_ERROR_RATE = _RUNS.format(
    value="(100.0 * count(*) FILTER (WHERE status <> 'success') / count(*))::float8"
)
_RESPONSE_TIME = _RUNS.format(
    value="1000 * percentile_cont(0.95) WITHIN GROUP (ORDER BY coalesce(duration_seconds, 0))"
)

# An executor that stops in order takes its row away.
_SYSTEM_ERRORS = """
SELECT '{}'::jsonb AS labels,
       ((SELECT count(*) FROM log.api_dead_letters WHERE created_at > now() - $1::interval)
        + (SELECT count(*) FROM log.api_dead_runs WHERE died_at > now() - $1::interval)
        + (SELECT count(*) FROM executor.api_executors
           WHERE NOT draining AND seen_at <= now() - $2::interval
             AND seen_at > now() - $1::interval - $2::interval))::float8 AS value
"""

# What a runtime said that is silent itself is not believed. An account that fails, starts and fails
# again does not work all the while.
_ACCOUNTS_OFFLINE = """
SELECT jsonb_build_object('account_id', a.account_id, 'server_id', a.server_id) AS labels,
       greatest(0, extract(epoch FROM now() - CASE WHEN a.state IS DISTINCT FROM 'working'
           THEN greatest(a.desired_at, a.not_working_since)
           ELSE coalesce(r.seen_at, a.state_at, a.desired_at) END))::float8 AS value
FROM api.accounts a LEFT JOIN api.account_runtimes r ON r.runtime_id = a.runtime_id
WHERE a.desired = 'running'
  AND (a.state IS DISTINCT FROM 'working'
       OR coalesce(r.seen_at, a.state_at, a.desired_at) <= now() - $1::interval)
  AND (cardinality($2::text[]) = 0 OR a.account_id = ANY($2::text[]))
  AND (cardinality($3::text[]) = 0 OR a.tags && $3::text[])
  AND ($4::text IS NULL OR a.server_id = $4)
ORDER BY a.account_id
"""

# What is to be tried again later does not wait before that. Nor does a run whose attempt has just
# ended, until the scheduler has noted when the next one may begin.
_QUEUE_AGE = """
SELECT jsonb_build_object('queue', o.queue) AS labels,
       extract(epoch FROM now() - min(greatest(o.due_at, o.not_before)))::float8 AS value
FROM scheduler.api_occurrences o
LEFT JOIN executor.api_leases l
    ON l.run_id = o.run_id AND (l.outcome IS NULL OR l.attempt >= o.attempt)
WHERE NOT o.settled AND o.outcome = 'fired' AND (o.held OR l.run_id IS NULL)
  AND greatest(o.due_at, o.not_before) <= now() AND ($1::text IS NULL OR o.queue = $1)
GROUP BY o.queue ORDER BY o.queue
"""

_SCHEDULES_SILENT = """
SELECT jsonb_build_object(
           'task_id', s.task_id, 'task', coalesce(t.name, s.task_id::text)) AS labels,
       greatest(0, extract(epoch FROM now() - s.since))::float8 AS value
FROM log.api_silences s LEFT JOIN api.tasks t ON t.id = s.task_id
WHERE $1::uuid IS NULL OR s.task_id = $1 ORDER BY s.task_id
"""

# A backup is as old as what is in it, however late it was verified. A source of which none was ever
# verified is as old as the first attempt.
_BACKUP_AGE = """
SELECT jsonb_build_object('source', source) AS labels,
       greatest(0, extract(epoch FROM now() - coalesce(
           max(coalesce(finished_at, started_at)) FILTER (WHERE state = 'verified'),
           min(started_at))))::float8 AS value
FROM api.backups WHERE $1::text IS NULL OR source = $1
GROUP BY source ORDER BY source
"""


async def error_rate(
    connection: Connection, window: timedelta, which: RunConditions
) -> list[Sample]:
    """Return the share of runs that failed, in percent; cancelled ones do not count."""
    return _samples(await connection.fetch(_ERROR_RATE, window, *_chosen(which)))


async def response_time(
    connection: Connection, window: timedelta, which: RunConditions
) -> list[Sample]:
    """Return the time within which 95 % of the runs ended, in milliseconds."""
    return _samples(await connection.fetch(_RESPONSE_TIME, window, *_chosen(which)))


async def system_errors(
    connection: Connection, window: timedelta, *, silent_after: timedelta
) -> list[Sample]:
    """Return how many messages and runs died and how many executors were lost."""
    return _samples(await connection.fetch(_SYSTEM_ERRORS, window, silent_after))


async def accounts_offline(
    connection: Connection,
    *,
    account_ids: Sequence[str],
    tags: Sequence[str],
    server_id: str | None,
    silent_after: timedelta,
) -> list[Sample]:
    """Return for how many seconds each account that is to run has not been working."""
    return _samples(
        await connection.fetch(
            _ACCOUNTS_OFFLINE, silent_after, list(account_ids), list(tags), server_id
        )
    )


async def queue_age(connection: Connection, queue: str | None) -> list[Sample]:
    """Return for how many seconds the oldest run of each queue has been waiting."""
    return _samples(await connection.fetch(_QUEUE_AGE, queue))


async def schedules_silent(connection: Connection, task_id: UUID | None) -> list[Sample]:
    """Return for how many seconds nobody has fired each schedule that should have fired."""
    return _samples(await connection.fetch(_SCHEDULES_SILENT, task_id))


async def backup_age(connection: Connection, source: str | None) -> list[Sample]:
    """Return how many seconds ago the newest verified backup of each source was made."""
    return _samples(await connection.fetch(_BACKUP_AGE, source))


def _chosen(which: RunConditions) -> tuple[object, ...]:
    return (
        which.task_id,
        which.task_action,
        which.queue,
        which.by,
        DEFAULT_QUEUE,
        which.min_runs,
    )


def _samples(rows: Sequence[Record]) -> list[Sample]:
    return [Sample(json.loads(row["labels"]), row["value"]) for row in rows]
