"""Saved views: who may see and change which. A view is its owner's; an admin may tidy up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pydantic

from services.api.access.known_tokens import Principal
from services.api.access.scopes import ADMIN
from services.api.saved_views.schemas import SavedViewCreate, SavedViewPut
from services.api.store import saved_views as store
from services.api.store.audit import Actor, note
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound
from shared.domain.instant import format_instant


def owner_of(caller: Principal) -> str:
    """Return whose views the caller's are: a person's, or those of a token without one."""
    return f"user:{caller.user.id}" if caller.user else f"token:{caller.token_id}"


async def create(
    connection: Connection, document: Mapping[str, Any], caller: Principal
) -> store.ViewRow:
    """Store a view.

    Raises:
        Refused, Conflict: it makes no sense, there is one of that name, or too many.
    """
    try:
        wished = SavedViewCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    owner = owner_of(caller)
    if await store.count(connection, owner) >= store.MOST:
        raise Conflict("saved_view.too_many", limit=store.MOST)
    row = await store.insert(
        connection,
        uuid4(),
        owner=owner,
        owner_name=caller.name,
        page=wished.page,
        name=wished.name,
        query=wished.query,
        shared=wished.shared,
    )
    if row is None:
        raise Conflict("saved_view.exists")
    await _note(connection, caller, "created", None, row)
    return row


async def change(
    connection: Connection, view_id: UUID, document: Mapping[str, Any], caller: Principal
) -> store.ViewRow:
    """Change the given fields of a view.

    Raises:
        Refused, Conflict, NotFound: it cannot be done.
    """
    try:
        wished = SavedViewPut.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    before = await _owned(connection, view_id, caller)
    after = await store.update(
        connection,
        before,
        name=before.name if wished.name is None else wished.name,
        query=before.query if wished.query is None else wished.query,
        shared=before.shared if wished.shared is None else wished.shared,
    )
    if after is None:
        raise Conflict("saved_view.exists")
    await _note(connection, caller, "updated", before, after)
    return after


async def remove(connection: Connection, view_id: UUID, caller: Principal) -> None:
    """Remove a view.

    Raises:
        NotFound, Refused: there is none, or it is somebody else's.
    """
    row = await _owned(connection, view_id, caller)
    await store.delete(connection, view_id)
    await _note(connection, caller, "deleted", row, None)


def saved_view(row: store.ViewRow, caller: Principal) -> dict[str, Any]:
    """Return a view as it is shown."""
    return {
        "id": str(row.id),
        "page": row.page,
        "name": row.name,
        "query": row.query,
        "shared": row.shared,
        "owner": row.owner_name,
        "mine": row.owner == owner_of(caller),
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
    }


async def _owned(connection: Connection, view_id: UUID, caller: Principal) -> store.ViewRow:
    row = await store.lock(connection, view_id)
    mine = row is not None and row.owner == owner_of(caller)
    # Whose views are not shared are nobody's business, not even that they are there.
    if row is None or not (mine or row.shared or ADMIN in caller.scopes):
        raise NotFound("saved_view", str(view_id))
    if not mine and ADMIN not in caller.scopes:
        raise Refused(403, "saved_view.not_yours", params={"owner": row.owner_name})
    return row


async def _note(
    connection: Connection,
    caller: Principal,
    verb: str,
    before: store.ViewRow | None,
    after: store.ViewRow | None,
) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - a change has at least one side
    await note(
        connection,
        Actor.of(caller),
        f"saved_view.{verb}",
        "saved_view",
        str(row.id),
        before=_told(before),
        after=_told(after),
    )


def _told(row: store.ViewRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"page": row.page, "name": row.name, "query": row.query, "shared": row.shared}
