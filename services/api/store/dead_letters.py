"""Dead letters, which the log writer keeps, and what people decided about them, which is ours."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from shared.db.pool import Connection

RESENT: Final = "resent"
DISCARDED: Final = "discarded"
OPEN: Final = "open"
STATES = (OPEN, RESENT, DISCARDED)


class DeadRow(NamedTuple):
    """A message that nobody could handle."""

    id: int
    stream: str
    subject: str
    reason: str
    payload: bytes
    headers: str
    created_at: datetime
    state: str
    decided_at: datetime | None
    decided_by: str | None


_READ = """
SELECT l.id, l.stream, l.subject, l.reason, l.payload, l.headers, l.created_at,
    coalesce(c.decision, 'open'), c.decided_at, c.decided_by
FROM log.api_dead_letters l LEFT JOIN api.dead_letter_decisions c ON c.letter_id = l.id
"""


async def page(
    connection: Connection,
    *,
    state: str | None,
    stream: str | None,
    containing: str | None,
    before: int,
    limit: int,
) -> list[DeadRow]:
    """Return dead letters with an id below *before*, newest first.

    *containing* is looked for in subject and reason, whatever the case.
    """
    rows = await connection.fetch(
        f"{_READ} WHERE l.id < $1 AND ($2::text IS NULL OR coalesce(c.decision, 'open') = $2)"
        " AND ($3::text IS NULL OR l.stream = $3)"
        " AND ($4::text IS NULL OR position(lower($4) IN lower(l.subject || ' ' || l.reason)) > 0)"
        " ORDER BY l.id DESC LIMIT $5",
        before,
        state,
        stream,
        containing,
        limit,
    )
    return [DeadRow(*row.values()) for row in rows]


async def get(connection: Connection, letter_id: int) -> DeadRow | None:
    """Return one dead letter."""
    row = await connection.fetchrow(f"{_READ} WHERE l.id = $1", letter_id)
    return DeadRow(*row.values()) if row else None


async def decide(connection: Connection, letter_id: int, decision: str, *, by: str) -> bool:
    """Decide about a letter; False if somebody has decided before, or at the same moment."""
    new: int | None = await connection.fetchval(
        "INSERT INTO api.dead_letter_decisions (letter_id, decision, decided_by)"
        " VALUES ($1, $2, $3) ON CONFLICT (letter_id) DO NOTHING RETURNING letter_id",
        letter_id,
        decision,
        by,
    )
    return new is not None


async def forget(connection: Connection, limit: int) -> int:
    """Remove decisions on letters that the log has forgotten; return how many."""
    status = await connection.execute(
        "DELETE FROM api.dead_letter_decisions WHERE letter_id = ANY(ARRAY("
        "SELECT c.letter_id FROM api.dead_letter_decisions c"
        " WHERE c.decided_at < clock_timestamp() - interval '1 day'"
        " AND NOT EXISTS (SELECT FROM log.api_dead_letters d WHERE d.id = c.letter_id) LIMIT $1))",
        limit,
    )
    return int(status.split()[-1])
