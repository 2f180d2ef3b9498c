"""What runs wrote: page by page, counted, as a file, and live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, admit, closed_router
from services.api.documented.run_lines import LineMarks
from services.api.documented.tasks import Lines
from services.api.live.tails import Tail
from services.api.live.watching import place, watch
from services.api.parts import Parts
from services.api.routes.caller import BASE, RunId
from services.api.runs.lines import as_text, marks_view, read_levels
from services.api.store import run_lines, runs
from services.api.store.database import Database, Unavailable
from services.api.store.run_lines import END, LEVELS, START, Chosen, Position
from services.api.tasks.views import line_view
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_line_cursor
from services.api.wire.problems import Refused
from services.api.wire.streams import Streamed
from shared.db.pool import Connection
from shared.domain.errors import NotFound, Problem

router = closed_router(BASE)

_LINES = "/automation-runs/{run_id}/lines"
#: Read from the database at once for a file.
_FILE_PAGE = 1_000

Levels = Annotated[
    str,
    Query(description=f"One or more of {', '.join(LEVELS)}, with commas between.", max_length=64),
]
Attempt = Annotated[int, Query(ge=0, description="0: all attempts.")]
Search = Annotated[str, Query(max_length=200, description="Text in the lines, whatever its case.")]


@router.get(_LINES, response_model=Lines)
async def list_run_lines(
    *,
    parts: Parts,
    run_id: RunId,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[str, Query(description="`next` of the page before.")] = "",
    before: Annotated[
        str, Query(description="`previous` of the page behind; `end`: from the end.")
    ] = "",
    level: Levels = "",
    attempt: Attempt = 0,
    search: Search = "",
) -> Response:
    """Read what a run wrote, oldest first. `next` also serves to look for newer lines later.

    With `before` the page is the one that ends there, for reading backwards.
    """
    if after and before:
        raise Refused(400, "query.invalid", problems=[Problem("/query/before", "lines.one_way")])
    behind = read_line_cursor(after) if after else START
    until = END if before in ("", "end") else read_line_cursor(before)
    chosen = Chosen(levels=read_levels(level), search=search or None, attempt=attempt or None)
    async with parts.database.connection() as connection:
        rows = await run_lines.page(
            connection,
            run_id,
            after=behind,
            before=until,
            chosen=chosen,
            limit=limit,
            backwards=bool(before),
        )
        if not rows:
            await _require_run(connection, run_id)
    last = rows[-1].position if rows else behind
    full = bool(before) and len(rows) == limit
    return json_answer(
        {
            "items": [line_view(row) for row in rows],
            "next": place(last),
            "previous": place(rows[0].position) if full else None,
        }
    ).response()


@router.get(f"{_LINES}/marks", response_model=LineMarks)
async def mark_run_lines(parts: Parts, run_id: RunId) -> Response:
    """Count what a run wrote, by level and attempt, and tell where the first error stands."""
    async with parts.database.connection() as connection:
        rows = await run_lines.marks(connection, run_id)
        if not rows:
            await _require_run(connection, run_id)
    return json_answer(marks_view(rows)).response()


@router.get(
    f"{_LINES}/download",
    response_class=Response,
    responses={200: {"description": "One line each.", "content": {"text/plain": {}}}},
)
async def download_run_lines(
    *,
    parts: Parts,
    caller: Caller,
    run_id: RunId,
    level: Levels = "",
    attempt: Attempt = 0,
) -> Response:
    """Read all that a run wrote up to now as text: time, attempt, level and words of each line."""
    chosen = Chosen(levels=read_levels(level), attempt=attempt or None)
    async with parts.database.connection() as connection:
        await _require_run(connection, run_id)
    return Streamed(
        _file(parts.database, run_id, chosen),
        media_type="text/plain; charset=utf-8",
        place=_seat(parts, caller.holder),
        headers={"Content-Disposition": f'attachment; filename="run-{run_id}.log"'},
    )


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events: `lines` (a JSON array of lines; its id is the position of the last"
        " one), `end` (the run is over and all was told), `bye` (the right to watch is gone).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(f"{_LINES}/stream", response_class=Response, responses=_STREAM)
async def stream_run_lines(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    run_id: RunId,
    after: Annotated[str, Query(description="Position of the last line that is known.")] = "",
    last_event_id: Annotated[str, Header(description="The same, as browsers say it.")] = "",
) -> Response:
    """Watch what a run writes, as server-sent events. Goes on behind `Last-Event-ID` or `after`."""
    given = last_event_id or after
    position = read_line_cursor(given) if given else START
    async with parts.database.connection() as connection:
        await _require_run(connection, run_id)
    return Streamed(
        _watch(request, parts, run_id, position),
        media_type="text/event-stream",
        place=_seat(parts, caller.holder),
        headers={"X-Accel-Buffering": "no"},
    )


async def _watch(
    request: Request, parts: Parts, run_id: UUID, position: Position
) -> AsyncGenerator[bytes, None]:
    async def still_allowed() -> None:
        await admit(request, parts)

    tail: Tail
    async with parts.tails.watched(parts.database, run_id) as tail:
        clock = asyncio.get_running_loop().time
        async for piece in watch(tail, parts.tails, position, still_allowed, clock):
            yield piece


async def _file(database: Database, run_id: UUID, chosen: Chosen) -> AsyncGenerator[bytes, None]:
    position = START
    while True:
        try:
            async with database.connection() as connection:
                rows = await run_lines.page(
                    connection, run_id, after=position, chosen=chosen, limit=_FILE_PAGE
                )
        except Unavailable:
            raise ConnectionError from None  # cut off, so that nobody takes it for the whole
        if rows:
            yield as_text(rows)
            position = rows[-1].position
        if len(rows) < _FILE_PAGE:
            return


def _seat(parts: Parts, caller: str) -> ExitStack:
    seat = ExitStack()
    seat.enter_context(parts.tails.place(caller))
    return seat


async def _require_run(connection: Connection, run_id: UUID) -> None:
    if not await runs.is_known(connection, run_id):
        raise NotFound("run", str(run_id))
