"""Cuts a line of the query language into words: `-action:noop name:"night shift" backup`. Pure.

A word is a value, or a field, an operator and values with commas between them. Places are counted
in characters from 0, as a browser's text box counts those of the basic plane.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.domain.errors import Problem

#: Of the whole line; as many ids as a page shows at once find room in it.
LONGEST = 2_000
#: More than anybody reads, and each costs.
MOST_WORDS = 30
MOST_VALUES = 50

_HEAD = re.compile(r"([A-Za-z_]+)(!=|<=|>=|[:=<>])")
_BARE = re.compile(r'[^\s",]+')
_WHOLE = re.compile(r'[^\s"]+')


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was written."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `field` is empty where only a value stands."""

    field: str
    operator: str
    values: tuple[Value, ...]
    negated: bool
    start: int
    end: int


class Unreadable(Exception):
    """The line cannot be cut."""

    def __init__(self, code: str, position: int, length: int = 1, **params: object) -> None:
        super().__init__(code)
        self.problem = Problem(
            "/query/q", code, {"position": position, "length": length, "at": position + 1, **params}
        )


def cut(line: str) -> list[Word]:
    """Return the words of *line*.

    Raises:
        Unreadable: a quotation mark stands alone, a value is missing, or it is too long.
    """
    if len(line) > LONGEST:
        raise Unreadable("query.too_long", LONGEST, limit=LONGEST)
    words: list[Word] = []
    at = _past_blanks(line, 0)
    while at < len(line):
        if len(words) == MOST_WORDS:
            raise Unreadable("query.too_many_words", at, limit=MOST_WORDS)
        word = _word(line, at)
        words.append(word)
        at = _past_blanks(line, word.end)
    return words


def _past_blanks(line: str, at: int) -> int:
    while at < len(line) and line[at].isspace():
        at += 1
    return at


def _word(line: str, start: int) -> Word:
    negated = line[start] == "-" and start + 1 < len(line) and not line[start + 1].isspace()
    at = start + negated
    head = _HEAD.match(line, at)
    if head is None:
        value = _value(line, at, _WHOLE)
        return Word("", ":", (value,), negated, start, value.end)
    values: list[Value] = []
    at = head.end()
    while True:
        if len(values) == MOST_VALUES:
            raise Unreadable("query.too_many_values", at, limit=MOST_VALUES)
        values.append(_value(line, at, _BARE))
        at = values[-1].end
        if at >= len(line) or line[at] != ",":
            return Word(head[1].lower(), head[2], tuple(values), negated, start, at)
        at += 1


def _value(line: str, at: int, shape: re.Pattern[str]) -> Value:
    if at < len(line) and line[at] == '"':
        return _quoted(line, at)
    found = shape.match(line, at)
    if found is None:
        raise Unreadable("query.value_missing", min(at, max(len(line) - 1, 0)))
    return Value(found[0], at, found.end())


def _quoted(line: str, start: int) -> Value:
    """Return the text between quotation marks; a backslash takes the next one literally."""
    text: list[str] = []
    at = start + 1
    while at < len(line):
        if line[at] == '"':
            return Value("".join(text), start, at + 1, quoted=True)
        if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        text.append(line[at])
        at += 1
    raise Unreadable("query.quote_open", start, len(line) - start)
