"""Messages that nobody could handle: listed, looked at, sent again where it is safe, discarded."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.bus.announce import OUTBOX
from services.api.documented.operations import DeadLetter, DeadLetters, LetterDecided
from services.api.operations.letters import letter_view, why_not
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, read_choice
from services.api.store import audit
from services.api.store import dead_letters as store
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import no_body
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from shared.bus.publisher import Outgoing
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/dead-letters")

_NEWEST = 2**63 - 1
_VERBS = {store.RESENT: "dead_letter.resent", store.DISCARDED: "dead_letter.discarded"}


async def letter_id_of(
    letter_id: Annotated[str, Path(json_schema_extra={"pattern": "^[0-9]{1,18}$"})],
) -> int:
    """Dependency: the letter's number of the path.

    Raises:
        NotFound: it is none, so there is no such letter.
    """
    if not (letter_id.isascii() and letter_id.isdigit() and len(letter_id) <= 18):  # noqa: PLR2004 - fits a bigint
        raise NotFound("dead_letter", "")
    return int(letter_id)


LetterId = Annotated[int, Depends(letter_id_of)]
Word = Annotated[str, Query(max_length=200)]


@router.get("", response_model=DeadLetters)
async def list_dead_letters(
    *,
    parts: Parts,
    language: CallersLanguage,
    limit: Limit = 50,
    cursor: Cursor = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *store.STATES]})] = "",
    stream: Word = "",
    q: Annotated[str, Query(max_length=200, description="Looked for in subject and reason.")] = "",
) -> Response:
    """List messages that nobody could handle, newest first."""
    before = read_number_cursor(cursor) if cursor else _NEWEST
    wanted = read_choice("state", state, store.STATES)
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            state=wanted,
            stream=stream or None,
            containing=q.strip() or None,
            before=before,
            limit=limit + 1,
        )
    shown = rows[:limit]
    following = write_cursor(shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [letter_view(row, language) for row in shown], "next": following}
    ).response()


@router.get("/{letter_id}", response_model=DeadLetter)
async def get_dead_letter(parts: Parts, language: CallersLanguage, letter_id: LetterId) -> Response:
    """Read one dead letter."""
    async with parts.database.connection() as connection:
        row = await _there(connection, letter_id)
    return json_answer(letter_view(row, language)).response()


@router.post("/{letter_id}/resend", response_model=LetterDecided, dependencies=[Depends(no_body)])
async def resend_dead_letter(
    *, request: Request, parts: Parts, caller: Caller, letter_id: LetterId, key: IdempotencyKey
) -> Response:
    """Say a dead message again, as it was: once. Only kinds that do no harm late or twice."""

    async def act(connection: Connection) -> Answer:
        row = await _there(connection, letter_id)
        if row.state == store.DISCARDED:
            raise Refused(409, "dead_letter.discarded")
        if (code := why_not(row)) is not None:
            raise Refused(409, code)
        already = not await _decide(connection, row, store.RESENT, caller)
        if not already:
            name = f"dead-letter:{letter_id}"
            await OUTBOX.add(connection, name, Outgoing(row.subject, row.payload, name))
        return _decided(letter_id, store.RESENT, already=already)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.wake_relay()
    return answer.response()


@router.post("/{letter_id}/discard", response_model=LetterDecided, dependencies=[Depends(no_body)])
async def discard_dead_letter(
    *, request: Request, parts: Parts, caller: Caller, letter_id: LetterId, key: IdempotencyKey
) -> Response:
    """Note that nothing is to be done about a dead letter. It can still be read."""

    async def act(connection: Connection) -> Answer:
        row = await _there(connection, letter_id)
        if row.state == store.RESENT:
            raise Refused(409, "dead_letter.resent")
        already = not await _decide(connection, row, store.DISCARDED, caller)
        return _decided(letter_id, store.DISCARDED, already=already)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _decide(
    connection: Connection, row: store.DeadRow, decision: str, caller: Principal
) -> bool:
    if not await store.decide(connection, row.id, decision, by=caller.name):
        return False
    await audit.note(
        connection,
        audit.Actor.of(caller),
        _VERBS[decision],
        "dead_letter",
        str(row.id),
        after={"stream": row.stream, "subject": row.subject, "reason": row.reason},
    )
    return True


def _decided(letter_id: int, state: str, *, already: bool) -> Answer:
    return json_answer({"id": letter_id, "state": state, "already": already})


async def _there(connection: Connection, letter_id: int) -> store.DeadRow:
    row = await store.get(connection, letter_id)
    if row is None:
        raise NotFound("dead_letter", str(letter_id))
    return row
