"""Where in a JSON document a value lies: a part of JSONPath (RFC 9535), or a pointer (RFC 6901).

    $.items[0].name   $['odd name']   $.items[*].id   $.items[-1]   ""   /items/0/name

Only what names a place or all children of one: no filters, no `..`, no slices. A task says what a
good answer looks like, and whoever reads it must see at once which value is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

PATH_MAX = 500  # characters
#: More are never wanted, and a path with two `[*]` over a megabyte of JSON finds many.
FOUND_MAX = 10_000

_NAME = re.compile(r"\.([A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff-]*)")
_QUOTED = re.compile(r"""\[(?:'((?:[^'\\]|\\['\\])*)'|"((?:[^"\\]|\\["\\])*)")\]""")
_INDEX = re.compile(r"\[(0|-?[1-9][0-9]{0,9})\]")
_ALL = re.compile(r"\[\*\]|\.\*")
_POINTER_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


class _Everything:
    """All children of a place."""


EVERYTHING: Final = _Everything()

Step = str | int | _Everything


class NoPath(ValueError):
    """The text names no place in a document."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path that was read."""

    steps: tuple[Step, ...]
    is_pointer: bool = False
    """True: a step of digits may be the index of an element."""

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Read a path.

        Raises:
            NoPath: it is none.
        """
        if len(text) > PATH_MAX:
            raise NoPath("too long")
        if text == "" or text.startswith("/"):
            return cls(_pointer_steps(text), is_pointer=True)
        if not text.startswith("$"):
            raise NoPath("must begin with $ or /")
        return cls(_steps(text))

    @property
    def is_single(self) -> bool:
        """True if it can find one value only."""
        return EVERYTHING not in self.steps

    def find(self, document: JsonValue) -> list[JsonValue]:
        """Return the values there, in the order of the document; none if there is no such place."""
        found: list[JsonValue] = [document]
        for step in self.steps:
            found = [child for each in found for child in self._children(each, step)][:FOUND_MAX]
        return found

    def _children(self, value: JsonValue, step: Step) -> Sequence[JsonValue]:
        if isinstance(step, _Everything):
            if isinstance(value, Mapping):
                return list(value.values())
            return value if isinstance(value, list) else []
        if isinstance(value, Mapping):
            return [value[step]] if isinstance(step, str) and step in value else []
        if not isinstance(value, list):
            return []
        if isinstance(step, str):
            if not (self.is_pointer and _POINTER_INDEX.fullmatch(step)):
                return []
            step = int(step)
        return [value[step]] if -len(value) <= step < len(value) else []


def _pointer_steps(text: str) -> tuple[Step, ...]:
    if re.search(r"~(?![01])", text):
        raise NoPath("~ must be ~0 or ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _steps(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 1
    while at < len(text):
        if found := _NAME.match(text, at):
            steps.append(found[1])
        elif found := _INDEX.match(text, at):
            steps.append(int(found[1]))
        elif found := _QUOTED.match(text, at):
            quoted = found[1] if found[1] is not None else found[2]
            steps.append(re.sub(r"\\(.)", r"\1", quoted))
        elif found := _ALL.match(text, at):
            steps.append(EVERYTHING)
        else:
            raise NoPath(f"cannot be read from {text[at : at + 20]}")
        at = found.end()
    return tuple(steps)
