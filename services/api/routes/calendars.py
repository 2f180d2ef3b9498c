"""Calendars: times that schedules keep clear of."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.queues import Calendar
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.queues.names import named
from services.api.queues.schemas import CalendarPut
from services.api.queues.views import calendar_answer, calendar_view
from services.api.routes.caller import BASE
from services.api.store import audit, tasks
from services.api.store import calendars as store
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.blackout import parse_calendar
from shared.domain.errors import Conflict, NotFound

router = closed_router(f"{BASE}/calendars")

CalendarName = Annotated[str, Depends(named("calendar"))]


@router.get("", response_model=list[Calendar])
async def list_calendars(parts: Parts) -> Response:
    """List all calendars by name."""
    async with parts.database.connection() as connection:
        rows = await store.every(connection)
        users = await store.users_of(connection, [row.name for row in rows])
        now = await tasks.now(connection)
    answers = [calendar_answer(row, users[row.name], now) for row in rows]
    return json_answer(answers).response()


@router.get("/{name}", response_model=Calendar)
async def get_calendar(parts: Parts, name: CalendarName) -> Response:
    """Read one calendar."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, name)
        if row is None:
            raise NotFound("calendar", name)
        answer = await _answer(connection, row)
    return json_answer(answer).response()


@router.put("/{name}", response_model=Calendar, openapi_extra=takes(CalendarPut))
async def put_calendar(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: CalendarName,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Store a calendar, new or instead of the one of that name. Fires to come obey it at once."""
    description, spec = _read(document.value)

    async def act(connection: Connection) -> Answer:
        before = await store.get(connection, name) if await store.lock(connection, name) else None
        row = await store.put(
            connection, name, description=description, spec=spec, updated_by=caller.name
        )
        await _note(connection, caller, name, before, row)
        return json_answer(await _answer(connection, row))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.delete("/{name}", status_code=204, response_class=Response)
async def delete_calendar(
    *, request: Request, parts: Parts, caller: Caller, name: CalendarName, key: IdempotencyKey
) -> Response:
    """Delete a calendar that no task uses."""

    async def act(connection: Connection) -> Answer:
        if not await store.lock(connection, name):
            raise NotFound("calendar", name)
        users = await store.users(connection, name)
        if users:
            raise Conflict("calendar.in_use", tasks=", ".join(str(each) for each in users))
        before = await store.get(connection, name)
        await store.delete(connection, name)
        await _note(connection, caller, name, before, None)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _answer(connection: Connection, row: store.CalendarRow) -> dict[str, Any]:
    users = await store.users_of(connection, [row.name])
    return calendar_answer(row, users[row.name], await tasks.now(connection))


async def _note(
    connection: Connection,
    caller: Principal,
    name: str,
    before: store.CalendarRow | None,
    after: store.CalendarRow | None,
) -> None:
    verb = "created" if before is None else "deleted" if after is None else "updated"
    await audit.note(
        connection,
        audit.Actor.of(caller),
        f"calendar.{verb}",
        "calendar",
        name,
        before=before and calendar_view(before),
        after=after and calendar_view(after),
    )


def _read(document: dict[str, Any]) -> tuple[str | None, dict[str, object]]:
    """Return the description and the normal form of a calendar.

    Raises:
        Refused: it is none.
        InvalidDefinition: its times make no sense.
    """
    try:
        wished = CalendarPut.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    spec = wished.model_dump(exclude={"description"}, exclude_unset=True)
    return wished.description, dict(parse_calendar(spec).spec)
