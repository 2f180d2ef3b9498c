"""Who changed what: read, never written over HTTP."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.audit import Audit
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_time
from services.api.store import audit as store
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_number_cursor, write_cursor
from shared.domain.instant import format_instant

router = closed_router(f"{BASE}/audit")

Word = Annotated[str, Query(max_length=300)]


@router.get("", response_model=Audit)
async def list_audit(
    *,
    parts: Parts,
    limit: Limit = 50,
    cursor: Cursor = "",
    actor: Word = "",
    verb: Annotated[
        str, Query(max_length=100, description="task.created; `task.` is all of tasks.")
    ] = "",
    subject_kind: Word = "",
    subject_id: Word = "",
    earliest: Annotated[str, Query(alias="from", description="Included")] = "",
    latest: Annotated[str, Query(alias="to", description="Excluded")] = "",
) -> Response:
    """List what was changed, by whom, the latest first."""
    before = read_number_cursor(cursor) if cursor else None
    wanted = store.Wanted(
        actor=actor or None,
        verb=verb or None,
        subject_kind=subject_kind or None,
        subject_id=subject_id or None,
        earliest=read_time("from", earliest),
        latest=read_time("to", latest),
    )
    async with parts.database.connection() as connection:
        rows = await store.page(connection, wanted, before=before, limit=limit + 1)
    shown = rows[:limit]
    more = write_cursor(shown[-1].id) if len(rows) > limit else None
    return json_answer({"items": [_view(row) for row in shown], "next": more}).response()


def _view(row: store.AuditRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": format_instant(row.at),
        "actor": row.actor,
        "token_id": row.token_id,
        "run_id": str(row.run_id) if row.run_id else None,
        "verb": row.verb,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "before": json.loads(row.before) if row.before else None,
        "after": json.loads(row.after) if row.after else None,
    }
