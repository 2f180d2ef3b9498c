"""What people change of themselves: how they are called, their password, their own tokens."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import Response

from services.api.access import people
from services.api.access.auth import Caller, closed_router
from services.api.access.credentials import itself
from services.api.access.known_tokens import KnownUser, Principal
from services.api.access.log_in import require_password
from services.api.access.passwords import problems_of_password
from services.api.access.schemas import MeUpdate, PasswordChange, UserUpdate
from services.api.access.tokens import view as token_view
from services.api.documented.tasks import NewToken, Token, takes
from services.api.documented.users import User
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.routes.session import judged, visitor_of
from services.api.routes.tokens import make_token, revoke
from services.api.store import tokens as token_store
from services.api.store.audit import Actor
from services.api.tasks.schemas import TokenCreate
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.idempotency import IdempotencyKey
from services.api.wire.problems import Refused, refuse_fields
from shared.domain.errors import Problem

router = closed_router(f"{BASE}/me")


@router.put("", response_model=User, openapi_extra=takes(MeUpdate))
async def update_me(parts: Parts, caller: Caller, document: JsonDocument) -> Response:
    """Change how one is called, one's address and language; what is left out stays."""
    _, user = itself(caller)
    wished = judged(MeUpdate, document.value)
    given: dict[str, Any] = wished.model_dump(exclude_unset=True)
    async with parts.database.transaction() as connection:
        row = await people.locked(connection, user.id)
        after = await people.change(connection, row, UserUpdate(**given), Actor.of(caller))
    parts.known_tokens.forget_all()
    return json_answer(people.view(after)).response()


@router.put(
    "/password", status_code=204, response_class=Response, openapi_extra=takes(PasswordChange)
)
async def change_password(
    request: Request, parts: Parts, caller: Caller, document: JsonDocument
) -> Response:
    """Change one's password; all other sessions end."""
    session_id, user = itself(caller)
    wished = judged(PasswordChange, document.value)
    if problems := problems_of_password(wished.password, name=user.name):
        raise refuse_fields(problems)
    visitor = visitor_of(request, parts)
    try:
        await require_password(parts, user.name, wished.old_password, visitor.ip)
    except Refused as refused:
        if refused.code != "password.wrong":
            raise
        raise refuse_fields([Problem("/old_password", "password.wrong")]) from None
    if wished.password == wished.old_password:
        raise refuse_fields([Problem("/password", "password.same")])
    password_hash = await parts.passwords.hash(wished.password)
    async with parts.database.transaction() as connection:
        row = await people.locked(connection, user.id)
        actor = Actor.of(caller)
        await people.set_password(connection, row, password_hash, actor, but=session_id)
    parts.known_tokens.forget_all()
    return Response(status_code=204)


@router.get("/tokens", response_model=list[Token])
async def list_my_tokens(parts: Parts, caller: Caller) -> Response:
    """List one's own tokens, newest first, without their secrets."""
    async with parts.database.connection() as connection:
        rows = await token_store.of_user(connection, _user_of(caller).id)
    return json_answer([token_view(row) for row in rows]).response()


@router.post("/tokens", status_code=201, response_model=NewToken, openapi_extra=takes(TokenCreate))
async def create_my_token(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Make a token of one's own. It never can more than its owner can, and ends with them.

    `token` is shown this once; a repeated request hears null in its place.
    """
    owner = _user_of(caller).id
    return await make_token(request, parts, caller, document, key=key, owner=owner)


@router.delete("/tokens/{token_id}", status_code=204, response_class=Response)
async def revoke_my_token(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    token_id: str,
    key: IdempotencyKey,
) -> Response:
    """Make a token of one's own useless from now on."""
    return await revoke(request, parts, caller, token_id, key=key, owner=_user_of(caller).id)


def _user_of(caller: Principal) -> KnownUser:
    if caller.user is None:
        raise Refused(403, "auth.no_user")
    return caller.user
