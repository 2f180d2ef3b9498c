"""When the blackouts of a calendar come next, for people to see what they have written. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from shared.domain.blackout import Calendar, Interval, covering
from shared.domain.dst import instant_of

#: Windows of the week are looked for so far ahead.
_WEEKS_AHEAD = 3

_DAY = timedelta(days=1)


def coming(calendar: Calendar, at: datetime, most: int) -> list[Interval]:
    """Return the next *most* blackouts, the one that holds *at* first, as [start, end) in UTC."""
    found: list[Interval] = []
    now = covering(calendar, at)
    if now is not None:
        found.append(now)
    reached = now[1] if now else at
    for start in sorted(_starts(calendar, at)):
        if len(found) >= most:
            break
        if start < reached:
            continue
        interval = covering(calendar, start)
        if interval is not None:
            found.append(interval)
            reached = interval[1]
    return found[:most]


def _starts(calendar: Calendar, at: datetime) -> Iterator[datetime]:
    today = at.astimezone(calendar.zone).date()
    for first, last in calendar.ranges:
        if last >= today:
            yield instant_of(datetime.combine(first, time()), calendar.zone).astimezone(UTC)
    for ahead in range(-1, 7 * _WEEKS_AHEAD):
        day = today + ahead * _DAY
        for window in calendar.windows:
            if window.weekday == day.weekday():
                begins = datetime.combine(day, time()) + window.begins
                yield instant_of(begins, calendar.zone).astimezone(UTC)
