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


def read_line_cursor(cursor: str) -> tuple[int, int]:
    """Return the position (attempt, line) behind which a run's log is to be read on.

    Raises:
        Refused: it is none of ours.
    """
    found = _LINE.fullmatch(cursor)
    if found is None:
        raise Refused(400, "cursor.invalid", problems=[Problem("/query/after", "cursor.invalid")])
    return int(found[1]), int(found[2])


def _read(cursor: str) -> list[Any]:
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise ValueError
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, RecursionError):
        raise ValueError from None
    if not isinstance(parts, list):
        raise TypeError
    return parts


def _refusal() -> Refused:
    return Refused(400, "cursor.invalid", problems=[Problem("/query/cursor", "cursor.invalid")])
