"""Tokens: made, listed, revoked."""

from __future__ import annotations

import json
from uuid import UUID

import pydantic
from fastapi import Request
from starlette.responses import Response

from services.api.access import people, tokens
from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.access.scopes import allows
from services.api.documented.tasks import NewToken, Token, takes
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import tokens as store
from services.api.tasks.schemas import TokenCreate
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonDocument
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/tokens")


@router.post("", status_code=201, response_model=NewToken, openapi_extra=takes(TokenCreate))
async def create_token(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Make a token of nobody's, for a service; people make theirs under …/me/tokens.

    `token` is shown this once: a repeated request hears null in its place. Nobody can hand on a
    right that they do not have.
    """
    return await make_token(request, parts, caller, document, key=key, owner=None)


async def make_token(
    request: Request,
    parts: ApiParts,
    caller: Principal,
    document: Document,
    *,
    key: str | None,
    owner: UUID | None,
) -> Response:
    """Make a token that belongs to *owner*; None: to nobody."""
    try:
        wished = TokenCreate.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    for scope in wished.scopes:
        if not allows(caller.scopes, scope):
            raise Refused(403, "auth.scope", params={"scope": scope})

    async def act(connection: Connection) -> Answer:
        if owner is not None:
            await people.locked(connection, owner)  # perhaps removed since they were let in
        token, row = await tokens.make(
            connection,
            name=wished.name,
            scopes=wished.scopes,
            expires_in_days=wished.expires_in_days,
            created_by=caller.name,
            user_id=owner,
        )
        after = {"name": row.name, "scopes": row.scopes, "owner": row.user_name}
        actor = audit.Actor.of(caller)
        await audit.note(connection, actor, "token.created", "token", row.id, after=after)
        return json_answer({**tokens.view(row), "token": token.text}, 201)

    def without_secret(answer: Answer) -> Answer:
        return json_answer({**json.loads(answer.body), "token": None}, answer.status)

    answer = await once(
        parts.database,
        request,
        caller,
        document.raw,
        act,
        key=key,
        remembered=without_secret,
    )
    return answer.response()


@router.get("", response_model=list[Token])
async def list_tokens(parts: Parts) -> Response:
    """List all tokens, newest first, without their secrets."""
    async with parts.database.connection() as connection:
        rows = await store.every(connection)
    return json_answer([tokens.view(row) for row in rows]).response()


@router.delete("/{token_id}", status_code=204, response_class=Response)
async def revoke_token(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    token_id: str,
    key: IdempotencyKey,
) -> Response:
    """Make a token useless from now on."""
    return await revoke(request, parts, caller, token_id, key=key, owner=None)


async def revoke(
    request: Request,
    parts: ApiParts,
    caller: Principal,
    token_id: str,
    *,
    key: str | None,
    owner: UUID | None,
) -> Response:
    """Revoke a token, if it is *owner*'s; None: anybody's."""

    async def act(connection: Connection) -> Answer:
        if "\x00" in token_id or not await store.revoke(connection, token_id, of_user=owner):
            raise NotFound("token", "")
        await audit.note(connection, audit.Actor.of(caller), "token.revoked", "token", token_id)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.known_tokens.forget_all()
    return answer.response()
