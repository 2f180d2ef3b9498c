"""Times that schedules keep clear of: ranges of dates, weekly windows, and holidays.

A calendar speaks in the wall time of its zone; a window holds every instant from the first moment
at which clocks reach its beginning to the last one at which they reach its end. So a window that
begins in a gap begins when the clocks jump, and one that ends in a repeated hour ends with the
repetition: when in doubt, it is blacked out.

    {"timezone": "Asia/Taipei",
     "dates":    [{"from": "2026-12-30", "to": "2027-01-02"}],            both days belong to it
     "weekly":   [{"days": ["fri"], "from": "22:00", "to": "06:00"}],     ends on Saturday
     "holidays": ["2026-10-10"]}
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.blackout_shape import DAYS, parse_clock, parse_date
from shared.domain.dst import instant_of
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.json_fields import JsonFields
from shared.domain.time_zone import UTC_ZONE, parse_zone

MOST_RANGES = 500
MOST_WINDOWS = 50
MOST_HOLIDAYS = 1_000

#: Blackouts that follow on each other are told as one, up to this far from where one looks.
FARTHEST = timedelta(days=366)

_DAY = timedelta(days=1)
_MIDNIGHT = time()
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week: from a minute of a weekday (0 is Monday), so many minutes long."""

    weekday: int
    begins: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A calendar, read and checked. Make one with `parse_calendar`.

    `ranges` are in order and neither touch nor overlap. `spec` is the normal form, ready to be
    stored: reading it again gives an equal calendar.
    """

    zone: ZoneInfo = UTC_ZONE
    ranges: tuple[tuple[date, date], ...] = ()
    windows: tuple[Window, ...] = ()
    spec: Mapping[str, object] = field(default_factory=dict, compare=False)


def covering(calendar: Calendar, at: datetime) -> Interval | None:
    """Return the blackout that holds the aware instant *at*, as [start, end) in UTC, or None.

    Windows that touch or overlap are one blackout, so that nothing is blacked out at its end
    (unless that is `FARTHEST` away).
    """
    return covering_any((calendar,), at)


def covering_any(calendars: Sequence[Calendar], at: datetime) -> Interval | None:
    """Return the blackout of any of *calendars* that holds *at*, as `covering` does for one."""
    at = at.astimezone(UTC)
    found = _holding(calendars, at)
    if found is None:
        return None
    start, end = found
    while end - at < FARTHEST and (later := _holding(calendars, end)) is not None:
        end = later[1]
    before = timedelta(microseconds=1)
    while at - start < FARTHEST and (earlier := _holding(calendars, start - before)) is not None:
        start = earlier[0]
    return start, end


def _holding(calendars: Iterable[Calendar], at: datetime) -> Interval | None:
    """Return the widest single stretch around *at* that the windows holding it make together."""
    found = [
        (start, end)
        for calendar in calendars
        for start, end in _near(calendar, at)
        if start <= at < end
    ]
    if not found:
        return None
    return min(start for start, _ in found), max(end for _, end in found)


def _near(calendar: Calendar, at: datetime) -> Iterator[Interval]:
    """Yield every window that may hold *at*."""
    zone = calendar.zone
    today = at.astimezone(zone).date()
    # A day may begin late or happen twice (zones have crossed the date line): look at both sides.
    place = bisect_right(calendar.ranges, (today + _DAY, date.max))
    for first, last in calendar.ranges[max(place - 2, 0) : place]:
        yield _interval(
            datetime.combine(first, _MIDNIGHT), datetime.combine(last + _DAY, _MIDNIGHT), zone
        )
    if not calendar.windows:
        return
    for back in range(-1, 3):
        day = today - back * _DAY
        for window in calendar.windows:
            if window.weekday == day.weekday():
                begins = datetime.combine(day, _MIDNIGHT) + window.begins
                yield _interval(begins, begins + window.lasts, zone)


def _interval(begins: datetime, ends: datetime, zone: ZoneInfo) -> Interval:
    return instant_of(begins, zone), instant_of(ends, zone, last=True)


# --- reading


def parse_calendar(spec: Mapping[str, object]) -> Calendar:
    """Return the calendar that *spec* defines.

    Raises:
        InvalidDefinition: with every problem found, never any other error whatever the input.
    """
    if not isinstance(spec, Mapping):
        raise InvalidDefinition([Problem("", "field.object")])
    fields = JsonFields(spec)
    zone = fields.text("timezone", parse_zone) or UTC_ZONE
    ranges = [
        (first, last)
        for pointer, item in _items(fields, "dates", MOST_RANGES)
        for first, last in _read_range(fields, pointer, item)
    ]
    windows = [
        window
        for pointer, item in _items(fields, "weekly", MOST_WINDOWS)
        for window in _read_windows(fields, pointer, item)
    ]
    for pointer, item in _items(fields, "holidays", MOST_HOLIDAYS):
        day = parse_date(fields.problems, pointer, item)
        if day is not None:
            ranges.append((day, day))
    fields.close()
    if not fields.problems and not ranges and not windows:
        fields.problems.append(Problem("", "calendar.empty"))
    if not fields.problems and _is_always(windows):
        fields.problems.append(Problem("/weekly", "calendar.always"))
    if fields.problems:
        raise InvalidDefinition(fields.problems)
    return Calendar(
        zone=zone,
        ranges=_merged(ranges),
        windows=tuple(dict.fromkeys(windows)),
        spec=fields.kept,
    )


def _items(fields: JsonFields, key: str, most: int) -> Iterator[tuple[str, object]]:
    """Yield the items of an array with their pointers; note if it is none, or too long."""
    value = fields.take(key)
    if value is None:
        return
    if not isinstance(value, list | tuple):
        fields.refuse(key, "field.array")
        return
    if len(value) > most:
        fields.refuse(key, "field.too_many", limit=most)
        return
    fields.kept[key] = list(value)
    for index, item in enumerate(value):
        yield f"/{key}/{index}", item


def _read_range(outer: JsonFields, pointer: str, item: object) -> list[tuple[date, date]]:
    fields = _object(outer, pointer, item)
    if fields is None:
        return []
    first = parse_date(fields.problems, f"{pointer}/from", fields.take("from"))
    last = parse_date(fields.problems, f"{pointer}/to", fields.take("to"))
    if first is not None and last is not None and last < first:
        fields.refuse("to", "calendar.order")
    fields.close()
    outer.problems += fields.problems
    return [] if fields.problems or first is None or last is None else [(first, last)]


def _read_windows(outer: JsonFields, pointer: str, item: object) -> list[Window]:
    fields = _object(outer, pointer, item)
    if fields is None:
        return []
    weekdays = _read_days(fields, pointer)
    begins, ends = (
        parse_clock(fields.problems, f"{pointer}/{key}", fields.take(key), latest=latest)
        for key, latest in (("from", _DAY_MINUTES - 1), ("to", _DAY_MINUTES))
    )
    if begins is not None and begins == ends:
        fields.refuse("to", "calendar.same_time")
    fields.close()
    outer.problems += fields.problems
    if fields.problems or begins is None or ends is None:
        return []
    lasts = ends - begins if ends > begins else ends + _DAY - begins
    return [Window(weekday, begins, lasts) for weekday in weekdays]


def _read_days(fields: JsonFields, pointer: str) -> list[int]:
    value = fields.take("days")
    if not isinstance(value, list | tuple):
        fields.refuse("days", "field.required" if value is None else "field.array")
        return []
    if not value:
        fields.refuse("days", "field.too_few", limit=1)
    if len(value) > len(DAYS):
        fields.refuse("days", "field.too_many", limit=len(DAYS))
    weekdays: list[int] = []
    for index, name in enumerate(value[: len(DAYS)]):
        if not isinstance(name, str) or name not in DAYS:
            allowed = ", ".join(DAYS)
            fields.problems.append(
                Problem(f"{pointer}/days/{index}", "calendar.weekday", {"allowed": allowed})
            )
        elif DAYS.index(name) in weekdays:
            fields.problems.append(Problem(f"{pointer}/days/{index}", "field.repeated"))
        else:
            weekdays.append(DAYS.index(name))
    return weekdays


def _object(outer: JsonFields, pointer: str, item: object) -> JsonFields | None:
    if isinstance(item, Mapping):
        return JsonFields(item, pointer=pointer)
    outer.problems.append(Problem(pointer, "field.object"))
    return None


def _merged(ranges: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    merged: list[tuple[date, date]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + _DAY:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def _is_always(windows: Iterable[Window]) -> bool:
    """Return whether weekly windows leave nothing of the week."""
    minute = timedelta(minutes=1)
    covered = set[int]()
    for window in windows:
        begins = window.weekday * _DAY_MINUTES + window.begins // minute
        covered |= {each % _WEEK_MINUTES for each in range(begins, begins + window.lasts // minute)}
    return len(covered) == _WEEK_MINUTES
