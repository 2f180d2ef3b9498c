"""What callers show to say who they are: a token, or the cookie of a session."""

from __future__ import annotations

import hmac
from uuid import UUID

from fastapi import Request

from services.api.access.cookies import IDLE
from services.api.access.cross_site import refuse_cross_site
from services.api.access.known_tokens import KnownUser, Principal
from services.api.access.roles import SCOPES_OF, capped
from services.api.access.secret_text import hash_of
from services.api.access.token_format import read_token
from services.api.parts import ApiParts
from services.api.store import sessions
from services.api.store import tokens as store
from services.api.wire.problems import Refused
from shared.db.pool import Connection

REALM = 'Bearer realm="automation"'
#: Compared with when there is no such token, so that both cases take the same way.
_NOBODY = bytes(32)


def itself(caller: Principal) -> tuple[UUID, KnownUser]:
    """Return the session and the user of somebody who is logged in.

    Raises:
        Refused: 403, it is a token: whoever found one shall not get a user's log-in with it.
    """
    if caller.session_id is None or caller.user is None:
        raise Refused(403, "auth.session_only")
    return caller.session_id, caller.user


def ip_of(request: Request) -> str | None:
    """Return where *request* comes from, as the server (or its trusted proxy) tells."""
    return request.client.host if request.client else None


async def by_token(request: Request, parts: ApiParts) -> Principal | None:
    """Return whose token *request* shows; None: it shows none.

    Raises:
        Refused: 401, it is not good.
    """
    values = request.headers.getlist("authorization")
    if not values:
        return None
    scheme, _, text = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Refused(401, "auth.required", headers={"WWW-Authenticate": REALM})
    principal = parts.known_tokens.get(text)
    if principal is None:
        async with parts.database.connection() as connection:
            principal = await _holder(text, connection, ip_of(request))
        parts.known_tokens.remember(text, principal)
    return principal


async def by_cookie(request: Request, parts: ApiParts) -> Principal | None:
    """Return who is logged in with the cookie of *request*; None: it has none.

    Raises:
        Refused: 401 the session has ended, 403 the request comes from another site.
    """
    secret = parts.origin.secret_of(request)
    if secret is None:
        return None
    refuse_cross_site(request, parts.origin, has_cookie=True)
    # A blank never begins a token, so a cookie that holds one's text is not taken for it.
    known_as = f" {secret}"
    principal = parts.known_tokens.get(known_as)
    if principal is None:
        principal = await session_of(parts, secret)
        parts.known_tokens.remember(known_as, principal)
    return principal


async def session_of(parts: ApiParts, secret: str) -> Principal:
    """Return who is logged in with the cookie that holds *secret*.

    Raises:
        Refused: 401, nobody any more.
    """
    async with parts.database.connection() as connection:
        held = await sessions.find(connection, hash_of(secret), idle=IDLE)
        if held is None:
            raise Refused(401, "auth.session_expired", headers={"WWW-Authenticate": REALM})
        if held.use_is_old:
            await sessions.note_use(connection, held.id)
    user = KnownUser(held.user_id, held.name, held.display_name, held.role, held.language)
    return Principal(
        None,
        held.name,
        SCOPES_OF[held.role],
        held.seconds_left,
        user=user,
        session_id=held.id,
        via=held.via,
    )


async def _holder(text: str, connection: Connection, ip: str | None) -> Principal:
    token = read_token(text)
    held = await store.find(connection, token.id if token else "")
    right = hmac.compare_digest(
        token.secret_hash if token else _NOBODY, held.secret_hash if held else bytes([1] * 32)
    )
    if token is None or held is None or not right or not held.is_live:
        raise Refused(
            401,
            "auth.invalid",
            headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
        )
    if held.use_is_old:
        await store.note_use(connection, token.id, ip)
    if held.user is None:
        scopes, name, user = frozenset(held.scopes), held.name, None
    else:
        scopes, name = capped(held.scopes, held.user.role), held.user.name
        user = held.user
    return Principal(token.id, name, scopes, held.seconds_left, user=user, token_name=held.name)
