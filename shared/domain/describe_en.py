"""A schedule in English: "Every Monday to Friday at 09:00"."""

from __future__ import annotations

from shared.domain.cron_field import LAST
from shared.domain.cron_shape import CronShape, Part, listed

_WEEKDAYS = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth")
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def cron_phrase(shape: CronShape) -> str:
    """Return the sentence for a cron expression."""
    times = f"at {_and(list(shape.clock))}" if shape.clock else _times(shape)
    if shape.is_hourly and shape.is_every_day:
        return times
    is_plain = shape.clock and not shape.restricts_both
    return f"{_days(shape)} {times}" if is_plain else f"{_days(shape)}, {times}"


def interval_phrase(count: int, unit: str) -> str:
    """Return the sentence for an interval; *unit* is second, minute or hour."""
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def once_phrase(local: str) -> str:
    """Return the sentence for a single run."""
    return f"once, at {local}"


def zone_phrase(zone: str) -> str:
    """Return what is appended for a time zone."""
    return f" ({zone} time)"


def start_phrase(local: str) -> str:
    """Return what is appended for a start."""
    return f", from {local}"


def end_phrase(local: str) -> str:
    """Return what is appended for an end."""
    return f", until {local}"


def _days(shape: CronShape) -> str:
    if shape.is_every_day:
        return "every day"
    months = "" if shape.months is None else listed(shape.months, _MONTHS.__getitem__, _and, " to ")
    if shape.days is None and shape.weekdays is None:
        return f"every day in {months}"
    by_date = f"on {_dates(shape)} of {months or 'every month'}" if shape.days is not None else ""
    if shape.weekdays is None:
        return by_date
    plain = [listed(shape.weekdays, _WEEKDAYS.__getitem__, _and, " to ")] if shape.weekdays else []
    if by_date and not shape.either_day:
        choice = [*plain, *_nth_weekdays(shape)]
        return f"{by_date}, provided it is {' or '.join(choice)}"
    nth = " and ".join(_nth_weekdays(shape))
    by_weekday = " and ".join(
        [
            *(f"every {days}{f' in {months}' if months else ''}" for days in plain),
            *([f"on {nth} of {months or 'every month'}"] if nth else []),
        ]
    )
    return f"{by_date}, or {by_weekday}" if by_date else by_weekday


def _dates(shape: CronShape) -> str:
    days = [f"the {listed(shape.days, _ordinal, _and, ' to ')}"] if shape.days else []
    return " and ".join([*days, *(["the last day"] if shape.last_day else [])])


def _ordinal(number: int) -> str:
    return f"{number}{_ENDINGS.get(number, 'th')}"


def _nth_weekdays(shape: CronShape) -> list[str]:
    return [
        f"the {'last' if nth == LAST else _ORDINALS[nth]} {_WEEKDAYS[weekday]}"
        for weekday, nth in shape.nth_weekdays
    ]


def _times(shape: CronShape) -> str:
    rhythm = _rhythm(shape.minutes, shape.seconds)
    minute = shape.minutes.numbers[0]
    span = shape.hour_span
    if shape.hours.is_all:
        if rhythm.startswith("every"):
            return rhythm
        is_full_hour = shape.fixed_minute and minute == 0
        return "every hour on the hour" if is_full_hour else f"every hour {rhythm}"
    if shape.hours.every and shape.fixed_minute:
        every = f"every {shape.hours.every} hours"
        return f"{every} on the hour" if minute == 0 else f"{every} {rhythm}"
    if span and shape.fixed_minute:
        return f"every hour from {span[0]:02}:{minute:02} to {span[1]:02}:{minute:02}"
    if span and rhythm.startswith("every"):
        return f"{rhythm} from {span[0]:02}:00 to {span[1]:02}:59"
    return f"{rhythm} of {_counted('hour', shape.hours)}"


def _rhythm(minutes: Part, seconds: Part) -> str:
    """Return what happens within an hour."""
    if seconds.is_zero:
        if minutes.is_all:
            return "every minute"
        often = f"every {minutes.every} minutes"
        return often if minutes.every else f"at {_counted('minute', minutes)}"
    if seconds.is_all:
        often = "every second"
    elif seconds.every:
        often = f"every {seconds.every} seconds"
    else:
        often = f"at {_counted('second', seconds)}"
    if minutes.is_all:
        return often if often.startswith("every") else f"every minute {often}"
    return f"{often} of {_counted('minute', minutes)}"


def _counted(word: str, part: Part) -> str:
    plural = "" if len(part.numbers) == 1 else "s"
    return f"{word}{plural} {listed(part.numbers, str, _and, ' to ')}"


def _and(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]
