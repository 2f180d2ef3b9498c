"""Where the next page begins, handed to the caller as one opaque word.

A cursor grants nothing: it holds the sort key of the last row shown, and whoever makes one up gets
a page that the token may read anyway. So it is checked for shape, not signed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.wire.problems import Refused
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant, parse_instant

_LONGEST = 300
#: With a name in it: 200 characters, each as long as JSON may spell it.
_LONGEST_SORTED = 2_000
_LINE = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})", re.ASCII)


def write_cursor(*key: datetime | UUID | int | str) -> str:
    """Return the cursor behind the row with this sort key."""
    parts = [format_instant(each) if isinstance(each, datetime) else each for each in key]
    text = json.dumps(parts, default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_instant_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the sort key (instant, id) of *cursor*.

    Raises:
        Refused: it is none of ours.
    """
    try:
        at, identity = _read(cursor)
        return parse_instant(at), UUID(identity)
    except (ValueError, TypeError, AttributeError, InvalidDefinition):
        raise _refusal() from None


def read_moment_cursor(cursor: str) -> tuple[datetime, str, int]:
    """Return the sort key (instant, kind, number) of *cursor*.

    Raises:
        Refused: it is none of ours.
    """
    try:
        at, kind, number = _read(cursor)
        moment = parse_instant(at)
    except (ValueError, TypeError, AttributeError, InvalidDefinition):
        raise _refusal() from None
    if not isinstance(kind, str) or "\x00" in kind:
        raise _refusal()
    if not isinstance(number, int) or not 0 <= number < 2**63:
        raise _refusal()
    return moment, kind, number


def read_number_cursor(cursor: str) -> int:
    """Return the sort key (a number) of *cursor*.

    Raises:
        Refused: it is none of ours.
    """
    try:
        (number,) = _read(cursor)
    except (ValueError, TypeError):
        raise _refusal() from None
    if not isinstance(number, int) or not 0 <= number < 2**63:
        raise _refusal()
    return number


def read_id_cursor(cursor: str) -> UUID:
    """Return the sort key (an id) of *cursor*.

    Raises:
        Refused: it is none of ours.
    """
    try:
        (identity,) = _read(cursor)
        return UUID(identity)
    except (ValueError, TypeError, AttributeError):
        raise _refusal() from None


def read_name_cursor(cursor: str) -> str:
    """Return the sort key (a name) of *cursor*.

    Raises:
        Refused: it is none of ours.
    """
    try:
        (name,) = _read(cursor)
    except (ValueError, TypeError):
        raise _refusal() from None
    if not isinstance(name, str) or "\x00" in name:
        raise _refusal()
    return name


def read_sorted_cursor(cursor: str, sort: str) -> tuple[str, int]:
    """Return the place (the value sorted by, a number) of *cursor* in a list sorted by *sort*.

    Raises:
        Refused: it is none of ours, or of a list that is sorted otherwise.
    """
    try:
        kind, value, number = _read(cursor, longest=_LONGEST_SORTED)
    except (ValueError, TypeError):
        raise _refusal() from None
    sound = isinstance(value, str) and "\x00" not in value and isinstance(number, int)
    if kind != sort or not sound or not 0 <= number < 2**63:
        raise _refusal()
    return value, number


def read_line_cursor(cursor: str) -> tuple[int, int]:
    """Return the position (attempt, line) behind which a run's log is to be read on.

    Raises:
        Refused: it is none of ours.
    """
    found = _LINE.fullmatch(cursor)
    if found is None:
        raise Refused(400, "cursor.invalid", problems=[Problem("/query/after", "cursor.invalid")])
    return int(found[1]), int(found[2])


def _read(cursor: str, longest: int = _LONGEST) -> list[Any]:
    if len(cursor) > longest or not cursor.isascii():
        raise ValueError
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        json.dumps(parts, ensure_ascii=False).encode()  # fails on half a character
    except (binascii.Error, RecursionError):
        raise ValueError from None
    if not isinstance(parts, list):
        raise TypeError
    return parts


def _refusal() -> Refused:
    return Refused(400, "cursor.invalid", problems=[Problem("/query/cursor", "cursor.invalid")])
