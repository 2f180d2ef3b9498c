"""Runs of all tasks: what the log has, and before it what has not begun.

    log (by start) ──┐
                     ├──► newest first ──► a page, and what is told of its rows
    waits (by due) ──┘

Both halves are cut before they are joined; each has an index in the order of the list. A filter
that no index serves is held against a bounded number of rows: then a page may be short, or empty,
and the next one goes on where this one ended (`Page.until`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.api.runs.wanted import WAITING, Wanted
from services.api.store.run_lines import escaped
from services.api.store.runs import RunRow
from services.api.store.waiting import WAITS_FOR
from shared.db.pool import Connection

#: Runs that one page looks at for a filter that no index serves.
LOOKED_AT = 50_000
#: Runs are counted up to here, and for so long.
COUNTED = 10_000
COUNT_MS = 400

Cursor = tuple[datetime, UUID]


class ListedRow(NamedTuple):
    """A run, and where it stands in the list."""

    run: RunRow
    task_name: str | None
    task_action: str | None
    queue: str | None
    requested_by: str | None
    origin: str | None
    due_at: datetime | None
    began_at: datetime | None
    """When its first attempt started."""
    waits_for: str | None
    at: datetime
    """When it started; of a run that waits, when it was due."""


class Page(NamedTuple):
    """Some runs."""

    rows: list[ListedRow]
    until: Cursor | None
    """Set: nothing older than this was looked at, though there may be more."""


class _Arguments(list[Any]):
    """Values of a statement, by their places."""

    def add(self, value: object) -> str:
        """Add a value and return its place."""
        self.append(value)
        return f"${len(self)}"


_BEGUN = """
    SELECT r.run_id, r.task_id, r.trigger, r.status, r.attempt, r.scheduled_for, r.started_at,
        r.completed_at, r.duration_seconds, r.result, r.error_message, r.execution_data,
        r.executor, r.final, r.started_at AS at
    FROM log.api_runs r WHERE {conditions}
    ORDER BY r.started_at DESC, r.run_id DESC {limit}
"""
_WAITING = f"""
    SELECT o.run_id, o.task_id, o.trigger, '{WAITING}' AS status, 0 AS attempt, o.scheduled_for,
        NULL::timestamptz AS started_at, NULL::timestamptz AS completed_at,
        NULL::float8 AS duration_seconds, NULL AS result, NULL AS error_message,
        NULL AS execution_data, NULL AS executor, false AS final, o.due_at AS at
    FROM scheduler.api_occurrences o WHERE {{conditions}}
      AND NOT EXISTS (SELECT FROM log.api_runs r WHERE r.run_id = o.run_id OFFSET 0)
    ORDER BY o.due_at DESC, o.run_id DESC {{limit}}
"""  # noqa: S608 - our own constants
_TOLD = f"""
SELECT page.*, t.name AS task_name, t.task_action, o.queue, o.requested_by, o.origin, o.due_at,
    coalesce(first.started_at, page.started_at) AS began_at,
    CASE WHEN NOT page.final THEN {WAITS_FOR} END AS waits_for
FROM (SELECT * FROM (%halves%) AS halves ORDER BY at DESC, run_id DESC LIMIT %limit%) AS page
LEFT JOIN scheduler.api_occurrences o ON o.run_id = page.run_id
LEFT JOIN api.tasks t ON t.id = page.task_id
LEFT JOIN log.api_attempts first ON first.run_id = page.run_id AND first.attempt = 1
ORDER BY page.at DESC, page.run_id DESC
"""  # noqa: S608 - our own constants


async def page(
    connection: Connection, wanted: Wanted, *, before: Cursor | None, limit: int
) -> Page:
    """Return runs, newest first, those after the cursor *before*."""
    floor = await _floor(connection, wanted, before) if wanted.is_searched else None
    arguments = _Arguments()
    cut = arguments.add(limit)
    halves = _halves(wanted, arguments, before=before, floor=floor, cut=f"LIMIT {cut}")
    if not halves:
        return Page([], None)
    united = " UNION ALL ".join(f"({each})" for each in halves)
    # Not `format`: what is asked of the policy has braces of its own.
    statement = _TOLD.replace("%halves%", united).replace("%limit%", cut)
    rows = await connection.fetch(statement, *arguments)
    width = len(RunRow._fields)
    names = ListedRow._fields[1:]
    found = [ListedRow(RunRow(*tuple(row)[:width]), *(row[name] for name in names)) for row in rows]
    return Page(found, floor if len(found) < limit else None)


async def count(connection: Connection, wanted: Wanted) -> int | None:
    """Return how many runs there are, one more than `COUNTED` at most; None: it takes too long."""
    arguments = _Arguments()
    halves = _halves(wanted, arguments, before=None, floor=None, cut="")
    if not halves:
        return 0
    each = " UNION ALL ".join(f"(SELECT 1 FROM ({half}) AS half)" for half in halves)  # noqa: S608 - our own words
    statement = f"SELECT count(*) FROM ({each} LIMIT {COUNTED + 1}) AS counted"  # noqa: S608 - our own words
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout = {COUNT_MS}")
            counted: int = await connection.fetchval(statement, *arguments)
    except asyncpg.QueryCanceledError:
        return None
    return counted


async def _floor(connection: Connection, wanted: Wanted, before: Cursor | None) -> Cursor | None:
    """Return the run down to which this page may look; None: there are not so many."""
    arguments = _Arguments()
    bounds = " AND ".join(
        _bounds(wanted, arguments, before, None, at="r.started_at", run_id="r.run_id")
    )
    row = await connection.fetchrow(
        f"SELECT r.started_at, r.run_id FROM log.api_runs r WHERE {bounds}"  # noqa: S608 - our own words
        f" ORDER BY r.started_at DESC, r.run_id DESC OFFSET {LOOKED_AT} LIMIT 1",
        *arguments,
    )
    return (row["started_at"], row["run_id"]) if row else None


def _halves(
    wanted: Wanted,
    arguments: _Arguments,
    *,
    before: Cursor | None,
    floor: Cursor | None,
    cut: str,
) -> list[str]:
    halves = []
    if wanted.begun_statuses != ():
        conditions = [
            *_bounds(wanted, arguments, before, floor, at="r.started_at", run_id="r.run_id"),
            *_shared(wanted, arguments, "r"),
            *_of_begun(wanted, arguments),
        ]
        halves.append(_BEGUN.format(conditions=" AND ".join(conditions), limit=cut))
    if wanted.takes_waiting:
        conditions = [
            "NOT o.settled AND o.outcome = 'fired'",
            *_bounds(wanted, arguments, before, floor, at="o.due_at", run_id="o.run_id"),
            *_shared(wanted, arguments, "o"),
        ]
        if wanted.queue:
            conditions.append(f"o.queue = {arguments.add(wanted.queue)}")
        if wanted.text:
            conditions.append(_named(wanted, arguments, "o"))
        halves.append(_WAITING.format(conditions=" AND ".join(conditions), limit=cut))
    return halves


def _bounds(
    wanted: Wanted,
    arguments: _Arguments,
    before: Cursor | None,
    floor: Cursor | None,
    *,
    at: str,
    run_id: str,
) -> list[str]:
    found = ["true"]
    if wanted.earliest:
        found.append(f"{at} >= {arguments.add(wanted.earliest)}")
    if wanted.latest:
        found.append(f"{at} < {arguments.add(wanted.latest)}")
    if wanted.task_id:
        found.append(f"{at.partition('.')[0]}.task_id = {arguments.add(wanted.task_id)}")
    for cursor, sign in ((before, "<"), (floor, ">")):
        if cursor:
            when, which = arguments.add(cursor[0]), arguments.add(cursor[1])
            equal = "" if cursor is before else "="
            # The first half is for the index, which does not serve the second.
            found.append(
                f"{at} {sign}= {when} AND ({at}, {run_id}) {sign}{equal} ({when}, {which})"
            )
    return found


def _shared(wanted: Wanted, arguments: _Arguments, row: str) -> list[str]:
    found = []
    if wanted.triggers:
        found.append(f"{row}.trigger = ANY({arguments.add(list(wanted.triggers))}::text[])")
    if wanted.action:
        found.append(
            f"EXISTS (SELECT FROM api.tasks t WHERE t.id = {row}.task_id"
            f" AND t.task_action = {arguments.add(wanted.action)})"
        )
    return found


def _of_begun(wanted: Wanted, arguments: _Arguments) -> list[str]:
    found = []
    if wanted.begun_statuses:
        found.append(f"r.status = ANY({arguments.add(list(wanted.begun_statuses))}::text[])")
    if wanted.queue:
        found.append(
            "EXISTS (SELECT FROM scheduler.api_occurrences o WHERE o.run_id = r.run_id"
            f" AND o.queue = {arguments.add(wanted.queue)})"
        )
    if wanted.executor:
        found.append(f"r.executor = {arguments.add(wanted.executor)}")
    if wanted.least_seconds is not None:
        found.append(f"r.duration_seconds >= {arguments.add(float(wanted.least_seconds))}")
    if wanted.error:
        found.append(f"r.error_message ILIKE {arguments.add(_like(wanted.error))}")
    if wanted.text:
        like = arguments.add(_like(wanted.text))
        said = f"r.error_message ILIKE {like} OR r.result ILIKE {like}"
        found.append(f"({said} OR {_named(wanted, arguments, 'r')})")
    return found


def _named(wanted: Wanted, arguments: _Arguments, row: str) -> str:
    """Return whether a run's id, or the name of its task, is what is looked for."""
    like = arguments.add(_like(wanted.text or ""))
    named = f"{row}.task_id IN (SELECT t.id FROM api.tasks t WHERE t.name ILIKE {like})"  # noqa: S608 - our own words
    if wanted.text_as_id is None:
        return f"({named})"
    identity = arguments.add(wanted.text_as_id)
    return f"({named} OR {row}.run_id = {identity} OR {row}.task_id = {identity})"


def _like(text: str) -> str:
    return f"%{escaped(text)}%"
