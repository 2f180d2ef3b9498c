"""Scripts: kept in versions, looked through, approved. Publishing is the work of a task."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented import scripts as shown
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, read_choice
from services.api.routes.tasks import IfMatch
from services.api.scripts import changes
from services.api.scripts.definition import Status, judged_text, read_text
from services.api.scripts.schemas import SCRIPT_ID, ScriptCreate, ScriptText, ScriptUpdate
from services.api.scripts.views import (
    diff_view,
    findings_view,
    pointer_view,
    script_view,
    version_view,
)
from services.api.store import scripts as store
from services.api.store.audit import Actor
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.conditional import etag
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, NotFound

router = closed_router(f"{BASE}/scripts")

_STATUSES: tuple[str, ...] = Status.__args__  # type: ignore[attr-defined]
_SCRIPT_ID = re.compile(SCRIPT_ID, re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


async def script_id_of(
    script_id: Annotated[str, Path(json_schema_extra={"pattern": SCRIPT_ID})],
) -> str:
    """Dependency: the id of the path.

    Raises:
        NotFound: it is none, so there is no such script.
    """
    if not _SCRIPT_ID.fullmatch(script_id):
        raise NotFound("script", "")
    return script_id


ScriptId = Annotated[str, Depends(script_id_of)]


async def script_answer(
    connection: Connection, row: store.ScriptRow, status: int = 200, **headers: str
) -> Answer:
    """Return a script with what is published of it, as its ETag's version."""
    pointers = await store.pointers(connection, [row.script_id])
    view = script_view(row, pointers.get(row.script_id, []))
    return json_answer(view, status, ETag=etag(row.row_version), **headers)


@router.get("", response_model=shown.Scripts)
async def list_scripts(
    *,
    parts: Parts,
    limit: Limit = 50,
    cursor: Cursor = "",
    status: Annotated[str, Query(json_schema_extra={"enum": ["", *_STATUSES]})] = "",
    q: Annotated[str, Query(max_length=128, description="Part of the id or the name.")] = "",
) -> Response:
    """List scripts, newest first."""
    wanted = read_choice("status", status, _STATUSES)
    before = read_number_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection, status=wanted, word=q or None, before=before, limit=limit + 1
        )
        pointers = await store.pointers(connection, [row.script_id for row in rows])
    listed = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [script_view(row, pointers.get(row.script_id, [])) for row in listed],
            "next": write_cursor(listed[-1].seq) if more else None,
        }
    ).response()


@router.post("", status_code=201, response_model=shown.Script, openapi_extra=takes(ScriptCreate))
async def create_script(
    *, request: Request, parts: Parts, caller: Caller, document: JsonDocument, key: IdempotencyKey
) -> Response:
    """Create a script; its first version is a draft."""

    async def act(connection: Connection) -> Answer:
        row = await changes.create(connection, document.value, Actor.of(caller))
        return await script_answer(connection, row, 201, Location=f"{BASE}/scripts/{row.script_id}")

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.post("/validate", response_model=shown.ScriptJudged, openapi_extra=takes(ScriptText))
async def validate_script(document: JsonDocument, language: CallersLanguage) -> Response:
    """Look through a text: syntax, fields, variables, references. Errors name line and field."""
    text = read_text(document.value)
    try:
        judged_text(text)
        problems = []
    except InvalidDefinition as error:
        problems = list(error.problems)
    return json_answer(findings_view(problems, language), Content_Language=language).response()


@router.get("/{script_id}", response_model=shown.Script)
async def get_script(parts: Parts, script_id: ScriptId) -> Response:
    """Read one script with the text of its newest version."""
    async with parts.database.connection() as connection:
        row = await _there(connection, script_id)
        return (await script_answer(connection, row)).response()


@router.put("/{script_id}", response_model=shown.Script, openapi_extra=takes(ScriptUpdate))
async def update_script(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    script_id: ScriptId,
    document: JsonDocument,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields. Another text makes a new version, a draft; what is published stays.

    The last 30 versions are kept, and those that are in use.
    """

    async def act(connection: Connection) -> Answer:
        row = await changes.change(
            connection, script_id, document.value, Actor.of(caller), if_match=if_match
        )
        return await script_answer(connection, row)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.delete("/{script_id}", status_code=204, response_class=Response)
async def delete_script(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    script_id: ScriptId,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Delete a script that no account has, with its versions and what is published of it."""

    async def act(connection: Connection) -> Answer:
        await changes.remove(connection, script_id, Actor.of(caller), if_match=if_match)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.get("/{script_id}/versions", response_model=shown.ScriptVersions)
async def list_script_versions(
    parts: Parts, script_id: ScriptId, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """List the versions of a script, newest first."""
    before = read_number_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        await _there(connection, script_id)
        rows = await store.versions(connection, script_id, before=before, limit=limit + 1)
    listed = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [version_view(row) for row in listed],
            "next": write_cursor(listed[-1].number) if more else None,
        }
    ).response()


@router.get("/{script_id}/versions/{version}", response_model=shown.ScriptVersion)
async def get_script_version(parts: Parts, script_id: ScriptId, version: str) -> Response:
    """Read one version by its number."""
    async with parts.database.connection() as connection:
        row = await _version(connection, script_id, version)
    return json_answer(version_view(row)).response()


@router.get("/{script_id}/versions/{version}/diff", response_model=shown.ScriptDiff)
async def diff_script_versions(
    parts: Parts,
    script_id: ScriptId,
    version: str,
    against: Annotated[
        int, Query(ge=1, description="The other version; left out: the one before.")
    ] = 0,
) -> Response:
    """Tell what a version changes of another one."""
    async with parts.database.connection() as connection:
        new = await _version(connection, script_id, version)
        old = await _version(connection, script_id, str(against or new.parent or new.number))
    return json_answer(diff_view(old, new)).response()


@router.get("/{script_id}/pointers", response_model=list[shown.ScriptPointer])
async def list_script_pointers(parts: Parts, script_id: ScriptId) -> Response:
    """List what is published of a script, by environment."""
    async with parts.database.connection() as connection:
        await _there(connection, script_id)
        pointers = await store.pointers(connection, [script_id])
    return json_answer([pointer_view(each) for each in pointers.get(script_id, [])]).response()


async def _there(connection: Connection, script_id: str) -> store.ScriptRow:
    row = await store.get(connection, script_id)
    if row is None:
        raise NotFound("script", script_id)
    return row


async def _version(connection: Connection, script_id: str, number: str) -> store.VersionRow:
    if not _NUMBER.fullmatch(number):
        raise NotFound("script_version", number[:20])
    row = await store.version(connection, script_id, int(number))
    if row is None:
        raise NotFound("script_version", number)
    return row
