"""The task graph: what comes before a task, and what after it."""

from __future__ import annotations

from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.graph import TaskGraph
from services.api.parts import Parts
from services.api.routes.caller import BASE, TaskId
from services.api.store import graph as store
from services.api.wire.answers import json_answer
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/automation-tasks")

#: More tasks than this no person can look at.
MOST_NODES = 500


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
