"""The list of tasks: found by a query, sorted, page by page, each with what runs tell of it.

A page is found first and looked at afterwards: each of the statements behind `_STRIP`, `_WEEK`,
`_OPEN_RUNS` and `_TIES` is asked once for all tasks of the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.task_filter import NEXT, conditions
from services.api.tasks.query.reading import Term
from shared.db.pool import Connection

#: Tasks are counted up to here; beyond it is "more than".
MOST_COUNTED = 10_000
#: Runs of the strip in a row of the list.
STRIP = 20
#: Rates and durations of the list are of the newest runs within 7 days, so many at most.
MOST_RECENT = 500

_FROM = (
    " FROM api.tasks t LEFT JOIN log.api_task_statistics s ON s.task_id = t.id"
    " LEFT JOIN scheduler.api_jobs j ON j.task_id = t.id"
)


class Order(NamedTuple):
    """What a list is sorted by: an expression without nulls, its type, and the direction."""

    key: str
    kind: str
    descending: bool = False


_LAST_RUN = "coalesce(s.last_run_at, '0001-01-01Z'::timestamptz)"
ORDERS: Mapping[str, Order] = {
    "name": Order("t.name", "text"),
    "-name": Order("t.name", "text", descending=True),
    "created_at": Order("t.seq", "bigint"),
    "-created_at": Order("t.seq", "bigint", descending=True),
    "last_run_at": Order(_LAST_RUN, "timestamptz"),
    "-last_run_at": Order(_LAST_RUN, "timestamptz", descending=True),
    "next_run_at": Order(f"coalesce({NEXT}, '9999-12-31Z'::timestamptz)", "timestamptz"),
    "-failures": Order("coalesce(s.failure_count, 0)", "bigint", descending=True),
}


class Key(NamedTuple):
    """Where a task stands in a sorted list."""

    value: str
    seq: int


class Found(NamedTuple):
    """A task of the page and its place."""

    id: UUID
    key: Key


class StripRun(NamedTuple):
    """A run as the strip shows it."""

    run_id: UUID
    status: str
    trigger: str
    started_at: datetime
    duration_seconds: float | None


class Week(NamedTuple):
    """The newest ended runs within 7 days."""

    runs: int = 0
    successes: int = 0
    cancelled: int = 0
    p95_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What runs tell of the tasks of a page, by task."""

    strips: Mapping[UUID, Sequence[StripRun]] = field(default_factory=dict)
    """The newest first."""
    weeks: Mapping[UUID, Week] = field(default_factory=dict)
    open_runs: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """Those that executors may take or have, and those that are held."""
    ties: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """Tasks behind it and before it."""


_STRIP = """
SELECT i.id, r.run_id, r.status, r.trigger, r.started_at, r.duration_seconds
FROM unnest($1::uuid[]) AS i (id) CROSS JOIN LATERAL (
    SELECT run_id, status, trigger, started_at, duration_seconds FROM log.api_runs
    WHERE task_id = i.id ORDER BY started_at DESC, run_id LIMIT $2) r
ORDER BY r.started_at DESC, r.run_id
"""
_WEEK = """
SELECT i.id, w.* FROM unnest($1::uuid[]) AS i (id) CROSS JOIN LATERAL (
    SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'success') AS successes,
        count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_seconds) AS p95
    FROM (SELECT status, duration_seconds FROM log.api_runs
          WHERE task_id = i.id AND final AND started_at > clock_timestamp() - interval '7 days'
          ORDER BY started_at DESC LIMIT $2) recent) w
"""
_OPEN_RUNS = """
SELECT task_id, count(*) FILTER (WHERE NOT held) AS live, count(*) FILTER (WHERE held) AS held
FROM scheduler.api_occurrences
WHERE task_id = ANY ($1::uuid[]) AND NOT settled AND outcome = 'fired' GROUP BY task_id
"""
_TIES = """
SELECT i.id,
    (SELECT count(DISTINCT e.downstream) FROM api.edges e WHERE e.upstream = i.id) AS behind,
    (SELECT count(DISTINCT e.upstream) FROM api.edges e WHERE e.downstream = i.id) AS before
FROM unnest($1::uuid[]) AS i (id)
"""


class _Places:
    """The values of a statement that is put together."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def __call__(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


async def find(
    connection: Connection,
    terms: Sequence[Term],
    order: Order,
    *,
    after: Key | None,
    limit: int,
) -> tuple[list[Found], int]:
    """Return the tasks that fit, those behind the place *after*, and how many fit in all.

    They are counted up to `MOST_COUNTED`, or a few more.
    """
    place = _Places()
    wanted = conditions(terms, place)
    direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
    behind = ""
    if after is not None:
        value, seq = place(after.value), place(after.seq)
        behind = f"WHERE (key, seq) {sign} ({value}::text::{order.kind}, {seq}::bigint)"
    # Conditions are judged once for the page and the count, unless there are none: then the page is
    # read off an index where there is one.
    fits = "MATERIALIZED" if terms else "NOT MATERIALIZED"
    counted = "(SELECT count(*) FROM fits)" if terms else "NULL::bigint"
    rows = await connection.fetch(
        f"WITH fits AS {fits} (SELECT t.id, {order.key} AS key, t.seq{_FROM}{_where(wanted)})"  # noqa: S608 - our own words
        f" SELECT id, key::text, seq, {counted} FROM fits {behind}"
        f" ORDER BY key {direction}, seq {direction} LIMIT {place(limit)}",
        *place.values,
    )
    total = rows[0][3] if rows else None
    if total is None:
        total = await _count(connection, terms)
    return [Found(row[0], Key(row[1], row[2])) for row in rows], total


async def _count(connection: Connection, terms: Sequence[Term]) -> int:
    place = _Places()
    wanted = conditions(terms, place)
    found: int = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT{_FROM}{_where(wanted)} LIMIT {MOST_COUNTED + 1}) fits",  # noqa: S608 - our own words
        *place.values,
    )
    return found


async def ids(
    connection: Connection, terms: Sequence[Term], *, without: Sequence[UUID], limit: int
) -> list[UUID]:
    """Return the tasks that fit and are none of *without*, the oldest first."""
    place = _Places()
    wanted = conditions(terms, place)
    wanted.append(f"t.id <> ALL ({place(list(without))}::uuid[])")
    rows = await connection.fetch(
        f"SELECT t.id{_FROM}{_where(wanted)} ORDER BY t.seq LIMIT {place(limit)}",
        *place.values,
    )
    return [row["id"] for row in rows]


async def lately(connection: Connection, of: Sequence[UUID]) -> Lately:
    """Return what runs tell of these tasks."""
    tasks = list(of)
    strips: defaultdict[UUID, list[StripRun]] = defaultdict(list)
    for row in await connection.fetch(_STRIP, tasks, STRIP):
        strips[row["id"]].append(StripRun(*tuple(row)[1:]))
    weeks = await connection.fetch(_WEEK, tasks, MOST_RECENT)
    open_runs = await connection.fetch(_OPEN_RUNS, tasks)
    ties = await connection.fetch(_TIES, tasks)
    return Lately(
        strips=strips,
        weeks={row["id"]: Week(*tuple(row)[1:]) for row in weeks},
        open_runs={row["task_id"]: (row["live"], row["held"]) for row in open_runs},
        ties={row["id"]: (row["behind"], row["before"]) for row in ties},
    )


def _where(wanted: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(wanted)}" if wanted else ""


async def queue_names(connection: Connection) -> list[str]:
    """Return the queues that have limits or tasks, by name."""
    rows = await connection.fetch(
        "SELECT name FROM api.queues UNION"
        " SELECT coalesce(policy ->> 'queue', 'default') FROM api.tasks ORDER BY 1 LIMIT 200"
    )
    return [row["name"] for row in rows]
