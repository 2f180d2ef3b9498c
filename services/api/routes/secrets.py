"""Secrets: stored, described, deleted; their values go in and never come out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.secrets import Secret, Secrets
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.queues.names import named
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.routes.tasks import IfMatch
from services.api.secrets.schemas import SecretPut
from services.api.secrets.secrets import audited, owner_of, read_secret, require_box, secret_view
from services.api.store import audit
from services.api.store import secrets as store
from services.api.store.secrets import SecretRow
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonBody
from services.api.wire.cursor import read_name_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from services.api.wire.strict_json import Limits
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

router = closed_router(f"{BASE}/secrets")

SecretName = Annotated[str, Depends(named("secret"))]

#: 64 KiB of text, each character spelled out as `\uXXXX`.
_BODY = Limits(size=512 * 1024)


def _answer(row: SecretRow, status: int = 200) -> Answer:
    return json_answer(secret_view(row), status, ETag=conditional.etag(row.version))


@router.get("", response_model=Secrets)
async def list_secrets(
    *,
    parts: Parts,
    limit: Limit = 100,
    cursor: Cursor = "",
    text: Annotated[
        str, Query(alias="q", max_length=200, description="A part of the name or description.")
    ] = "",
    used: Annotated[
        str, Query(json_schema_extra={"enum": ["", "true", "false"]}, description="Named or not.")
    ] = "",
) -> Response:
    """List secrets by name, without their values; each with who names it."""
    after = read_name_cursor(cursor) if cursor else ""
    word = read_choice("used", used.lower(), ("true", "false"))
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            after=after,
            part=text.strip() or None,
            used=None if word is None else word == "true",
            limit=limit + 1,
        )
    shown = rows[:limit]
    more = write_cursor(shown[-1].name) if len(rows) > limit else None
    return json_answer({"items": [secret_view(row) for row in shown], "next": more}).response()


@router.get("/{name}", response_model=Secret)
async def get_secret(parts: Parts, name: SecretName) -> Response:
    """Read what is known of one secret; its value is not."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, name)
    if row is None:
        raise NotFound("secret", name)
    return _answer(row).response()


@router.put("/{name}", response_model=Secret, openapi_extra=takes(SecretPut))
async def put_secret(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: SecretName,
    document: Annotated[Document, Depends(JsonBody(_BODY))],
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Store a secret, new or instead of the one of that name. Runs that begin later get it."""
    box = require_box(parts.box)

    async def act(connection: Connection) -> Answer:
        await store.will_seal(connection)
        before = await store.lock(connection, name)
        _require_match(if_match, before)
        wished = read_secret(document.value, is_new=before is None)
        if wished.value is None:
            after = await store.describe(
                connection, name, wished.description, updated_by=caller.name
            )
        else:
            sealed = box.seal(wished.value.encode(), owner=owner_of(name))
            after = await store.put(
                connection,
                name,
                sealed=sealed,
                key_id=box.key_id,
                description=wished.description,
                updated_by=caller.name,
            )
        await audit.note(
            connection,
            audit.Actor.of(caller),
            "secret.updated" if before else "secret.created",
            "secret",
            name,
            before=audited(before),
            after={**(audited(after) or {}), "has_new_value": wished.value is not None},
        )
        return _answer(after)

    # What is kept of the request must not help to guess the value.
    mark = box.mark(document.raw)
    answer = await once(parts.database, request, caller, mark, act, key=key)
    return answer.response()


@router.delete("/{name}", status_code=204, response_class=Response)
async def delete_secret(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: SecretName,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Delete a secret that no task and no alert rule names."""

    async def act(connection: Connection) -> Answer:
        row = await store.lock(connection, name)
        if row is None:
            raise NotFound("secret", name)
        _require_match(if_match, row)
        if row.used_by:
            users = ", ".join(f"{each.name} ({each.kind} {each.id})" for each in row.used_by[:10])
            raise Conflict("secret.in_use", users=users)
        await store.delete(connection, name)
        await audit.note(
            connection,
            audit.Actor.of(caller),
            "secret.deleted",
            "secret",
            name,
            before=audited(row),
        )
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


def _require_match(if_match: str | None, row: SecretRow | None) -> None:
    if row is not None:
        conditional.require_match(if_match, row.version, kind="secret")
    elif if_match is not None:
        raise Refused(412, "secret.changed")
