"""Makes terms of a line of the query language, or says everything that is wrong with it. Pure.

Terms are to hold all at once. A value is what its field asks for: text, a word, yes or no, a
number, an instant or the span of a day. A duration is counted from *now*: `next<1h` means due
within an hour, `last_run<1h` begun within the last one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from uuid import UUID

from services.api.tasks.query.fields import FIELDS, FLAGS, NEVER, OPERATORS, Field
from services.api.tasks.query.words import Unreadable, Value, Word, cut
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import parse_instant

POINTER = "/query/q"

_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d|w)", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant, included, to another, excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text to be found: with `*` it stands for the whole, else for a part; `exact` for itself."""

    text: str
    exact: bool = False


class _Clock(NamedTuple):
    now: datetime
    zone: tzinfo


Meaning = Pattern | str | bool | int | datetime | Span | UUID | None


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; it holds if any of its values does. `field` is `text` for a bare word."""

    field: str
    operator: str
    values: tuple[Meaning, ...]
    negated: bool = False


def read_query(line: str, *, now: datetime, zone: tzinfo) -> tuple[Term, ...]:
    """Return the terms of *line*; days are those of *zone*.

    Raises:
        InvalidDefinition: with everything that is wrong, each with its place.
    """
    try:
        words = cut(line)
    except Unreadable as error:
        raise InvalidDefinition([error.problem]) from None
    terms: list[Term] = []
    problems: list[Problem] = []
    for word in words:
        try:
            terms.append(_term(word, _Clock(now, zone)))
        except Unreadable as error:
            problems.append(error.problem)
    if problems:
        raise InvalidDefinition(problems)
    return tuple(terms)


def _term(word: Word, clock: _Clock) -> Term:
    if not word.field:
        (value,) = word.values
        return Term("text", ":", (Pattern(value.text),), word.negated)
    field = FIELDS.get(word.field)
    if field is None:
        start = word.start + word.negated
        raise Unreadable("query.field_unknown", start, len(word.field), allowed=", ".join(FIELDS))
    allowed = OPERATORS[field.kind]
    if word.operator not in allowed:
        start = word.start + word.negated + len(word.field)
        raise Unreadable("query.operator", start, len(word.operator), allowed=" ".join(allowed))
    if len(word.values) > 1 and word.operator in _TURNED:
        second = word.values[1]
        raise Unreadable("query.one_value", second.start, second.end - second.start)
    negated = word.negated is not (word.operator == "!=")
    operator = ":" if word.operator in ("=", "!=") else word.operator
    if field.kind == "time":
        return _time_term(field, operator, word, negated, clock)
    exact = word.operator != ":"
    values = tuple(_meaning(field, each, exact=exact) for each in word.values)
    return Term(field.name, operator, values, negated)


def _meaning(field: Field, value: Value, *, exact: bool) -> Meaning:
    length = value.end - value.start
    if field.kind == "text":
        # A whole id is looked up; a part of one is searched for.
        is_id = field.name == "id" and _ID.fullmatch(value.text.lower())
        return UUID(value.text) if is_id else Pattern(value.text, exact)
    if field.kind == "number":
        if not _NUMBER.fullmatch(value.text):
            raise Unreadable("query.number", value.start, length)
        return int(value.text)
    if field.kind == "task":
        try:
            return UUID(value.text)
        except ValueError:
            raise Unreadable("query.task_id", value.start, length) from None
    if field.kind == "flag":
        if value.text.lower() not in FLAGS:
            raise Unreadable("query.choice", value.start, length, allowed=", ".join(FLAGS))
        return FLAGS[value.text.lower()]
    if field.choices and value.text.lower() not in field.choices:
        raise Unreadable("query.choice", value.start, length, allowed=", ".join(field.choices))
    return value.text.lower() if field.choices else value.text


def _time_term(
    field: Field,
    operator: str,
    word: Word,
    negated: bool,  # noqa: FBT001 - `!=` and `-` are both in it
    clock: _Clock,
) -> Term:
    if operator == ":":
        meanings = tuple(_day_or_never(each, clock) for each in word.values)
        return Term(field.name, operator, meanings, negated)
    (value,) = word.values
    found = _DURATION.fullmatch(value.text)
    if found:
        distance = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        try:
            if field.future:
                return Term(field.name, operator, (clock.now + distance,), negated)
            return Term(field.name, _TURNED[operator], (clock.now - distance,), negated)
        except OverflowError:
            raise _no_time(value) from None
    instant = _instant(value, clock.zone)
    if isinstance(instant, Span):
        # Later than a day is after its end; not later is until its end.
        instant = instant.end if operator in (">", "<=") else instant.start
        operator = {">": ">=", "<=": "<"}.get(operator, operator)
    return Term(field.name, operator, (instant,), negated)


def _day_or_never(value: Value, clock: _Clock) -> Meaning:
    word = value.text.lower()
    if word == NEVER:
        return None
    today = clock.now.astimezone(clock.zone).date()
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if word in days:
        return _span(today + timedelta(days=days[word]), clock.zone)
    instant = _instant(value, clock.zone)
    if isinstance(instant, Span):
        return instant
    try:
        return Span(instant, instant + timedelta(seconds=1))
    except OverflowError:
        raise _no_time(value) from None


def _instant(value: Value, zone: tzinfo) -> datetime | Span:
    try:
        if _DAY.fullmatch(value.text):
            return _span(date.fromisoformat(value.text), zone)
        return parse_instant(value.text)
    except (ValueError, OverflowError, InvalidDefinition):
        raise _no_time(value) from None


def _span(day: date, zone: tzinfo) -> Span:
    ends = (day, day + timedelta(days=1))
    # In UTC here: the first day of all begins before the year 1 where clocks are ahead of it.
    start, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in ends)
    return Span(start, end)


def _no_time(value: Value) -> Unreadable:
    return Unreadable("query.time", value.start, value.end - value.start)
