"""Who plays a script, how its publishing goes on, and the wish to publish it now."""

from __future__ import annotations

from typing import Annotated, get_args
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented import script_pages as shown
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, read_choice
from services.api.routes.scripts import ScriptId
from services.api.scripts.pages import publication_view, target_view, usages_view
from services.api.scripts.publish import publish, read_publish
from services.api.scripts.schemas import ScriptPublishNow
from services.api.store import script_pages as store
from services.api.store import scripts
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_instant_cursor, read_name_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(BASE)

FATES: tuple[str, ...] = get_args(shown.TargetFate)
_UUID = {"format": "uuid"}


async def publication_of(run_id: Annotated[str, Path(json_schema_extra=_UUID)]) -> UUID:
    """Dependency: the run of the path.

    Raises:
        NotFound: it is none.
    """
    found = read_id(run_id)
    if found is None:
        raise NotFound("script_publication", "")
    return found


RunId = Annotated[UUID, Depends(publication_of)]


@router.get("/scripts/{script_id}/usages", response_model=shown.ScriptUsages)
async def list_script_usages(parts: Parts, script_id: ScriptId) -> Response:
    """Tell which versions of a script accounts play, and which tasks publish it."""
    async with parts.database.connection() as connection:
        await _there(connection, script_id)
        played = await store.played(connection, script_id)
        publishers = await store.publishers(connection, script_id)
    return json_answer(usages_view(played, publishers)).response()


@router.get("/scripts/{script_id}/publications", response_model=shown.ScriptPublications)
async def list_script_publications(
    parts: Parts, script_id: ScriptId, limit: Limit = 20, cursor: Cursor = ""
) -> Response:
    """List publications of a script, newest first; the last 50 are remembered."""
    before = read_instant_cursor(cursor)[0] if cursor else None
    async with parts.database.connection() as connection:
        await _there(connection, script_id)
        rows = await store.publications(connection, script_id, before=before, limit=limit + 1)
    listed = rows[:limit]
    last = listed[-1] if len(rows) > limit else None
    return json_answer(
        {
            "items": [publication_view(row) for row in listed],
            "next": write_cursor(last.started_at, last.run_id) if last else None,
        }
    ).response()


@router.post(
    "/scripts/{script_id}/publish",
    response_model=shown.ScriptPublishing,
    openapi_extra=takes(ScriptPublishNow),
)
async def publish_script(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    script_id: ScriptId,
    document: JsonDocument,
    key: IdempotencyKey,
    language: CallersLanguage,
) -> Response:
    """Ask for a run that publishes a script; if no task does that yet, one is made.

    The answer does not wait for it: see `GET …/script-publications/{run_id}` and the run.
    """
    params = read_publish(document.value, script_id)

    let_go: list[str] = []

    async def act(connection: Connection) -> Answer:
        found = await publish(
            connection, parts.catalog, script_id, params, caller, language=language
        )
        let_go[:] = found.let_go
        return json_answer(found.view())

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    await parts.scheduler.let_go(let_go)
    parts.wake_relay()
    return answer.response()


@router.get("/script-publications/{run_id}", response_model=shown.ScriptPublicationProgress)
async def get_script_publication(parts: Parts, run_id: RunId) -> Response:
    """Read what a run publishes, and how far it is. It is there once the run has begun."""
    async with parts.database.connection() as connection:
        row = await store.publication(connection, run_id)
        if row is None:
            raise NotFound("script_publication", str(run_id))
        fates = await store.fates(connection, run_id)
    return json_answer({**publication_view(row), "fates": fates}).response()


@router.get("/script-publications/{run_id}/targets", response_model=shown.ScriptTargets)
async def list_script_publication_targets(
    *,
    parts: Parts,
    run_id: RunId,
    limit: Limit = 50,
    cursor: Cursor = "",
    fate: Annotated[str, Query(json_schema_extra={"enum": ["", *FATES]})] = "",
) -> Response:
    """List the accounts of a publication by name, as they stand now."""
    wanted = read_choice("fate", fate, FATES)
    after = read_name_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        if await store.publication(connection, run_id) is None:
            raise NotFound("script_publication", str(run_id))
        rows = await store.targets(connection, run_id, fate=wanted, after=after, limit=limit + 1)
    listed = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [target_view(row) for row in listed],
            "next": write_cursor(listed[-1].account_id) if more else None,
        }
    ).response()


async def _there(connection: Connection, script_id: str) -> None:
    if await scripts.get(connection, script_id) is None:
        raise NotFound("script", script_id)
