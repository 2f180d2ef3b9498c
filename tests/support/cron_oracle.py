"""What cron and DST demand, by brute force: an oracle that shares no code with the product.

It looks at every real second (or minute) of a window, converts it to local time and applies the
rules of the manual, one sentence after the other. Slow, and too simple to be wrong in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
_NAMES = {
    name: str(number)
    for names, start in (
        (("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 0),
        (
            "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" "),
            1,
        ),
    )
    for number, name in enumerate(names, start)
}
_LARGEST = (59, 59, 23, 31, 12, 6)
_SMALLEST = (0, 0, 0, 1, 1, 0)


def matches(expression: str, wall: datetime, *, day_or: bool = True) -> bool:
    """Return whether a wall clock that shows *wall* matches."""
    fields = expression.upper().split()
    if len(fields) == 5:
        fields.insert(0, "0")
    second, minute, hour, day, month, weekday = fields
    if not (
        _number_matches(second, 0, wall.second)
        and _number_matches(minute, 1, wall.minute)
        and _number_matches(hour, 2, wall.hour)
        and _number_matches(month, 4, wall.month)
    ):
        return False
    by_day = any(
        (wall + timedelta(days=1)).day == 1 if term == "L" else _number_matches(term, 3, wall.day)
        for term in day.split(",")
    )
    by_weekday = any(_weekday_matches(term, wall) for term in weekday.split(","))
    both_restricted = not day.startswith("*") and not weekday.startswith("*")
    return by_day or by_weekday if both_restricted and day_or else by_day and by_weekday


def _weekday_matches(term: str, wall: datetime) -> bool:
    today = wall.isoweekday() % 7
    if term.endswith("L"):
        is_last = (wall + timedelta(days=7)).month != wall.month
        return is_last and int(_NAMES.get(term[:-1], term[:-1])) % 7 == today
    if "#" in term:
        name, _, nth = term.partition("#")
        is_nth = (wall.day - 1) // 7 + 1 == int(nth)
        return is_nth and int(_NAMES.get(name, name)) % 7 == today
    return _number_matches(term, 5, today) or (today == 0 and _number_matches(term, 5, 7))


@cache
def _number_matches(field: str, index: int, value: int) -> bool:
    return any(_term_matches(term, index, value) for term in field.split(","))


def _term_matches(term: str, index: int, value: int) -> bool:
    base, _, step = term.partition("/")
    if base == "*":
        low, high = _SMALLEST[index], _LARGEST[index]
    else:
        first, _, last = base.partition("-")
        low = int(_NAMES.get(first, first))
        high = int(_NAMES.get(last, last)) if last else (_LARGEST[index] if step else low)
    return low <= value <= high and (value - low) % int(step or 1) == 0


def walls(zone: str, start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the local times of a window of real time."""
    place = ZoneInfo(zone)
    at = start
    while at < end:
        yield at.astimezone(place)
        at += step


def fires(
    expression: str, clock: list[datetime], step: timedelta, *, gap: str, fold: str
) -> list[datetime]:
    """Return the fires (UTC) within *clock*: consecutive local times, *step* of real time apart."""
    matched = [local for local in clock if matches(expression, local.replace(tzinfo=None))]
    hour = expression.split()[-4]
    if hour.startswith("*"):
        return [local.astimezone(UTC) for local in matched]
    times_shown: dict[datetime, list[datetime]] = defaultdict(list)
    for local in matched:
        times_shown[local.replace(tzinfo=None, fold=0)].append(local.astimezone(UTC))
    found: set[datetime] = set()
    for shown in times_shown.values():
        found.update({"first": shown[:1], "second": shown[-1:], "both": shown}[fold])
    return sorted(found | _gap_fires(expression, clock, step, gap))


def _gap_fires(expression: str, clock: list[datetime], step: timedelta, gap: str) -> set[datetime]:
    found: set[datetime] = set()
    for earlier, later in zip(clock, clock[1:], strict=False):
        lost = earlier.replace(tzinfo=None) + step
        end = later.replace(tzinfo=None)
        if lost < end and gap != "skip":
            edge = later.astimezone(UTC)
            while lost < end:
                if matches(expression, lost):
                    found.add(edge if gap == "run_after" else edge - SECOND)
                lost += step
    return found


def jumps(zone: str, year: int) -> list[datetime]:
    """Return when (UTC) the zone's offset changes in a year, to the minute."""
    place = ZoneInfo(zone)
    found = []
    at = datetime(year, 1, 1, tzinfo=UTC)
    offset = at.astimezone(place).utcoffset()
    while at.year == year:
        at += timedelta(hours=1)
        if at.astimezone(place).utcoffset() != offset:
            edge = at
            while (edge - MINUTE).astimezone(place).utcoffset() != offset:
                edge -= MINUTE
            found.append(edge)
            offset = at.astimezone(place).utcoffset()
    return found
