"""People who may log in: listed, created, changed, removed, by administrators."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access import outsiders, people
from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.access.links import LINK_PAGE
from services.api.access.names import folded
from services.api.access.roles import ROLES, may_grant
from services.api.access.schemas import UserCreate, UserUpdate
from services.api.documented.tasks import takes
from services.api.documented.users import NewUser, User, UserLink, Users
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.routes.session import judged
from services.api.routes.tasks import IfMatch
from services.api.store import users as store
from services.api.store.audit import Actor
from services.api.store.users import UserRow
from services.api.tasks.dependencies import read_id
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument, no_body
from services.api.wire.cursor import read_name_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.instant import format_instant

router = closed_router(f"{BASE}/users")


async def user_id_of(user_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]) -> UUID:
    """Dependency: the user id of the path.

    Raises:
        NotFound: it spells no id, so there is no such user.
    """
    identity = read_id(user_id)
    if identity is None:
        raise NotFound("user", "")
    return identity


UserId = Annotated[UUID, Depends(user_id_of)]


def _answer(row: UserRow, status: int = 200) -> Answer:
    return json_answer(people.view(row), status, ETag=conditional.etag(row.version))


@router.get("", response_model=Users)
async def list_users(
    *,
    parts: Parts,
    limit: Limit = 100,
    cursor: Cursor = "",
    text: Annotated[str, Query(max_length=200, description="Part of a name or address.")] = "",
    role: Annotated[str, Query(json_schema_extra={"enum": ["", *ROLES]})] = "",
) -> Response:
    """List users by name."""
    after = read_name_cursor(cursor) if cursor else ""
    wanted = read_choice("role", role, ROLES)
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection, after=after, text=folded(text) or None, role=wanted, limit=limit + 1
        )
    shown = rows[:limit]
    more = write_cursor(folded(shown[-1].name)) if len(rows) > limit else None
    return json_answer({"items": [people.view(row) for row in shown], "next": more}).response()


@router.post("", status_code=201, response_model=NewUser, openapi_extra=takes(UserCreate))
async def create_user(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Create a user. `link` is shown this once: with it they choose their password."""
    wished = judged(UserCreate, document.value)
    _require_rank(caller, wished.role)

    async def act(connection: Connection) -> Answer:
        actor = Actor.of(caller)
        row = await people.create(connection, wished, actor)
        told = await _link(connection, parts, row, actor)
        return json_answer({"user": people.view(row), **told}, 201)

    answer = await once(
        *(parts.database, request, caller, document.raw, act), key=key, remembered=_without_link
    )
    return answer.response()


@router.get("/{user_id}", response_model=User)
async def get_user(parts: Parts, user_id: UserId) -> Response:
    """Read one user."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, user_id)
    if row is None:
        raise NotFound("user", "")
    return _answer(row).response()


@router.put("/{user_id}", response_model=User, openapi_extra=takes(UserUpdate))
async def update_user(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    user_id: UserId,
    document: JsonDocument,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Change a user; what is left out stays. Who is disabled is logged out, their tokens end."""
    wished = judged(UserUpdate, document.value)

    async def act(connection: Connection) -> Answer:
        before = await people.locked(connection, user_id)
        conditional.require_match(if_match, before.version, kind="user")
        _require_rank(caller, before.role)
        if "role" in wished.model_fields_set:
            _require_rank(caller, wished.role)
        return _answer(await people.change(connection, before, wished, Actor.of(caller)))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.known_tokens.forget_all()
    return answer.response()


@router.delete("/{user_id}", status_code=204, response_class=Response)
async def delete_user(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    user_id: UserId,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Remove a user with their sessions and tokens; what they have made stays."""

    async def act(connection: Connection) -> Answer:
        row = await people.locked(connection, user_id)
        conditional.require_match(if_match, row.version, kind="user")
        _require_rank(caller, row.role)
        await people.remove(connection, row, Actor.of(caller))
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.known_tokens.forget_all()
    return answer.response()


@router.post("/{user_id}/reset-link", response_model=UserLink, dependencies=[Depends(no_body)])
async def create_user_link(
    *, request: Request, parts: Parts, caller: Caller, user_id: UserId, key: IdempotencyKey
) -> Response:
    """Make a link with which a user chooses a new password; shown this once, older ones end."""

    async def act(connection: Connection) -> Answer:
        row = await people.locked(connection, user_id)
        _require_rank(caller, row.role)
        return json_answer(await _link(connection, parts, row, Actor.of(caller)))

    answer = await once(
        parts.database, request, caller, b"", act, key=key, remembered=_without_link
    )
    return answer.response()


@router.delete("/{user_id}/identities", response_model=User)
async def unlink_user(
    *, request: Request, parts: Parts, caller: Caller, user_id: UserId, key: IdempotencyKey
) -> Response:
    """Cut the link to a provider: who came in that way is logged out; a password stays."""

    async def act(connection: Connection) -> Answer:
        row = await people.locked(connection, user_id)
        _require_rank(caller, row.role)
        return _answer(await outsiders.unlink(connection, row, Actor.of(caller)))

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.known_tokens.forget_all()
    return answer.response()


async def _link(
    connection: Connection, parts: ApiParts, row: UserRow, actor: Actor
) -> dict[str, Any]:
    secret, until = await people.make_link(connection, row.id, row.name, actor)
    link = parts.origin.link(f"{LINK_PAGE}{secret}")
    return {"link": link, "link_expires_at": format_instant(until)}


def _without_link(answer: Answer) -> Answer:
    return json_answer({**json.loads(answer.body), "link": None}, answer.status)


def _require_rank(caller: Principal, role: str) -> None:
    if not may_grant(caller.scopes, role):
        raise Refused(403, "user.role_above")
