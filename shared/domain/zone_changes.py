"""When the clocks of a zone change within a year, for whoever chooses one. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: So far ahead changes are told.
AHEAD = timedelta(days=366)

# No zone has ever changed its clocks twice within a fortnight but Morocco around Ramadan, whose two
# changes lie a month apart.
_STEP = timedelta(days=7)
_SECOND = timedelta(seconds=1)


class ZoneChange(NamedTuple):
    """An instant at which clocks are put forward or back."""

    at: datetime
    before: timedelta
    """The offset from UTC until then."""
    after: timedelta


def offset_at(zone: ZoneInfo, at: datetime) -> timedelta:
    """Return how far the clocks of *zone* are ahead of UTC at an instant."""
    return at.astimezone(zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=2_000)
def changes_after(zone: ZoneInfo, midnight: datetime) -> tuple[ZoneChange, ...]:
    """Return the changes of *zone* within a year from the aware instant *midnight*.

    Callers cut the instant to the day, so that the same question is asked all day long.
    """
    found: list[ZoneChange] = []
    start = midnight.astimezone(UTC)
    before = offset_at(zone, start)
    for week in range(1, AHEAD // _STEP + 1):
        end = midnight + week * _STEP
        after = offset_at(zone, end)
        if after != before:
            found.append(ZoneChange(_found_between(zone, start, end, before), before, after))
        start, before = end, after
    return tuple(found)


def _found_between(zone: ZoneInfo, early: datetime, late: datetime, before: timedelta) -> datetime:
    """Return the first second at which the offset is not *before* any more."""
    # Invariant: `before` still holds at early, and no more at late.
    while late - early > _SECOND:
        middle = early + timedelta(seconds=(late - early) // _SECOND // 2)
        if offset_at(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late
