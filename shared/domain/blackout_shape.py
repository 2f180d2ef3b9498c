"""How a calendar spells dates, times of day and weekdays."""

from __future__ import annotations

import re
from datetime import date, timedelta

from shared.domain.errors import Problem

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2199, 12, 31)

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d\d):(\d\d)", re.ASCII)


def parse_date(problems: list[Problem], pointer: str, value: object) -> date | None:
    """Return the day that *value* spells as `2026-11-24`; note why if it does not."""
    text = _text(problems, pointer, value)
    if text is None:
        return None
    shape = _DATE.fullmatch(text)
    try:
        day = date(*map(int, shape.groups())) if shape else None
    except ValueError:
        day = None
    if day is None:
        problems.append(Problem(pointer, "date.invalid"))
    elif not FIRST_DAY <= day <= LAST_DAY:
        problems.append(Problem(pointer, "date.range", {"low": FIRST_DAY, "high": LAST_DAY}))
        return None
    return day


def parse_clock(
    problems: list[Problem], pointer: str, value: object, *, latest: int
) -> timedelta | None:
    """Return the time of day that *value* spells as `22:00`, at most *latest* minutes."""
    text = _text(problems, pointer, value)
    if text is None:
        return None
    shape = _CLOCK.fullmatch(text)
    minutes = int(shape[1]) * 60 + int(shape[2]) if shape else -1
    if shape is None or int(shape[2]) > 59 or minutes > latest:  # noqa: PLR2004 - minutes of an hour
        problems.append(Problem(pointer, "time.invalid"))
        return None
    return timedelta(minutes=minutes)


def _text(problems: list[Problem], pointer: str, value: object) -> str | None:
    if isinstance(value, str):
        return value
    problems.append(Problem(pointer, "field.required" if value is None else "field.string"))
    return None
