"""Getting in at an OpenID provider: there and back, for browsers that follow redirects.

What goes wrong on the way back is told on the page of the log-in, by a code in its address.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from services.api.access.auth import open_router
from services.api.access.oidc import flow
from services.api.access.oidc.flow import Return
from services.api.access.oidc.provider import Provider
from services.api.documented.users import LogInWays
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE
from services.api.routes.session import visitor_of
from services.api.store.oidc_logins import LASTS
from services.api.wire.answers import json_answer
from services.api.wire.problems import Refused
from shared.domain.errors import NotFound

router = open_router(BASE)

SEE_OTHER = 303
#: Behind the name of the session's cookie.
COOKIE = "-oidc"
Word = Annotated[str, Query(max_length=4_000)]


@router.get("/log-in-ways", response_model=LogInWays)
async def list_log_in_ways(parts: Parts) -> Response:
    """Say how one can log in, beside a name and a password."""
    oidc = {"name": parts.oidc.config.name} if parts.oidc else None
    return json_answer({"password": True, "oidc": oidc}).response()


@router.get("/oidc/start", status_code=SEE_OTHER, response_class=Response)
async def start_oidc(
    request: Request,
    parts: Parts,
    wanted: Annotated[
        str, Query(alias="next", max_length=2_000, description="A path of the page.")
    ] = "/",
) -> Response:
    """Send the browser to the provider."""
    provider = _provider(parts)
    try:
        departure = await flow.depart(parts, provider, wanted, _secret_of(request, parts))
    except Refused as refused:
        return _to_the_door(parts, refused)
    response = RedirectResponse(departure.url, SEE_OTHER)
    response.set_cookie(
        parts.origin.cookie + COOKIE,
        departure.secret,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=parts.origin.secure,
        httponly=True,
        samesite="lax",  # the way back is a link from another site
    )
    return response


@router.get("/oidc/callback", status_code=SEE_OTHER, response_class=Response)
async def finish_oidc(
    *,
    request: Request,
    parts: Parts,
    state: Word = "",
    code: Word = "",
    error: Word = "",
    iss: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Response:
    """Take the browser back from the provider, and log it in."""
    back = Return(state, code, error, iss, _secret_of(request, parts))
    try:
        secret, wanted = await flow.arrive(
            parts, _provider(parts), back, visitor_of(request, parts)
        )
    except Refused as refused:
        return _to_the_door(parts, refused)
    parts.known_tokens.forget_all()  # the session before this one has ended, or the role changed
    response = RedirectResponse(parts.origin.link(wanted), SEE_OTHER)
    parts.origin.give(response, secret)
    response.delete_cookie(
        parts.origin.cookie + COOKIE,
        path="/",
        secure=parts.origin.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/oidc/log-out", status_code=SEE_OTHER, response_class=Response)
async def leave_oidc(parts: Parts) -> Response:
    """Send the browser to where one logs out at the provider; here it has done so already."""
    address = await flow.log_out_address(_provider(parts))
    return RedirectResponse(address or parts.origin.link("/login"), SEE_OTHER)


def _provider(parts: ApiParts) -> Provider:
    if parts.oidc is None:
        raise NotFound("oidc", "")
    return parts.oidc


def _secret_of(request: Request, parts: ApiParts) -> str | None:
    return request.cookies.get(parts.origin.cookie + COOKIE) or None


def _to_the_door(parts: ApiParts, refused: Refused) -> Response:
    return RedirectResponse(parts.origin.link(f"/login?problem={quote(refused.code)}"), SEE_OTHER)
