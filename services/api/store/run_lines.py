"""The lines that runs wrote, read through the log writer's view: forwards, backwards, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: Where a line stands in its run's log: its attempt, and its number in there, from 1.
Position = tuple[int, int]

START: Position = (0, 0)
END: Position = (2**31 - 1, 2**31 - 1)
LEVELS = ("debug", "info", "warning", "error")


class LineRow(NamedTuple):
    """A line that a run wrote."""

    attempt: int
    seq: int
    at: datetime
    level: str
    text: str

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.attempt, self.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which lines are asked for; None means any."""

    levels: tuple[str, ...] | None = None
    search: str | None = None
    """Text that they contain, whatever its case."""
    attempt: int | None = None


class MarkRow(NamedTuple):
    """The lines of one level in one attempt."""

    attempt: int
    level: str
    lines: int
    first: int
    last: int


ALL = Chosen()

_PAGE = """
SELECT attempt, seq, at, level, text FROM log.api_lines
WHERE run_id = $1 AND (attempt, seq) > ($2, $3) AND (attempt, seq) < ($4, $5)
  AND ($6::text[] IS NULL OR level = ANY($6)) AND ($7::int IS NULL OR attempt = $7)
  AND ($8::text IS NULL OR text ILIKE $8)
ORDER BY attempt {way}, seq {way} LIMIT $9
"""
_FORWARDS = _PAGE.format(way="ASC")
_BACKWARDS = _PAGE.format(way="DESC")
_MARKS = """
SELECT attempt, level, count(*), min(seq), max(seq) FROM log.api_lines WHERE run_id = $1
GROUP BY attempt, level ORDER BY attempt, level LIMIT 10000
"""
# Of a run that never begins nothing is written, however long one waits; nor of one that the log has
# forgotten.
_OVER = """
SELECT EXISTS (SELECT FROM log.api_runs WHERE run_id = $1 AND final
               AND completed_at < clock_timestamp() - $2::float8 * interval '1 second')
    OR EXISTS (SELECT FROM scheduler.api_occurrences WHERE run_id = $1
               AND (outcome <> 'fired' OR settled AND NOT EXISTS (
                    SELECT FROM log.api_runs WHERE run_id = $1)))
"""


async def page(
    connection: Connection,
    run_id: UUID,
    *,
    after: Position = START,
    before: Position = END,
    chosen: Chosen = ALL,
    limit: int,
    backwards: bool = False,
) -> list[LineRow]:
    """Return lines between two positions, in order: the first ones, or the last if *backwards*."""
    rows = await connection.fetch(
        _BACKWARDS if backwards else _FORWARDS,
        run_id,
        *after,
        *before,
        list(chosen.levels) if chosen.levels else None,
        chosen.attempt,
        f"%{escaped(chosen.search)}%" if chosen.search else None,
        limit,
    )
    found = [LineRow(*row.values()) for row in rows]
    return found[::-1] if backwards else found


async def newest(connection: Connection, run_id: UUID) -> Position:
    """Return where the newest line stands."""
    row = await connection.fetchrow(
        "SELECT attempt, seq FROM log.api_lines WHERE run_id = $1"
        " ORDER BY attempt DESC, seq DESC LIMIT 1",
        run_id,
    )
    return (row["attempt"], row["seq"]) if row else START


async def marks(connection: Connection, run_id: UUID) -> list[MarkRow]:
    """Return how many lines there are, by attempt and level."""
    return [MarkRow(*row.values()) for row in await connection.fetch(_MARKS, run_id)]


async def is_over(connection: Connection, run_id: UUID, seconds: float) -> bool:
    """Return whether a run ended at least so long ago, so that its last lines have arrived."""
    over: bool = await connection.fetchval(_OVER, run_id, seconds)
    return over


def escaped(text: str) -> str:
    """Return *text* so that LIKE takes each of its characters for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
