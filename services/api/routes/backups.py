"""Backups: which there are, a restore drill of one, forgetting what is gone.

Files are the business of runs: whoever wants one removed lets the rules of its task do it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.backups.views import STATES, STORAGES, backup_view, more_view, source_view
from services.api.documented.backups import (
    BackupDetail,
    Backups,
    BackupSources,
    BackupVerificationStarted,
)
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.routes.tasks import IfMatch
from services.api.runs.bulk import add_requests, read_runs
from services.api.store import backup_sources, tasks
from services.api.store import backups as store
from services.api.store.audit import Actor, note
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import no_body
from services.api.wire.conditional import etag, require_match
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound, Problem

router = closed_router(f"{BASE}/backups")

_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
_UUID = {"format": "uuid"}
ACTION = "data_backup"
#: Records without a file behind them.
_GONE = frozenset({"failed", "pruned"})


async def backup_id_of(backup_id: Annotated[str, Path(json_schema_extra=_UUID)]) -> UUID:
    """Dependency: the backup id of the path.

    Raises:
        NotFound: it spells no id, so there is no such backup.
    """
    identity = read_id(backup_id)
    if identity is None:
        raise NotFound("backup", "")
    return identity


BackupId = Annotated[UUID, Depends(backup_id_of)]


@router.get("", response_model=Backups)
async def list_backups(
    *,
    parts: Parts,
    task_id: Annotated[str, Query(json_schema_extra=_UUID)] = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *STATES]})] = "",
    source: Annotated[str, Query(max_length=200)] = "",
    storage: Annotated[str, Query(json_schema_extra={"enum": ["", *STORAGES]})] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List backups, newest first."""
    wanted = read_choice("state", state, STATES)
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            task_id=_read_task(task_id),
            states=None if wanted is None else [wanted],
            source=source or None,
            storage=read_choice("storage", storage, STORAGES),
            before=read_instant_cursor(cursor) if cursor else _NEWEST,
            limit=limit + 1,
        )
        shown = rows[:limit]
        more = await backup_sources.more(connection, [row.id for row in shown])
    following = write_cursor(shown[-1].started_at, shown[-1].id) if len(rows) > limit else None
    items = [{**backup_view(row), **more_view(more[row.id])} for row in shown]
    return json_answer({"items": items, "next": following}).response()


@router.get("/sources", response_model=BackupSources)
async def list_backup_sources(parts: Parts) -> Response:
    """List the databases that are backed up, and how fresh their backups are."""
    async with parts.database.connection() as connection:
        rows = await backup_sources.sources(connection)
    return json_answer({"items": [source_view(row) for row in rows]}).response()


@router.get("/{backup_id}", response_model=BackupDetail)
async def get_backup(parts: Parts, backup_id: BackupId) -> Response:
    """Read one backup with its manifest."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, backup_id)
        more = await backup_sources.more(connection, [backup_id])
    if row is None or row.id not in more:
        raise NotFound("backup", str(backup_id))
    view = {**backup_view(row, whole=True), **more_view(more[row.id])}
    return json_answer(view, ETag=etag(row.version)).response()


@router.delete("/{backup_id}", status_code=204, response_class=Response)
async def delete_backup(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    backup_id: BackupId,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Forget a backup that failed or whose file is gone. A file is removed by retention only."""

    async def act(connection: Connection) -> Answer:
        row = await store.get(connection, backup_id, for_update=True)
        if row is None:
            raise NotFound("backup", str(backup_id))
        require_match(if_match, row.version, kind="backup")
        if row.state not in _GONE:
            raise Conflict("backup.kept")
        await store.delete(connection, backup_id)
        await note(
            connection,
            Actor.of(caller),
            "backup.deleted",
            "backup",
            str(backup_id),
            before=backup_view(row),
        )
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.post(
    "/{backup_id}/verify",
    status_code=202,
    response_model=BackupVerificationStarted,
    dependencies=[Depends(no_body)],
)
async def verify_backup(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    backup_id: BackupId,
    key: IdempotencyKey,
) -> Response:
    """Ask for a run of the backup's task that restores it for a trial; answers at once."""
    let_go: list[str] = []

    async def act(connection: Connection) -> Answer:
        row = await store.get(connection, backup_id)
        if row is None:
            raise NotFound("backup", str(backup_id))
        task = await tasks.get(connection, row.task_id)
        if task is None or task.definition.task_action != ACTION:
            raise Conflict("backup.no_task")
        if row.state not in ("unverified", "verified"):
            raise Conflict("backup.no_file", state=row.state)
        params = {**task.definition.action_config, "verify_backup_id": str(backup_id)}
        params.pop("dry_run", None)
        wished = read_runs({"runs": [{"task_id": str(row.task_id), "params": params}]}, key)
        asked = await add_requests(connection, wished, parts.catalog, caller)
        let_go[:] = asked.let_go
        (run_id,) = asked.run_ids
        return json_answer({"run_id": str(run_id), "task_id": str(row.task_id)}, 202)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    await parts.scheduler.let_go(let_go)
    parts.wake_relay()
    return answer.response()


def _read_task(text: str) -> UUID | None:
    identity = read_id(text) if text else None
    if text and identity is None:
        problem = Problem("/query/task_id", "task.unknown")
        raise Refused(400, "query.invalid", problems=[problem])
    return identity
