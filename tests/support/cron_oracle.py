"""What cron and DST demand, by brute force: an oracle that shares no code with the product.

It looks at every real second (or minute) of a window, converts it to local time and applies the
rules of the manual, one sentence after the other. Slow, and too simple to be wrong in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMES = {name: str(n) for n, name in enumerate(_WEEKDAYS)} | {
    name: str(n) for n, name in enumerate(_MONTHS, 1)
}
_LARGEST = (59, 59, 23, 31, 12, 6)
_SMALLEST = (0, 0, 0, 1, 1, 0)


def matches(expression: str, wall: datetime, *, day_or: bool = True) -> bool:
    """Return whether a wall clock that shows *wall* matches."""
    second, minute, hour, day, month, weekday = _fields(expression)
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


@cache
def _fields(expression: str) -> list[str]:
    fields = expression.upper().split()
    return fields if len(fields) == 6 else ["0", *fields]


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
        if last == "SUN" and low > 0:
            high = 7  # a week may end on Sunday
    return low <= value <= high and (value - low) % int(step or 1) == 0


class Window:
    """A stretch of real time in one place: what its clocks show, *step* by *step*."""

    def __init__(self, zone: str, start: datetime, end: datetime, step: timedelta) -> None:
        place = ZoneInfo(zone)
        self.step = step
        self.instants = [start + n * step for n in range((end - start) // step)]
        self.walls = [at.astimezone(place).replace(tzinfo=None, fold=0) for at in self.instants]

    def fires(self, expression: str) -> Callable[[str, str], list[datetime]]:
        """Return a function from `dst_gap` and `dst_fold` to the fires (UTC) in the window."""
        matched = [
            (wall, at)
            for wall, at in zip(self.walls, self.instants, strict=True)
            if matches(expression, wall)
        ]
        if _fields(expression)[2].startswith("*"):
            return lambda _gap, _fold: [at for _, at in matched]
        times_shown: dict[datetime, list[datetime]] = defaultdict(list)
        for wall, at in matched:
            times_shown[wall].append(at)
        edges = self._gap_edges(expression)

        def fires(gap: str, fold: str) -> list[datetime]:
            found: set[datetime] = set()
            for shown in times_shown.values():
                found.update({"first": shown[:1], "second": shown[-1:], "both": shown}[fold])
            if gap == "run_after":
                found.update(edges)
            elif gap == "run_before":
                found.update(edge - SECOND for edge in edges)
            return sorted(found)

        return fires

    def _gap_edges(self, expression: str) -> list[datetime]:
        """Return the first instants after those gaps in which the expression matches."""
        edges = []
        for n, end in enumerate(self.walls[1:], 1):
            lost = self.walls[n - 1] + self.step
            while lost < end:
                if matches(expression, lost):
                    edges.append(self.instants[n])
                    break
                lost += self.step
        return edges


@cache
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
