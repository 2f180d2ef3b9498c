"""A cron expression: read once, then asked for its next match on a clock on the wall.

    ┌───────────── second        0-59             only if there are six fields
    │ ┌─────────── minute        0-59
    │ │ ┌───────── hour          0-23             begins with `*`: the job follows real time
    │ │ │ ┌─────── day of month  1-31, L
    │ │ │ │ ┌───── month         1-12, JAN-DEC
    │ │ │ │ │ ┌─── weekday       0-7, SUN-SAT, 5L (last Friday), MON#2; 0 and 7 are Sunday
    0 0 9 * * 1-5

Everything here is naive local time: a wall clock that never jumps. What happens where real clocks
do jump is decided in `shared.domain.dst`, on top of these matches and the same for five fields and
six. (cronsim, our yardstick in the tests, ties its DST rule to the number of fields.)

A herd of ten thousand tasks may be due in the same second, so the next match is arithmetic on
sorted numbers and on one bit mask per shape of a month, never a walk along the clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from shared.domain.cron_field import (
    DAY,
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    Term,
    parse_field,
)
from shared.domain.errors import InvalidDefinition, Problem

MAX_LENGTH = 200  # characters
LAST_YEAR = 9990  # room before `datetime` ends, for offsets, jitter and the longest interval

_ALIASES = {
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
    "@MONTHLY": "0 0 1 * *",
    "@WEEKLY": "0 0 * * 0",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@HOURLY": "0 * * * *",
}
_KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_FIVE, _SIX = 5, 6
_ONE_SECOND = timedelta(seconds=1)
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31
_FEBRUARY = 2
_MONTH_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression, read. Equal if written the same.

    `seconds` to `weekdays` are the terms as written. The rest is derived from them for speed;
    `day_masks` holds, for every length of a month and weekday of its first day, the matching days
    as bits (bit 1 = the first).
    """

    expression: str
    day_or: bool
    seconds: tuple[Term, ...] = field(compare=False)
    minutes: tuple[Term, ...] = field(compare=False)
    hours: tuple[Term, ...] = field(compare=False)
    days: tuple[Term, ...] = field(compare=False)
    months: tuple[Term, ...] = field(compare=False)
    weekdays: tuple[Term, ...] = field(compare=False)
    second_numbers: tuple[int, ...] = field(compare=False, repr=False)
    minute_numbers: tuple[int, ...] = field(compare=False, repr=False)
    hour_numbers: tuple[int, ...] = field(compare=False, repr=False)
    month_numbers: frozenset[int] = field(compare=False, repr=False)
    day_masks: tuple[int, ...] = field(compare=False, repr=False)

    @property
    def follows_real_time(self) -> bool:
        """True if the hour field begins with `*`: such a job knows no hour that could be lost."""
        return self.hours[0].starred

    @property
    def matches_either_day(self) -> bool:
        """True if day of month and weekday are both restricted and one of them is enough."""
        return self.day_or and not (self.days[0].starred or self.weekdays[0].starred)

    def next_match(self, after: datetime) -> datetime | None:
        """Return the first match strictly after the naive local time *after*.

        None if there is none up to the year 9990.
        """
        if after.year > LAST_YEAR:
            return None
        moment = after.replace(microsecond=0) + _ONE_SECOND
        year, month, day = moment.year, moment.month, moment.day
        if month in self.month_numbers and self._day_mask(year, month) >> day & 1:
            today = self._time_from(moment.hour, moment.minute, moment.second)
            if today is not None:
                return datetime(year, month, day, *today)  # noqa: DTZ001 - naive on purpose
        while year <= LAST_YEAR:
            if month in self.month_numbers:
                later = self._day_mask(year, month) >> (day + 1)
                if later:
                    day += (later & -later).bit_length()
                    return datetime(  # noqa: DTZ001 - naive on purpose
                        year,
                        month,
                        day,
                        self.hour_numbers[0],
                        self.minute_numbers[0],
                        self.second_numbers[0],
                    )
            day = 0
            year, month = (year, month + 1) if month < len(_MONTH_LENGTHS) - 1 else (year + 1, 1)
        return None

    def _day_mask(self, year: int, month: int) -> int:
        return self.day_masks[_month_shape(year, month)]

    def _time_from(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """Return the first matching time of day at or after this one."""
        hours, minutes, seconds = self.hour_numbers, self.minute_numbers, self.second_numbers
        h = bisect_left(hours, hour)
        if h < len(hours) and hours[h] == hour:
            m = bisect_left(minutes, minute)
            if m < len(minutes) and minutes[m] == minute:
                s = bisect_left(seconds, second)
                if s < len(seconds):
                    return hour, minute, seconds[s]
            m = bisect_right(minutes, minute)
            if m < len(minutes):
                return hour, minutes[m], seconds[0]
        h = bisect_right(hours, hour)
        return (hours[h], minutes[0], seconds[0]) if h < len(hours) else None


def parse_cron(expression: str, *, day_or: bool = True) -> Cron:
    """Return the expression, read: five fields, or six with the second first, or `@daily` and kin.

    *day_or* false: a day must satisfy day of month and weekday even if both are restricted.

    Raises:
        InvalidDefinition: with every problem found, all at the pointer `""`.
    """
    return _parse(expression, day_or)


def spelled_out(cron: Cron) -> list[str]:
    """Return the five or six fields of an expression as written, `@daily` and kin resolved."""
    return _ALIASES.get(cron.expression.upper(), cron.expression).split()


@lru_cache(maxsize=8192)
def _parse(expression: str, day_or: bool) -> Cron:  # noqa: FBT001 - lru_cache hides keywords
    texts = _split(expression)
    first = len(_KINDS) - len(texts)
    fields: list[tuple[Term, ...]] = [(Term(0, 0),)] * first
    problems: list[Problem] = []
    for position, (text, kind) in enumerate(zip(texts, _KINDS[first:], strict=True), start=1):
        try:
            fields.append(parse_field(text, kind, position=position))
        except InvalidDefinition as error:
            problems += error.problems
    if problems:
        raise InvalidDefinition(problems)
    cron = _assemble(" ".join(expression.split()), day_or, fields)
    if not _ever_matches(cron):
        raise InvalidDefinition([Problem("", "cron.never_fires")])
    return cron


def _split(expression: str) -> list[str]:
    """Return the five or six fields in upper case, aliases resolved."""
    if len(expression) > MAX_LENGTH:
        raise _refusal("cron.too_long", high=MAX_LENGTH)
    if not expression.strip(" "):
        raise _refusal("cron.empty")
    if any(ord(c) < ord(" ") or 0x7F <= ord(c) < 0xA0 for c in expression):  # noqa: PLR2004 - DEL..C1
        raise _refusal("text.control")
    if not expression.isascii():
        # Before any change of case: "ı".upper() is "I".
        odd = next(c for c in expression if not c.isascii())
        raise _refusal("cron.syntax", value=f"U+{ord(odd):04X}")
    upper = expression.strip().upper()
    if upper.startswith("@"):
        if upper not in _ALIASES:
            raise _refusal("cron.unsupported", value=upper.split(" ")[0])
        upper = _ALIASES[upper]
    texts = upper.split()
    if len(texts) not in (_FIVE, _SIX):
        raise _refusal("cron.fields", count=len(texts))
    return texts


def _assemble(expression: str, day_or: bool, fields: list[tuple[Term, ...]]) -> Cron:  # noqa: FBT001
    seconds, minutes, hours, days, months, weekdays = fields
    either = day_or and not (days[0].starred or weekdays[0].starred)
    return Cron(
        expression=expression,
        day_or=day_or,
        seconds=seconds,
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        second_numbers=_sorted_numbers(seconds),
        minute_numbers=_sorted_numbers(minutes),
        hour_numbers=_sorted_numbers(hours),
        month_numbers=frozenset(_sorted_numbers(months)),
        day_masks=tuple(
            _mask_by_day(days, length) | _mask_by_weekday(weekdays, length, first)
            if either
            else _mask_by_day(days, length) & _mask_by_weekday(weekdays, length, first)
            for length in range(_SHORTEST_MONTH, _LONGEST_MONTH + 1)
            for first in range(7)
        ),
    )


def _sorted_numbers(terms: tuple[Term, ...]) -> tuple[int, ...]:
    return tuple(sorted({number for term in terms for number in term.numbers}))


@lru_cache(maxsize=4096)
def _month_shape(year: int, month: int) -> int:
    """Return the index into `day_masks` of a month."""
    first = date(year, month, 1)
    length = (date(year + month // 12, month % 12 + 1, 1) - first).days
    return (length - _SHORTEST_MONTH) * 7 + first.isoweekday() % 7


def _mask_by_day(days: tuple[Term, ...], length: int) -> int:
    mask = 0
    for term in days:
        for day in (length,) if term.nth == LAST else term.numbers:
            mask |= 1 << day
    return mask & ((2 << length) - 1)


def _mask_by_weekday(weekdays: tuple[Term, ...], length: int, first: int) -> int:
    """Return the days of a month that starts on the weekday *first* (0 = Sunday)."""
    mask = 0
    for term in weekdays:
        for weekday in (term.low,) if term.nth else term.numbers:
            dates = range(1 + (weekday - first) % 7, length + 1, 7)
            if term.nth == LAST:
                dates = dates[-1:]
            elif term.nth:
                # The fifth Monday is missing in most months: a slice is then empty, not an error.
                dates = dates[term.nth - 1 : term.nth]
            for day in dates:
                mask |= 1 << day
    return mask


def _ever_matches(cron: Cron) -> bool:
    """Return whether any day of any year matches.

    Exact, not a search with a limit: in the 400 years of the calendar every month starts on every
    weekday, and so does every leap February.
    """
    for month in cron.month_numbers:
        longest = _MONTH_LENGTHS[month] + (month == _FEBRUARY)
        for length in range(_MONTH_LENGTHS[month], longest + 1):
            shape = (length - _SHORTEST_MONTH) * 7
            if any(cron.day_masks[shape : shape + 7]):
                return True
    return False


def _refusal(code: str, **params: object) -> InvalidDefinition:
    return InvalidDefinition([Problem("", code, params)])
