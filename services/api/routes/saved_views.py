"""Saved views: the address of a page, with all its filters, under a name."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.saved_views import SavedView, SavedViews
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.saved_views import views
from services.api.saved_views.schemas import SavedViewCreate, SavedViewPut
from services.api.store import saved_views as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/saved-views")


async def view_id_of(view_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]) -> UUID:
    """Dependency: the id of the path.

    Raises:
        NotFound: it spells no id, so there is no such view.
    """
    identity = read_id(view_id)
    if identity is None:
        raise NotFound("saved_view", "")
    return identity


ViewId = Annotated[UUID, Depends(view_id_of)]


@router.get("", response_model=SavedViews)
async def list_saved_views(
    parts: Parts, caller: Caller, page: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """List one's own views and those that are shared; of one page if it is named."""
    async with parts.database.connection() as connection:
        rows = await store.visible(connection, views.owner_of(caller), page or None)
    return json_answer({"items": [views.saved_view(row, caller) for row in rows]}).response()


@router.post("", status_code=201, response_model=SavedView, openapi_extra=takes(SavedViewCreate))
async def create_saved_view(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Save the address of a page under a name; at most 200 of one owner."""

    async def act(connection: Connection) -> Answer:
        row = await views.create(connection, document.value, caller)
        return json_answer(views.saved_view(row, caller), 201)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.put("/{view_id}", response_model=SavedView, openapi_extra=takes(SavedViewPut))
async def update_saved_view(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    view_id: ViewId,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of a view of one's own."""

    async def act(connection: Connection) -> Answer:
        row = await views.change(connection, view_id, document.value, caller)
        return json_answer(views.saved_view(row, caller))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.delete("/{view_id}", status_code=204, response_class=Response)
async def delete_saved_view(
    *, request: Request, parts: Parts, caller: Caller, view_id: ViewId, key: IdempotencyKey
) -> Response:
    """Delete a view of one's own; an admin also those of others."""

    async def act(connection: Connection) -> Answer:
        await views.remove(connection, view_id, caller)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()
