"""Getting in without a password: the first start, and links with which one is chosen."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from services.api.access import links
from services.api.access.auth import open_router
from services.api.access.schemas import LinkPeek, LinkUse, SetUp
from services.api.documented.tasks import takes
from services.api.documented.users import PeekedLink, Session, Setup
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.routes.session import judged, visitor_of, welcome
from services.api.store import users
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument

router = open_router(BASE)


@router.get("/setup", response_model=Setup)
async def get_setup(parts: Parts) -> Response:
    """Say whether the first administrator is still to be created."""
    async with parts.database.connection() as connection:
        needed = not await users.is_there_any(connection)
    return json_answer({"needed": needed}).response()


@router.post("/setup", status_code=201, response_model=Session, openapi_extra=takes(SetUp))
async def set_up(request: Request, parts: Parts, document: JsonDocument) -> Response:
    """Create the first administrator with the link of the first start, and log them in."""
    wished = judged(SetUp, document.value)
    response = await welcome(parts, await links.set_up(parts, wished, visitor_of(request, parts)))
    response.status_code = 201
    return response


@router.post("/password-link/peek", response_model=PeekedLink, openapi_extra=takes(LinkPeek))
async def peek_password_link(parts: Parts, document: JsonDocument) -> Response:
    """Say whose password a link sets; the link stays good."""
    wished = judged(LinkPeek, document.value)
    async with parts.database.connection() as connection:
        found = await links.peek(connection, wished.token)
    return json_answer(found).response()


@router.post("/password-link", response_model=Session, openapi_extra=takes(LinkUse))
async def use_password_link(request: Request, parts: Parts, document: JsonDocument) -> Response:
    """Choose a password with a link, once, and be logged in; all other sessions end."""
    wished = judged(LinkUse, document.value)
    return await welcome(parts, await links.use(parts, wished, visitor_of(request, parts)))
