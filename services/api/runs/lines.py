"""Lines of runs for people: counted, and as a file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.store.run_lines import LEVELS, LineRow, MarkRow
from services.api.wire.problems import Refused
from shared.domain.errors import Problem
from shared.domain.instant import format_instant

_ERROR = "error"


def read_levels(text: str) -> tuple[str, ...] | None:
    """Return the levels of a query parameter, or None if it names none.

    Raises:
        Refused: it names something else.
    """
    if not text:
        return None
    levels = tuple(dict.fromkeys(text.split(",")))
    if not set(levels) <= set(LEVELS):
        problem = Problem("/query/level", "field.choice", {"allowed": ", ".join(LEVELS)})
        raise Refused(400, "query.invalid", problems=[problem])
    return levels


def marks_view(rows: Sequence[MarkRow]) -> dict[str, Any]:
    """Return how many lines there are, and where the first error stands."""
    attempts = sorted({row.attempt for row in rows})
    first_error = min(
        ((row.attempt, row.first) for row in rows if row.level == _ERROR), default=None
    )
    return {
        "total": sum(row.lines for row in rows),
        "levels": _levels(rows),
        "first_error": _place(first_error),
        "attempts": [
            _attempt(each, [row for row in rows if row.attempt == each]) for each in attempts
        ],
    }


def _attempt(attempt: int, rows: Sequence[MarkRow]) -> dict[str, Any]:
    errors = [row.first for row in rows if row.level == _ERROR]
    return {
        "attempt": attempt,
        "total": sum(row.lines for row in rows),
        "levels": _levels(rows),
        "first": min(row.first for row in rows),
        "last": max(row.last for row in rows),
        "first_error": errors[0] if errors else None,
    }


def _levels(rows: Sequence[MarkRow]) -> dict[str, int]:
    counts = dict.fromkeys(LEVELS, 0)
    for row in rows:
        counts[row.level] = counts.get(row.level, 0) + row.lines
    return counts


def _place(found: tuple[int, int] | None) -> dict[str, int] | None:
    return {"attempt": found[0], "seq": found[1]} if found else None


def as_text(rows: Sequence[LineRow]) -> bytes:
    """Return lines as a file has them."""
    return "".join(
        f"{format_instant(row.at)} #{row.attempt} {row.level.upper():7} {row.text}\n"
        for row in rows
    ).encode("utf-8", "replace")
