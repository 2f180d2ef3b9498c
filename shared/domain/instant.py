"""One spelling for a point in time: `2026-11-24T09:00:00Z`.

An identifier is hashed from this spelling (see `shared.domain.occurrence`), so writing has exactly
one form. Reading takes ISO 8601 with an offset and nothing looser: `datetime.fromisoformat` accepts
more with every Python version (`24:00`, week dates, no zone), and what one service accepts the
next one must accept too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from shared.domain.errors import InvalidDefinition, Problem

_LONGEST = 40
_SHAPE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_WIDEST_OFFSET = timedelta(hours=14)  # Kiritimati; nothing on earth is further from UTC


def format_instant(at: datetime) -> str:
    """Return *at* in UTC as `2026-11-24T09:00:00Z`; a fraction only if there is one."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """Return the UTC instant that *text* names: a date, `T`, hours:minutes, and `Z` or an offset.

    Raises:
        InvalidDefinition: `datetime.invalid`, `datetime.zone_required`, or `datetime.range` when
            the instant in UTC lies outside the years 1 to 9999.
    """
    shape = _SHAPE.fullmatch(text) if len(text) <= _LONGEST else None
    if shape is None:
        raise _refusal("datetime.invalid")
    year, month, day, hour, minute, second, fraction, zone, sign, zone_hours, zone_minutes = (
        shape.groups()
    )
    try:
        wall = datetime(  # noqa: DTZ001 - the offset is applied below
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "").ljust(6, "0")),
        )
    except ValueError:
        raise _refusal("datetime.invalid") from None
    if zone is None:
        raise _refusal("datetime.zone_required")
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    if offset > _WIDEST_OFFSET or int(zone_minutes or 0) > 59:  # noqa: PLR2004 - minutes of an hour
        raise _refusal("datetime.invalid")
    try:
        return wall.replace(tzinfo=timezone(-offset if sign == "-" else offset)).astimezone(UTC)
    except OverflowError:
        bounds = {"low": "0001-01-01T00:00:00Z", "high": "9999-12-31T23:59:59Z"}
        raise _refusal("datetime.range", bounds) from None


def _refusal(code: str, params: Mapping[str, object] | None = None) -> InvalidDefinition:
    return InvalidDefinition([Problem("", code, params or {})])
