"""The body of a request: read with limits, then as strict JSON.

Nothing else in the API reads bodies; the framework's own reader never sees one.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request

from services.api.wire.problems import Refused
from services.api.wire.strict_json import USUAL, Limits, NotJson, read_json
from shared.domain.errors import Problem

#: From the first byte to the last one.
BODY_SECONDS = 10.0

_CONTENT_TYPE = re.compile(
    r'application/json(\s*;\s*charset\s*=\s*"?utf-8"?)?\s*;?', re.ASCII | re.IGNORECASE
)


class Document(NamedTuple):
    """A JSON object as it came, and read."""

    raw: bytes
    value: dict[str, Any]


@dataclass(frozen=True)
class JsonBody:
    """Dependency: the request's body, which must be a JSON object."""

    limits: Limits = USUAL

    async def __call__(self, request: Request) -> Document:
        """Read it.

        Raises:
            Refused: it is none, or too much of it.
        """
        raw, value = await read_any(request, self.limits)
        if not isinstance(value, dict):
            raise Refused(422, "body.object", problems=[Problem("", "body.object")])
        return Document(raw, value)


async def no_body(request: Request) -> None:
    """Dependency: the request needs no body; `{}` is as good as none.

    Raises:
        Refused: it has one that asks for something.
    """
    length = request.headers.get("content-length", "0")
    if length == "0" and "transfer-encoding" not in request.headers:
        return
    document = await JsonBody(replace(USUAL, size=1024))(request)
    if document.value:
        pointers = [Problem(f"/{key[:100]}", "field.unknown") for key in document.value]
        raise Refused(422, "request.invalid", problems=pointers)


@dataclass(frozen=True)
class OptionalBody:
    """Dependency: the request's body, a JSON object; none at all is as good as `{}`."""

    limits: Limits = USUAL

    async def __call__(self, request: Request) -> Document:
        """Read it, if there is one.

        Raises:
            Refused: it is no JSON object, or too much of it.
        """
        length = request.headers.get("content-length", "0")
        if length == "0" and "transfer-encoding" not in request.headers:
            return Document(b"", {})
        return await JsonBody(self.limits)(request)


JsonDocument = Annotated[Document, Depends(JsonBody())]


async def read_any(
    request: Request, limits: Limits, *, kinds: re.Pattern[str] = _CONTENT_TYPE
) -> tuple[bytes, Any]:
    """Return the body as it came, and as the JSON value that it is.

    Raises:
        Refused: it is none, or too much of it, or its media type is none of *kinds*.
    """
    _refuse_other_types(request, kinds)
    raw = await read_body(request, limits.size)
    try:
        return raw, read_json(raw, limits)
    except NotJson as error:
        problems = [error.problem] if error.problem.pointer else []
        raise Refused(
            error.status, error.code, problems=problems, params=error.problem.params
        ) from None


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, counted as it comes: what Content-Length says is only a promise.

    Raises:
        Refused: it is longer than *limit*, or takes longer than `BODY_SECONDS`.
    """
    too_large = Refused(
        413, "body.too_large", headers={"Connection": "close"}, params={"limit": limit}
    )
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise Refused(408, "body.timeout", headers={"Connection": "close"}) from None
    return b"".join(parts)


def _refuse_other_types(request: Request, allowed: re.Pattern[str]) -> None:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise Refused(415, "body.encoding")
    kinds = request.headers.getlist("content-type")
    if len(kinds) != 1 or not allowed.fullmatch(kinds[0].strip()):
        raise Refused(415, "body.media_type")
