"""Who one is: log-in, log-out, and the browsers that somebody is logged in with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isinf
from typing import Annotated, Any, TypeVar

import pydantic
from fastapi import Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router, open_router
from services.api.access.cookies import IDLE
from services.api.access.credentials import ip_of, itself, session_of
from services.api.access.known_tokens import Principal
from services.api.access.log_in import Visitor
from services.api.access.log_in import log_in as enter
from services.api.access.roles import expanded
from services.api.access.schemas import LogIn
from services.api.access.scopes import allows
from services.api.documented.tasks import takes
from services.api.documented.users import OpenSessions, Session
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import sessions as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.domain.errors import NotFound
from shared.domain.instant import format_instant

router = closed_router(BASE)
public_router = open_router(BASE)

Model = TypeVar("Model", bound=pydantic.BaseModel)


def judged(model: type[Model], value: object) -> Model:
    """Return *value* as *model*.

    Raises:
        Refused: 422, with what is wrong.
    """
    try:
        return model.model_validate(value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


def visitor_of(request: Request, parts: ApiParts) -> Visitor:
    """Return what is known of the browser behind *request*."""
    return Visitor(
        ip=ip_of(request),
        user_agent=request.headers.get("user-agent"),
        request_id=request.state.request_id,
        old_secret=parts.origin.secret_of(request),
    )


async def welcome(parts: ApiParts, secret: str) -> Response:
    """Answer a log-in: who one is now, and the cookie."""
    parts.known_tokens.forget_all()  # the session before this one has ended
    principal = await session_of(parts, secret)
    response = json_answer(_view(principal)).response()
    parts.origin.give(response, secret)
    return response


@public_router.post("/session", response_model=Session, openapi_extra=takes(LogIn))
async def log_in(request: Request, parts: Parts, document: JsonDocument) -> Response:
    """Log in with name and password; the answer sets a cookie. Five wrong tries, then it waits."""
    wished = judged(LogIn, document.value)
    secret = await enter(parts, wished.name, wished.password, visitor_of(request, parts))
    return await welcome(parts, secret)


@router.get("/session", response_model=Session)
async def get_session(caller: Caller) -> Response:
    """Say who asks, with a token or logged in, and what they may do."""
    return json_answer(_view(caller)).response()


@router.delete("/session", status_code=204, response_class=Response)
async def log_out(parts: Parts, caller: Caller) -> Response:
    """Log out: end this session."""
    session_id, _ = itself(caller)
    async with parts.database.transaction() as connection:
        if await store.end(connection, session_id):
            actor = audit.Actor.of(caller)
            await audit.note(connection, actor, "session.ended", "session", str(session_id))
    parts.known_tokens.forget_all()
    response = Response(status_code=204)
    parts.origin.take_away(response)
    return response


@router.get("/sessions", response_model=OpenSessions)
async def list_sessions(
    *,
    parts: Parts,
    caller: Caller,
    user_id: Annotated[
        str, Query(description="Another user's; takes users:admin.", max_length=100)
    ] = "",
) -> Response:
    """List where somebody is logged in; by default whoever asks."""
    if not user_id:
        wanted = itself(caller)[1].id
    elif not allows(caller.scopes, "users:admin"):
        raise Refused(403, "auth.scope", params={"scope": "users:admin"})
    elif (identity := read_id(user_id)) is None:
        raise NotFound("user", "")
    else:
        wanted = identity
    async with parts.database.connection() as connection:
        rows = await store.live(connection, wanted, idle=IDLE)
    items = [{**_shown(row), "current": row.id == caller.session_id} for row in rows]
    return json_answer({"items": items}).response()


@router.delete("/sessions/{session_id}", status_code=204, response_class=Response)
async def revoke_session(parts: Parts, caller: Caller, session_id: str) -> Response:
    """End a session: one's own, or with users:admin anybody's."""
    identity = read_id(session_id)
    if caller.session_id is None and not allows(caller.scopes, "users:admin"):
        raise Refused(403, "auth.session_only")
    async with parts.database.transaction() as connection:
        owner = await store.owner_of(connection, identity) if identity else None
        mine = owner is not None and caller.user is not None and owner[0] == caller.user.id
        if identity is None or owner is None or not (mine or allows(caller.scopes, "users:admin")):
            raise NotFound("session", "")
        await store.end(connection, identity)
        actor = audit.Actor.of(caller)
        await audit.note(
            connection, actor, "session.revoked", "session", str(identity), after={"user": owner[1]}
        )
    parts.known_tokens.forget_all()
    return Response(status_code=204)


def _view(who: Principal) -> dict[str, Any]:
    user = who.user and {
        "id": str(who.user.id),
        "name": who.user.name,
        "display_name": who.user.display_name,
        "role": who.user.role,
        "language": who.user.language,
    }
    left = who.seconds_left
    end = None if isinf(left) else datetime.now(UTC) + timedelta(seconds=left)
    return {
        "kind": "token" if who.token_id else "user",
        "via": "token" if who.token_id else who.via or "proxy",
        "user": user,
        "token_name": who.token_name,
        "scopes": expanded(who.scopes),
        "expires_at": format_instant(end) if end else None,
    }


def _shown(row: store.SessionRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "user_id": str(row.user_id),
        "user_name": row.user_name,
        "created_at": format_instant(row.created_at),
        "seen_at": format_instant(row.seen_at),
        "expires_at": format_instant(row.expires_at),
        "ip": row.ip,
        "user_agent": row.user_agent,
    }
