"""The task graph: what comes before a task and what after it; and all of it, with its state."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.graph import TaskGraph, WholeGraph
from services.api.operations.graph import choose, edge_view, node_view, why
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, TaskId
from services.api.routes.runs import TaskFilter, read_task_filter
from services.api.store import graph as store
from services.api.store import whole_graph
from services.api.wire.answers import json_answer
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/automation-tasks")
whole = closed_router(BASE)

#: More tasks than this no person can look at.
MOST_NODES = 500
#: What a browser can draw.
MOST_DRAWN = 2_000
#: Tasks of which the surroundings are shown.
MOST_MATCHED = 200


@router.get("/{task_id}/graph", response_model=TaskGraph)
async def get_task_graph(parts: Parts, task_id: TaskId) -> Response:
    """Show a task with all that come before and after it, itself first, then the nearest.

    Also tasks that were deleted, as far as others still name them.
    """
    async with parts.database.connection() as connection:
        nodes, edges, truncated = await store.around(connection, task_id, MOST_NODES)
    if not nodes or nodes[0].deleted:
        raise NotFound("task", str(task_id))
    return json_answer(
        {
            "nodes": [
                {
                    "id": str(node.id),
                    "name": node.name,
                    "enabled": node.enabled,
                    "last_status": node.last_status,
                    "deleted": node.deleted,
                }
                for node in nodes
            ],
            "edges": [
                {
                    "from": str(edge.upstream),
                    "to": str(edge.downstream),
                    "kind": edge.kind,
                    "rule": edge.rule,
                }
                for edge in edges
            ],
            "truncated": truncated,
        }
    ).response()


@whole.get("/graph", response_model=WholeGraph)
async def get_graph(
    *,
    parts: Parts,
    language: CallersLanguage,
    focus: TaskFilter = "",
    q: Annotated[str, Query(max_length=200, description="Part of a name, or an id.")] = "",
    depth: Annotated[int, Query(ge=0, le=50, description="Links away from what is meant.")] = 50,
) -> Response:
    """Show all tasks that are tied to others, with their state, or those around some of them.

    Each link tells what came of the last end of its upstream. Tasks without ties are shown only if
    `focus` or `q` means them.
    """
    wanted, text = read_task_filter(focus), q.strip()
    async with parts.database.connection() as connection:
        seeds = [wanted] if wanted else None
        if seeds is None and text:
            seeds = await whole_graph.found(connection, text, MOST_MATCHED)
        links = await whole_graph.links(connection)
        chosen = choose(links, seeds, depth, MOST_DRAWN)
        rows = {row.id: row for row in await whole_graph.nodes(connection, chosen.ids)}
        seats = await whole_graph.seats(connection, chosen.ids)
        tasks = await whole_graph.count_tasks(connection)
    if wanted and rows[wanted].name is None:
        raise NotFound("task", str(wanted))
    edges = [
        edge_view(
            link,
            why(link, rows[link.upstream], rows[link.downstream], seats.get(link[:2]), language),
            language,
        )
        for link in links
        if link.upstream in rows and link.downstream in rows
    ]
    return json_answer(
        {
            "nodes": [node_view(row) for row in rows.values()],
            "edges": edges,
            "matched": [str(each) for each in seeds or ()],
            "tasks": tasks,
            "truncated": chosen.truncated or len(links) == whole_graph.MOST_EDGES,
        }
    ).response()
