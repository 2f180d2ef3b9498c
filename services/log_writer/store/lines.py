"""The lines that actions wrote, each once."""

from __future__ import annotations

from collections.abc import Sequence

from services.log_writer.store.text import capped, storable
from shared.contracts.runs import LogLine
from shared.db.pool import Pool

LINE_BYTES = 8 << 10
#: Lines of one attempt that are kept.
LINES = 100_000
CUT_OFF = f"… only the first {LINES} lines are kept"

# Sorted, so that two writers with the same lines in another order cannot deadlock.
INSERT = """
INSERT INTO log.lines (run_id, attempt, seq, at, level, text)
SELECT run_id, attempt, seq, at, level, text
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[])
    AS new (run_id, attempt, seq, at, level, text)
ORDER BY run_id, attempt, seq
ON CONFLICT DO NOTHING
"""


class LineStore:
    """The table `log.lines`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def write(self, lines: Sequence[LogLine]) -> None:
        """Keep *lines*, cut to what we promise to keep of one and of all."""
        rows = [_row(line) for line in lines if line.seq <= LINES + 1]
        if rows:
            await self._pool.execute(INSERT, *zip(*rows, strict=True))


def _row(line: LogLine) -> tuple[object, ...]:
    if line.seq > LINES:  # the one line that tells that others are missing
        return line.run_id, line.attempt, line.seq, line.at, "warning", CUT_OFF
    return (
        line.run_id,
        line.attempt,
        line.seq,
        line.at,
        storable(line.level),
        capped(storable(line.text), LINE_BYTES),
    )
