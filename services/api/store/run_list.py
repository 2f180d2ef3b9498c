"""Runs of all tasks: what the log has, and before it what has not begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.runs import RunRow
from services.api.store.waiting import WAITS_FOR
from shared.db.pool import Connection

WAITING = "waiting"


class ListedRow(NamedTuple):
    """A run, and where it stands in the list."""

    run: RunRow
    queue: str | None
    waits_for: str | None
    at: datetime
    """When it started; of a run that waits, when it was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are asked for; None means any."""

    task_id: UUID | None = None
    status: str | None = None
    trigger: str | None = None
    queue: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


# Both halves are cut before they are joined; each has an index in the order of the list. Bounds are
# spelled so that the index serves them also in a plan that was made for any parameters.
_LIST = f"""
WITH begun AS (
    SELECT r.run_id, r.task_id, r.trigger, r.status, r.attempt, r.scheduled_for, r.started_at,
        r.completed_at, r.duration_seconds, r.result, r.error_message, r.execution_data,
        r.executor, r.final, r.started_at AS at
    FROM log.api_runs r
    WHERE {{of_task}} AND ($2::text IS NULL OR r.status = $2)
      AND $2 IS DISTINCT FROM '{WAITING}'
      AND ($3::text IS NULL OR r.trigger = $3)
      AND ($4::text IS NULL OR EXISTS (
          SELECT FROM scheduler.api_occurrences o WHERE o.run_id = r.run_id AND o.queue = $4))
      AND r.started_at >= coalesce($5::timestamptz, '-infinity')
      AND r.started_at < coalesce($6::timestamptz, 'infinity')
      AND r.started_at <= coalesce($7::timestamptz, 'infinity')
      AND ($7::timestamptz IS NULL OR (r.started_at, r.run_id) < ($7, $8::uuid))
    ORDER BY r.started_at DESC, r.run_id DESC LIMIT $9
), waiting AS (
    SELECT o.run_id, o.task_id, o.trigger, '{WAITING}' AS status, 0 AS attempt, o.scheduled_for,
        NULL::timestamptz AS started_at, NULL::timestamptz AS completed_at,
        NULL::float8 AS duration_seconds, NULL AS result, NULL AS error_message,
        NULL AS execution_data, NULL AS executor, false AS final, o.due_at AS at
    FROM scheduler.api_occurrences o
    WHERE NOT o.settled AND o.outcome = 'fired' AND ($2::text IS NULL OR $2 = '{WAITING}')
      AND ($1::uuid IS NULL OR o.task_id = $1) AND ($3::text IS NULL OR o.trigger = $3)
      AND ($4::text IS NULL OR o.queue = $4)
      AND ($5::timestamptz IS NULL OR o.due_at >= $5)
      AND ($6::timestamptz IS NULL OR o.due_at < $6)
      AND ($7::timestamptz IS NULL OR (o.due_at, o.run_id) < ($7, $8::uuid))
      AND NOT EXISTS (SELECT FROM log.api_runs r WHERE r.run_id = o.run_id OFFSET 0)
    ORDER BY o.due_at DESC, o.run_id DESC LIMIT $9
), page AS (
    SELECT * FROM begun UNION ALL SELECT * FROM waiting ORDER BY at DESC, run_id DESC LIMIT $9
)
SELECT page.*, o.queue, CASE WHEN NOT page.final THEN {WAITS_FOR} END AS waits_for
FROM page
LEFT JOIN scheduler.api_occurrences o ON o.run_id = page.run_id
LEFT JOIN api.tasks t ON t.id = page.task_id
ORDER BY page.at DESC, page.run_id DESC
"""  # noqa: S608 - our own constants
_LIST_OF_ALL = _LIST.replace("{of_task}", "$1::uuid IS NULL")
_LIST_OF_TASK = _LIST.replace("{of_task}", "r.task_id = $1")


async def page(
    connection: Connection, wanted: Wanted, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[ListedRow]:
    """Return runs, newest first, those after the cursor *before*."""
    at, run_id = before or (None, None)
    rows = await connection.fetch(
        _LIST_OF_TASK if wanted.task_id else _LIST_OF_ALL,
        wanted.task_id,
        wanted.status,
        wanted.trigger,
        wanted.queue,
        wanted.earliest,
        wanted.latest,
        at,
        run_id,
        limit,
    )
    width = len(RunRow._fields)
    return [
        ListedRow(
            RunRow(*tuple(row)[:width]),
            queue=row["queue"],
            waits_for=row["waits_for"],
            at=row["at"],
        )
        for row in rows
    ]
