"""The task graph: kept with the tasks, walked from one of them."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID

from services.api.tasks.dependencies import MOST_DOWNSTREAM, Graph, Linked, Mentioned
from shared.db.pool import Connection
from shared.domain.dependency import Rule

#: Held while edges are changed: two edits could otherwise close a cycle together.
_GRAPH_LOCK = 0x6465_7073  # "deps"

# `OFFSET 0`: one look into the index per task. Left alone, the planner may join the whole table
# anew for every link of a chain.
_BEHIND = """
WITH RECURSIVE behind (id) AS (
    SELECT unnest($1::uuid[])
    UNION SELECT downstream FROM api.edges WHERE owner = $2 AND upstream = $2
    UNION SELECT next.downstream FROM behind, LATERAL (
        SELECT e.downstream FROM api.edges e
        WHERE e.upstream = behind.id AND e.owner IS DISTINCT FROM $2::uuid OFFSET 0) next
)
SELECT t.id, ARRAY(SELECT e.downstream FROM api.edges e
                   WHERE e.upstream = t.id AND e.owner IS DISTINCT FROM $2::uuid) AS next
FROM behind JOIN api.tasks t USING (id) LIMIT $3
"""

# Breadth first, so that the limit leaves the nearest.
_REACHED = """
WITH RECURSIVE reached (id) AS (
    SELECT $1::uuid
    UNION SELECT next.id FROM reached, LATERAL (
        SELECT e.{there} AS id FROM api.edges e WHERE e.{here} = reached.id OFFSET 0) next
)
SELECT id FROM reached LIMIT $2
"""
_DOWN = _REACHED.format(here="upstream", there="downstream")
_UP = _REACHED.format(here="downstream", there="upstream")

_NODES = """
SELECT n.id, coalesce(t.name, ''), coalesce(t.enabled, false), last.status, t.id IS NULL
FROM unnest($1::uuid[]) WITH ORDINALITY AS n (id, place) LEFT JOIN api.tasks t USING (id)
LEFT JOIN LATERAL (
    SELECT r.status FROM log.api_runs r WHERE r.task_id = n.id
    ORDER BY r.started_at DESC, r.run_id LIMIT 1) last ON true
ORDER BY n.place
"""


class NodeRow(NamedTuple):
    """A task in the graph."""

    id: UUID
    name: str
    enabled: bool
    last_status: str | None
    """Of its latest run."""
    deleted: bool
    """Another task's definition still names it."""


class EdgeRow(NamedTuple):
    """One task leads to another."""

    upstream: UUID
    downstream: UUID
    kind: str
    rule: str


async def known(connection: Connection, mentioned: Mentioned, task_id: UUID | None) -> Graph:
    """Return the graph around a task that mentions others; *task_id* is None for a new one.

    Holds the lock of the task graph until the transaction ends if any task is mentioned.
    """
    if not any(mentioned):
        return Graph({}, frozenset())
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _GRAPH_LOCK)
    seeds = [*mentioned.dependents, *([task_id] if task_id else [])]
    behind = await connection.fetch(_BEHIND, seeds, task_id, MOST_DOWNSTREAM + 1)
    upstreams = await connection.fetch(
        "SELECT id FROM api.tasks WHERE id = ANY($1::uuid[])", list(mentioned.upstreams)
    )
    return Graph(
        downstream={row["id"]: row["next"] for row in behind},
        upstreams=frozenset(row["id"] for row in upstreams),
    )


async def save_edges(
    connection: Connection, task_id: UUID, definition: Linked | None, *, is_new: bool = False
) -> None:
    """Let the graph say what a task's definition says; None: the task is deleted."""
    if not is_new:
        await connection.execute("DELETE FROM api.edges WHERE owner = $1", task_id)
    if definition is None:
        return
    needs = definition.policy.depends_on
    rows = [
        (task_id, task_id, each, "dependent_tasks", Rule.ONE_SUCCESS.value)
        for each in definition.dependent_tasks
    ] + [
        (task_id, each, task_id, "depends_on", needs.rule.value)
        for each in (needs.tasks if needs else ())
        if needs
    ]
    if rows:
        await connection.execute(
            "INSERT INTO api.edges (owner, upstream, downstream, kind, rule)"
            " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])"
            " ON CONFLICT DO NOTHING",
            *zip(*rows, strict=True),
        )


async def around(
    connection: Connection, task_id: UUID, limit: int
) -> tuple[list[NodeRow], list[EdgeRow], bool]:
    """Return the tasks before and after a task, itself first, and the edges among them.

    There are more than *limit* of them if the last value is true; then the nearest are returned.
    """
    down = await connection.fetch(_DOWN, task_id, limit + 1)
    up = await connection.fetch(_UP, task_id, limit + 1)
    ids = list(
        dict.fromkeys(
            row["id"] for pair in zip_longest(down, up) for row in pair if row is not None
        )
    )
    nodes = await connection.fetch(_NODES, ids[:limit])
    edges = await connection.fetch(
        "SELECT upstream, downstream, kind, rule FROM api.edges"
        " WHERE upstream = ANY($1::uuid[]) AND downstream = ANY($1::uuid[])"
        " ORDER BY upstream, downstream, kind",
        ids[:limit],
    )
    return [NodeRow(*row) for row in nodes], [EdgeRow(*row) for row in edges], len(ids) > limit
