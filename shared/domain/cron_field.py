"""One field of a cron expression: its grammar, and the numbers that it allows.

    field   = term { "," term }
    term    = "*" [ "/" step ] | value [ "-" value ] [ "/" step ]
            | "L"                               day of month only: the last day
            | weekday "L" | weekday "#" 1..5    weekday only: the last one, the nth one of the month

The terms stay in the order written: `describe` tells a person what was written, while matching
uses the numbers alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.errors import InvalidDefinition, Problem

LAST = -1  # the `nth` of a term that says L


class Kind(NamedTuple):
    """What may stand in a field. `high` is the largest number, `top` where `*` ends."""

    low: int
    high: int
    top: int
    names: Mapping[str, int]


class Term(NamedTuple):
    """One item of a field's list: every `step`-th number from `low` to `high`.

    With `nth` (1..5, or LAST) it is not a plain number: the nth weekday `low` of the month, or in
    the day field the last day of the month. `starred` tells `*` from a range as wide.
    """

    low: int
    high: int
    step: int = 1
    nth: int = 0
    starred: bool = False

    @property
    def numbers(self) -> range:
        """The plain numbers that the term allows."""
        return range(self.low, self.high + 1, self.step) if self.nth == 0 else range(0)


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

SECOND = Kind(0, 59, 59, {})
MINUTE = Kind(0, 59, 59, {})
HOUR = Kind(0, 23, 23, {})
DAY = Kind(1, 31, 31, {})
MONTH = Kind(1, 12, 12, {name: n for n, name in enumerate(_MONTHS, 1)})
WEEKDAY = Kind(0, 7, 6, {name: n for n, name in enumerate(_WEEKDAYS)})

SUNDAY_AGAIN = 7  # cron's second number for Sunday
_MOST_WEEKS = 5

_TERM = re.compile(r"(?:\*|([A-Z]+|\d+)(?:-([A-Z]+|\d+))?)(?:/(\d+))?", re.ASCII)
_NTH = re.compile(r"([A-Z]{3}|\d+)(?:#(\d+)|L)", re.ASCII)
# What Quartz and Jenkins people write. Refused by name, because "syntax error" teaches nothing.
_UNSUPPORTED = re.compile(r"\?|\d*W|LW|WL|L|L-\d+", re.ASCII)


def parse_field(text: str, kind: Kind, *, position: int) -> tuple[Term, ...]:
    """Return the terms of one field, written in upper case.

    *position* is the field's number as the person counts it, from 1; every problem names it.

    Raises:
        InvalidDefinition: `cron.syntax`, `cron.range`, `cron.step` or `cron.unsupported`.
    """
    terms = text.split(",")
    if "" in terms:
        raise _refusal("cron.syntax", value=text)
    return tuple(_parse_term(term, kind, position) for term in terms)


def _parse_term(text: str, kind: Kind, position: int) -> Term:
    if kind is DAY and text == "L":
        return Term(0, 0, nth=LAST)
    if kind is WEEKDAY and (shape := _NTH.fullmatch(text)):
        weekday = _number(shape[1], kind, position) % 7
        nth = LAST if shape[2] is None else int(shape[2])
        if nth != LAST and not 1 <= nth <= _MOST_WEEKS:
            raise _out_of_range(shape[2], 1, _MOST_WEEKS, position)
        return Term(weekday, weekday, nth=nth)
    if _UNSUPPORTED.fullmatch(text):
        raise _refusal("cron.unsupported", value=text)
    shape = _TERM.fullmatch(text)
    if shape is None:
        raise _refusal("cron.syntax", value=text)
    return _plain_term(shape, kind, position)


def _plain_term(shape: re.Match[str], kind: Kind, position: int) -> Term:
    first, second, step_text = shape.groups()
    starred = first is None
    if first is None:
        low, high = kind.low, kind.top
    else:
        low = _number(first, kind, position)
        high = low if second is None else _number(second, kind, position)
        if kind is WEEKDAY:
            low, high = _weekday_range(low, high, second)
        if high < low:
            raise _out_of_range(shape[0], kind.low, kind.high, position)
    if step_text is None:
        return Term(low, high, starred=starred)
    # `5/15` means "from 5 to the end", and is measured against the whole field.
    size = high - low + 1 if second is not None else kind.top - kind.low + 1
    step = int(step_text)
    if not 1 <= step <= size:
        raise _refusal("cron.step", value=shape[0], position=position, high=size)
    return Term(low, high if starred or second is not None else kind.top, step, starred=starred)


def _weekday_range(low: int, high: int, second: str | None) -> tuple[int, int]:
    """Let a week end on Sunday: `SAT-SUN` is two days, and `7` alone is `0`."""
    if second is None:
        return low % 7, high % 7
    return low, SUNDAY_AGAIN if second == "SUN" and low > 0 else high


def _number(text: str, kind: Kind, position: int) -> int:
    if text in kind.names:
        return kind.names[text]
    if not text.isdecimal():
        raise _refusal("cron.syntax", value=text)
    number = int(text)
    if not kind.low <= number <= kind.high:
        raise _out_of_range(text, kind.low, kind.high, position)
    return number


def _out_of_range(value: str, low: int, high: int, position: int) -> InvalidDefinition:
    return _refusal("cron.range", value=value, position=position, low=low, high=high)


def _refusal(code: str, **params: object) -> InvalidDefinition:
    return InvalidDefinition([Problem("", code, params)])
