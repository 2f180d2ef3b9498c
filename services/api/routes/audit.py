"""Who changed what: read, never written over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.access import audit_file
from services.api.access.audit_chain import Mark
from services.api.access.audit_copy import End
from services.api.access.audit_verifying import verify
from services.api.access.audit_view import view
from services.api.access.auth import Caller, admit, closed_router
from services.api.documented.audit import Audit, AuditVerdict, AuditWords
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice, read_time
from services.api.store import audit as store
from services.api.store import audit_chain
from services.api.store.database import Unavailable
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.problems import Refused
from services.api.wire.streams import Streamed

router = closed_router(f"{BASE}/audit")

Word = Annotated[str, Query(max_length=300)]
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
#: Rows of an export that are read at once.
BATCH = 500


async def wanted_of(
    *,
    actor: Word = "",
    verb: Annotated[
        str, Query(max_length=100, description="task.created; `task.` is all of tasks.")
    ] = "",
    subject_kind: Word = "",
    subject_id: Word = "",
    earliest: Annotated[str, Query(alias="from", description="Included")] = "",
    latest: Annotated[str, Query(alias="to", description="Excluded")] = "",
    token_id: Annotated[str, Query(max_length=100)] = "",
    request_id: Annotated[str, Query(max_length=100)] = "",
) -> store.Wanted:
    """Dependency: which rows are wanted.

    Raises:
        Refused: 400, a time is none.
    """
    return store.Wanted(
        actor=actor or None,
        verb=verb or None,
        subject_kind=subject_kind or None,
        subject_id=subject_id or None,
        earliest=read_time("from", earliest),
        latest=read_time("to", latest),
        token_id=token_id or None,
        request_id=request_id or None,
    )


Wished = Annotated[store.Wanted, Depends(wanted_of)]


@router.get("", response_model=Audit)
async def list_audit(
    *, parts: Parts, wanted: Wished, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """List what was changed, by whom, the latest first."""
    before = read_number_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        rows = await store.page(connection, wanted, before=before, limit=limit + 1)
    shown = rows[:limit]
    more = write_cursor(shown[-1].row.id) if len(rows) > limit else None
    return json_answer({"items": [_view(row) for row in shown], "next": more}).response()


@router.get("/words", response_model=AuditWords)
async def list_audit_words(parts: Parts) -> Response:
    """List who and what stands in the list at all, for filters."""
    async with parts.database.connection() as connection:
        found = await store.words(connection)
    kinds = {"actors": "actor", "verbs": "verb", "subject_kinds": "subject_kind"}
    return json_answer({name: found[column] for name, column in kinds.items()}).response()


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {name: {} for name in ("text/csv", "application/jsonl")}}},
)
async def export_audit(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    wanted: Wished,
    form: Annotated[
        str, Query(alias="format", json_schema_extra={"enum": [*FORMATS]}, max_length=10)
    ] = "csv",
) -> Response:
    """Give the list as a file, the latest first. No spreadsheet takes a cell for a formula.

    The last of the JSON lines is `{"end": {"rows", "anchor", "head"}}`: a file without it was cut
    off. `automation audit verify` tells.
    """
    form = read_choice("format", form, tuple(FORMATS)) or "csv"
    seat = ExitStack()
    seat.enter_context(parts.tails.place(caller.holder))
    return Streamed(
        _pages(request, parts, wanted, form),
        media_type=FORMATS[form],
        place=seat,
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


@router.get("/verify", response_model=AuditVerdict)
async def verify_audit(
    parts: Parts,
    after: Annotated[int, Query(ge=0, description="The seal behind which to begin.")] = 0,
) -> Response:
    """Verify the chain of the list, 20,000 rows at a time: is each row what was sealed?

    While `next` is a number there is more behind it. What an earlier `head` proves for good is that
    the chain still goes through it: write one down now and then, outside the database.
    """
    found = await verify(parts.database, after)
    return json_answer(
        {
            "ok": not found.troubles,
            "checked": found.checked,
            "next": found.next,
            "waiting": found.waiting,
            "late": found.late,
            "anchor": str(found.ends.anchor),
            "head": str(found.ends.head),
            "problems": [
                {"what": each.what.value, "id": each.row, "seal": each.seal}
                for each in found.troubles
            ],
        }
    ).response()


async def _pages(
    request: Request, parts: ApiParts, wanted: store.Wanted, form: str
) -> AsyncGenerator[bytes, None]:
    if form == "csv":
        yield audit_file.csv_head().encode()
    write = audit_file.csv_lines if form == "csv" else audit_file.json_lines
    before: int | None = None
    head: Mark | None = None
    count = 0
    while True:
        # A visit to the database per page: a slow reader must not hold a connection.
        try:
            async with parts.database.connection() as connection:
                if head is None:
                    head = (await audit_chain.ends(connection)).head
                rows = await store.page(connection, wanted, before=before, limit=BATCH)
                anchor = (await audit_chain.ends(connection)).anchor
            await admit(request, parts)  # who reads slowly may have lost the right to
        except (Refused, Unavailable):
            raise ConnectionError from None  # cut off, so that nobody takes it for the whole
        yield write([_view(_as_of(row, head.seal)) for row in rows]).encode("utf-8", "replace")
        count += len(rows)
        if len(rows) < BATCH:
            break
        before = rows[-1].row.id
    if form == "jsonl":
        yield write([End(count, anchor, head).line()]).encode()


def _as_of(listed: store.ListedRow, sealed: int) -> store.ListedRow:
    """Return a row without a seal that is younger than the file.

    A row that was written late has an old number and a young seal: the rows before it in the chain
    would stand in the file unsealed, and be missed when it is verified.
    """
    if listed.seal is None or listed.seal <= sealed:
        return listed
    return listed._replace(seal=None, hash=None, previous_hash=None)


def _view(listed: store.ListedRow) -> dict[str, Any]:
    digest, previous = listed.hash, listed.previous_hash
    return {
        **view(listed.row),
        "seal": listed.seal,
        "hash": digest.hex() if digest else None,
        "previous_hash": previous.hex() if previous else None,
    }
