"""`Idempotency-Key`: a request that is sent again changes nothing again and hears the same answer.

The answer is kept in the transaction that made it true, so a crash leaves both or neither. While
the first request is in hand, its key is held by a lock that ends with the transaction; nothing can
be left locked. Refusals are not kept: they changed nothing, and the next try may be right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from services.api.access.known_tokens import Principal
from services.api.store import idempotency as store
from services.api.store.database import Database
from services.api.wire.answers import Answer
from services.api.wire.dry_run_query import asks_for_dry_run, told
from services.api.wire.problems import Refused
from shared.db.pool import Connection

_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)


async def read_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="At most 255 printable ASCII characters. The same request under the same"
            " key within 24 hours is carried out once; the answer is given again.",
            json_schema_extra={"maxLength": 255},
        ),
    ] = None,
) -> str | None:
    """Dependency: the key of *request*, if it has one.

    Raises:
        Refused: it is too long, not printable, or there are two.
    """
    if idempotency_key is None:
        return None
    several = len(request.headers.getlist("idempotency-key")) > 1
    if several or not _KEY.fullmatch(idempotency_key):
        raise Refused(400, "idempotency.key")
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(read_key)]


def fingerprint(request: Request, body: bytes) -> bytes:
    """Return what tells one request from another."""
    head = f"{request.method} {request.url.path}\n".encode()
    return hashlib.sha256(head + body).digest()


async def once(
    database: Database,
    request: Request,
    principal: Principal,
    body: bytes,
    act: Callable[[Connection], Awaitable[Answer]],
    *,
    key: str | None,
    remembered: Callable[[Answer], Answer] = lambda answer: answer,
) -> Answer:
    """Carry out *act* in a transaction, unless its answer is known already.

    *remembered* tells how the answer is kept: without a secret that it shows only once.

    A dry run is carried out, told and taken back; it neither uses the key nor answers from it.

    Raises:
        Refused: 409 while the first such request is in hand, 422 if it was another request.
    """
    if asks_for_dry_run(request):
        async with database.transaction(rehearsal=True) as connection:
            return told(remembered(await act(connection)))
    async with database.transaction() as connection:
        if key is None:
            return await act(connection)
        mark = fingerprint(request, body)
        if not await store.claim(connection, principal.holder, key):
            raise Refused(409, "idempotency.in_hand", headers={"Retry-After": "1"})
        kept = await store.find(connection, principal.holder, key)
        if kept is not None:
            return _again(kept, mark)
        answer = await act(connection)
        shown = remembered(answer)
        await store.keep(
            connection,
            principal.holder,
            key,
            fingerprint=mark,
            status=shown.status,
            headers=shown.headers,
            body=shown.body,
        )
        return answer


def _again(kept: store.Kept, mark: bytes) -> Answer:
    if kept.fingerprint != mark or kept.status is None:
        raise Refused(422, "idempotency.other_body")
    return Answer(kept.status, kept.body or b"", {**kept.headers, "Idempotency-Replayed": "true"})
