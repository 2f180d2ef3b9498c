"""The state of the whole: executors, and messages that nobody could handle."""

from __future__ import annotations

from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.tasks import DeadLetters, Executor
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit
from services.api.store import system
from services.api.tasks.views import dead_letter_view, executor_view
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_number_cursor, write_cursor

router = closed_router(BASE)

_NEWEST = 2**63 - 1


@router.get("/executors", response_model=list[Executor])
async def list_executors(parts: Parts) -> Response:
    """List the executors, the latest seen first."""
    async with parts.database.connection() as connection:
        rows = await system.executors(connection)
    return json_answer([executor_view(row) for row in rows]).response()


@router.get("/dead-letters", response_model=DeadLetters)
async def list_dead_letters(parts: Parts, limit: Limit = 50, cursor: Cursor = "") -> Response:
    """List messages that nobody could handle, newest first."""
    before = read_number_cursor(cursor) if cursor else _NEWEST
    async with parts.database.connection() as connection:
        rows = await system.dead_letters(connection, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = write_cursor(shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [dead_letter_view(row) for row in shown], "next": following}
    ).response()
