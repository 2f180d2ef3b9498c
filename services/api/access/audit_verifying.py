"""Verifies the chain of the audit list in the database, a stretch at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from services.api.access.audit_chain import MOST_PROBLEMS, Mark, Trouble, Wrong, link
from services.api.access.audit_view import view
from services.api.store import audit_chain as store
from services.api.store.database import Database

#: Read at once; a second of work of a small machine is fifty of them.
BATCH = 500
#: Verified in one request.
STRETCH = 20_000
#: A row that waits longer says that nobody seals.
PATIENCE = 60.0  # seconds
_LAST = 2**63 - 1  # of a bigint


@dataclass(slots=True)
class Verdict:
    """What a stretch of the chain looks like."""

    ends: store.Ends
    checked: int = 0
    next: int | None = None
    """Where the next stretch begins; None: this one was the last."""
    waiting: int = 0
    late: bool = False
    """Rows have waited so long that nobody seems to seal them."""
    troubles: list[Trouble] = field(default_factory=list)


async def verify(database: Database, after: int, *, stretch: int = STRETCH) -> Verdict:
    """Verify the chain from behind the seal *after*, or from its beginning if that is later."""
    async with database.connection() as connection:
        ends = await store.ends(connection)
        start = max(after, ends.anchor.seal)
        known = await store.seal_of(connection, start) if start > ends.anchor.seal else None
    verdict = Verdict(ends)
    if start > ends.anchor.seal and known is None:
        verdict.troubles.append(Trouble(Wrong.MISSING, None, start))
    place, looked_at = Mark(start, ends.anchor.hash), 0
    if known is not None:
        place, looked_at = Mark(start, known[0]), known[1]
    while verdict.checked < stretch and place.seal < ends.head.seal:
        async with database.connection() as connection:
            rows = await store.behind(connection, place.seal, BATCH)
            anchor = (await store.ends(connection)).anchor
            if anchor.seal > place.seal:  # retention was quicker; from where it has stopped
                place = anchor
                continue
            # Rows are sealed about in the order of their ids, so each stretch looks at its own.
            upto = max(looked_at, *(row.audit_id for row in rows), 0)
            strangers = await store.never_sealed(connection, looked_at, upto, MOST_PROBLEMS)
        looked_at = upto
        verdict.troubles += [Trouble(Wrong.UNSEALED, row, None) for row in strangers]
        rows = [row for row in rows if row.seal <= ends.head.seal]
        if not rows:
            return await _finish(database, verdict, place, looked_at, ended=True)
        for row in rows:
            verdict.troubles += _judge(place, row)
            place = Mark(row.seal, row.hash)
        verdict.checked += len(rows)
        await asyncio.sleep(0)  # others have their turn
        if len(verdict.troubles) >= MOST_PROBLEMS:
            break
    ended = place.seal >= ends.head.seal
    return await _finish(database, verdict, place, looked_at, ended=ended)


def _judge(before: Mark, sealed: store.SealedRow) -> list[Trouble]:
    troubles = []
    if sealed.seal != before.seal + 1:
        troubles.append(Trouble(Wrong.MISSING, None, before.seal + 1))
    if sealed.row is None:
        troubles.append(Trouble(Wrong.MISSING, sealed.audit_id, sealed.seal))
    elif link(before.hash, view(sealed.row)) != sealed.hash:
        troubles.append(Trouble(Wrong.CHANGED, sealed.row.id, sealed.seal))
    return troubles


async def _finish(
    database: Database, verdict: Verdict, place: Mark, looked_at: int, *, ended: bool
) -> Verdict:
    """Look at what a stretch alone does not show, and take back what retention did meanwhile."""
    ended = ended or len(verdict.troubles) >= MOST_PROBLEMS
    verdict.next = None if ended else place.seal
    async with database.connection() as connection:
        gone = (await store.ends(connection)).anchor.seal
        verdict.waiting, oldest = await store.waiting(connection)
        if ended and len(verdict.troubles) < MOST_PROBLEMS:
            strangers = await store.never_sealed(connection, looked_at, _LAST, MOST_PROBLEMS)
            vanished = await store.vanished(connection, MOST_PROBLEMS)
            verdict.troubles += [Trouble(Wrong.UNSEALED, row, None) for row in strangers]
            verdict.troubles += [Trouble(Wrong.MISSING, row, None) for row in vanished]
    verdict.late = oldest > PATIENCE
    if ended and len(verdict.troubles) < MOST_PROBLEMS and place != verdict.ends.head:
        verdict.troubles.append(Trouble(Wrong.HEAD, None, verdict.ends.head.seal))
    verdict.troubles = [each for each in verdict.troubles if each.seal is None or each.seal > gone]
    return verdict
