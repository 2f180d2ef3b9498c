"""A cron expression as a person would put it, before any language: which days, at what times.

Everything is read off the numbers that match, not off how they were written: `*/15`, `0/15` and
`0,15,30,45` are one thing to a reader. What has no short form stays a list of numbers, so that a
description may be stiff but never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from shared.domain.cron import Cron
from shared.domain.cron_field import LAST, Term

_MOST_TIMES = 6  # clock times that are still pleasant to read one by one
_SHORTEST_RUN = 3  # 1, 2, 3 becomes "1 to 3"; 1, 2 stays
_SHORTEST_SERIES = 6  # 1, 3, 5, ..., 31
_SUNDAY = 7  # weekdays count from Monday here, so that a weekend is one run


@dataclass(frozen=True, slots=True)
class Part:
    """The matching seconds, minutes or hours. `every` is n for a plain "every n", else 0."""

    numbers: tuple[int, ...]
    is_all: bool
    every: int

    @property
    def is_zero(self) -> bool:
        return self.numbers == (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronShape:
    """The parts of a sentence. None stands for "any"; weekdays are 1 = Monday to 7 = Sunday."""

    clock: tuple[str, ...]  # all times of day, if they are few; then hours to seconds do not matter
    hours: Part
    minutes: Part
    seconds: Part
    months: tuple[int, ...] | None
    days: tuple[int, ...] | None
    last_day: bool
    weekdays: tuple[int, ...] | None
    nth_weekdays: tuple[tuple[int, int], ...]  # weekday, and 1..5 or LAST
    either_day: bool

    @property
    def is_every_day(self) -> bool:
        return self.months is None and self.days is None and self.weekdays is None

    @property
    def restricts_both(self) -> bool:
        """True if day of month and weekday both have a say."""
        return self.days is not None and self.weekdays is not None

    @property
    def is_hourly(self) -> bool:
        """True if the times of day speak of the whole day and need no "every day" before them."""
        return not self.clock and (
            self.hours.is_all or (self.hours.every > 0 and self.fixed_minute)
        )

    @property
    def fixed_minute(self) -> bool:
        """True if there is one fire in an hour, on the full minute."""
        return self.seconds.is_zero and len(self.minutes.numbers) == 1

    @property
    def hour_span(self) -> tuple[int, int] | None:
        """The first and last hour, if they are a plain range."""
        hours = self.hours.numbers
        is_run = len(hours) > 1 and hours[-1] - hours[0] == len(hours) - 1
        return (hours[0], hours[-1]) if is_run else None


def shape_of(cron: Cron) -> CronShape:
    """Return the shape of an expression."""
    days = _restricted(cron.days, range(1, 32))
    last_day = days is not None and any(term.nth == LAST for term in cron.days)
    numbers = _numbers(cron.weekdays)
    weekdays = tuple(sorted({number % 7 or _SUNDAY for number in numbers}))
    nth = tuple((term.low % 7 or _SUNDAY, term.nth) for term in cron.weekdays if term.nth)
    any_weekday = len(weekdays) == _SUNDAY
    if cron.matches_either_day and (days is None or any_weekday):
        days, last_day, any_weekday = None, False, True  # "any day or a Monday" is any day
    return CronShape(
        clock=_clock(cron),
        hours=_part(cron.hour_numbers, 24),
        minutes=_part(cron.minute_numbers, 60),
        seconds=_part(cron.second_numbers, 60),
        months=_restricted(cron.months, range(1, 13)),
        days=days,
        last_day=last_day,
        weekdays=None if any_weekday else weekdays,
        nth_weekdays=() if any_weekday else nth,
        either_day=cron.matches_either_day,
    )


def listed(
    numbers: Sequence[int],
    name: Callable[[int], str],
    join: Callable[[list[str]], str],
    between: str,
) -> str:
    """Return numbers in words: long runs as "a *between* b", long series as "a, b, c, ..., z"."""
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 0
    is_series = all(b - a == step for a, b in pairwise(numbers))
    if is_series and step > 1 and len(numbers) >= _SHORTEST_SERIES:
        return join([*map(name, numbers[:3]), "…", name(numbers[-1])])
    items: list[str] = []
    for first, last in _runs(numbers):
        if last - first + 1 >= _SHORTEST_RUN:
            items.append(f"{name(first)}{between}{name(last)}")
        else:
            items += [name(number) for number in range(first, last + 1)]
    return join(items)


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _numbers(terms: tuple[Term, ...]) -> set[int]:
    return {number for term in terms for number in term.numbers}


def _restricted(terms: tuple[Term, ...], everything: range) -> tuple[int, ...] | None:
    numbers = _numbers(terms)
    return None if numbers == set(everything) else tuple(sorted(numbers))


def _part(numbers: tuple[int, ...], size: int) -> Part:
    step = numbers[1] - numbers[0] if len(numbers) > 1 else 0
    is_plain = step > 1 and size % step == 0 and numbers == tuple(range(0, size, step))
    return Part(numbers, is_all=len(numbers) == size, every=step if is_plain else 0)


def _clock(cron: Cron) -> tuple[str, ...]:
    hours, minutes, seconds = cron.hour_numbers, cron.minute_numbers, cron.second_numbers
    if len(hours) * len(minutes) * len(seconds) > _MOST_TIMES:
        return ()
    with_seconds = seconds != (0,)
    return tuple(
        f"{h:02}:{m:02}:{s:02}" if with_seconds else f"{h:02}:{m:02}"
        for h, m, s in product(hours, minutes, seconds)
    )
