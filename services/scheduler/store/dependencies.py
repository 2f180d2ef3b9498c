"""SQL of the scheduler's graph: edges, and what is known of upstreams."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from services.scheduler.edges import Edge, edges_of
from shared.contracts.tasks import TaskChanged
from shared.db.pool import Connection
from shared.domain.dependency import EndState, Place, Seat

_EDGE = ", ".join(Edge._fields)

# What the definitions of these tasks say so far.
_DRAWN_BY = f"""
SELECT {_EDGE} FROM scheduler.edges WHERE upstream = ANY($1::uuid[]) AND kind = 'dependent_tasks'
UNION ALL
SELECT {_EDGE} FROM scheduler.edges WHERE downstream = ANY($1::uuid[]) AND kind = 'depends_on'
"""  # noqa: S608 - names of our own columns

_REMOVE = """
DELETE FROM scheduler.edges e USING unnest($1::uuid[], $2::uuid[], $3::text[])
    AS gone (upstream, downstream, kind)
WHERE e.upstream = gone.upstream AND e.downstream = gone.downstream AND e.kind = gone.kind
"""

_ADD = f"""
INSERT INTO scheduler.edges ({_EDGE})
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[])
ON CONFLICT (upstream, downstream, kind)
DO UPDATE SET rule = excluded.rule, window_seconds = excluded.window_seconds
"""  # noqa: S608 - names of our own columns

_AROUND = f"""
SELECT {_EDGE} FROM scheduler.edges
WHERE upstream = ANY($1::uuid[]) AND downstream = ANY($2::uuid[])
UNION
SELECT {_EDGE} FROM scheduler.edges WHERE downstream = ANY($2::uuid[]) AND kind = 'depends_on'
"""  # noqa: S608 - names of our own columns

_SAVE = """
INSERT INTO scheduler.upstream_ends (downstream, upstream, place, run_id, state, at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[])
ON CONFLICT (downstream, upstream) DO UPDATE SET
    place = excluded.place, run_id = excluded.run_id, state = excluded.state, at = excluded.at
"""


async def replace_edges(connection: Connection, changes: Sequence[TaskChanged]) -> None:
    """Let the graph follow *changes*, which the caller's transaction applies to the locked jobs.

    A task whose `depends_on` changed begins a new round: nothing is caught up across an edit.
    """
    wanted = {edge for change in changes for edge in edges_of(change)}
    known = [each.task_id for each in changes if each.version > 1 or edges_of(each)]
    if not known:
        return
    there = {Edge(*row) for row in await connection.fetch(_DRAWN_BY, known)}
    gone, new = there - wanted, wanted - there
    if gone:
        await connection.execute(_REMOVE, *_columns(sorted(each[:3] for each in gone)))
    if new:
        await connection.execute(_ADD, *_columns(sorted(new)))
    if restarted := {each.downstream for each in gone | new if each.kind == "depends_on"}:
        await connection.execute(
            "DELETE FROM scheduler.upstream_ends WHERE downstream = ANY($1::uuid[])",
            list(restarted),
        )


async def downstream_of(connection: Connection, task_ids: Iterable[UUID]) -> list[UUID]:
    """Return the tasks that an end of one of *task_ids* concerns."""
    rows = await connection.fetch(
        "SELECT DISTINCT downstream FROM scheduler.edges WHERE upstream = ANY($1::uuid[])",
        list(task_ids),
    )
    return [row["downstream"] for row in rows]


async def edges_around(
    connection: Connection, upstreams: Iterable[UUID], downstreams: Sequence[UUID]
) -> list[Edge]:
    """Return the edges between the two, and all that the downstreams depend on."""
    rows = await connection.fetch(_AROUND, list(upstreams), downstreams)
    return [Edge(*row) for row in rows]


async def gone(connection: Connection, upstreams: Collection[UUID]) -> frozenset[UUID]:
    """Return those of *upstreams* that were deleted."""
    if not upstreams:
        return frozenset()
    rows = await connection.fetch(
        "SELECT task_id FROM scheduler.jobs WHERE task_id = ANY($1::uuid[]) AND deleted",
        list(upstreams),
    )
    return frozenset(row["task_id"] for row in rows)


async def seats(
    connection: Connection, downstreams: Sequence[UUID]
) -> dict[UUID, dict[UUID, Seat]]:
    """Return what was heard of the upstreams of *downstreams* so far."""
    rows = await connection.fetch(
        "SELECT downstream, upstream, place, run_id, state, at FROM scheduler.upstream_ends"
        " WHERE downstream = ANY($1::uuid[])",
        downstreams,
    )
    found: dict[UUID, dict[UUID, Seat]] = {}
    for downstream, upstream, place, run_id, state, at in rows:
        seat = Seat(Place(place), run_id, EndState(state) if state else None, at)
        found.setdefault(downstream, {})[upstream] = seat
    return found


async def save_seats(connection: Connection, changed: Mapping[UUID, Mapping[UUID, Seat]]) -> None:
    """Remember what was heard."""
    rows = [
        (downstream, upstream, *seat)
        for downstream, its in changed.items()
        for upstream, seat in its.items()
    ]
    if rows:
        await connection.execute(_SAVE, *_columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[Sequence[object]]:
    return list(zip(*rows, strict=True))
