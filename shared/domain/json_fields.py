"""Takes a JSON object apart field by field, and notes every problem instead of the first.

Strict: `true` is no number, `"5"` is no number, nothing is converted. A `null` means "not given".
What was read is kept in its normal form, so that the object can be written back and read again.

No value is ever put into a problem's parameters: it may be a secret, or 5,000 digits long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant, parse_instant

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class JsonFields:
    """One JSON object being read.

    A reader returns None (or the default) both for an absent field and for a wrong one; whether
    anything was wrong shows in `problems`, to be looked at once, at the end.
    """

    def __init__(self, document: Mapping[str, object], *, pointer: str = "") -> None:
        self.problems: list[Problem] = []
        self.kept: dict[str, object] = {}
        self._pointer = pointer
        self._left = {key: value for key, value in document.items() if value is not None}
        self._unread = {key if isinstance(key, str) else "?" for key in document}

    def has(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str) -> object:
        """Return the raw value of *key*, or None; it then counts as known."""
        self._unread.discard(key)
        return self._left.get(key)

    def refuse(self, key: str, code: str, **params: object) -> None:
        self.problems.append(Problem(f"{self._pointer}/{_escaped(key)}", code, params))

    def integer(self, key: str, *, default: int, low: int, high: int) -> int:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "field.integer")
        elif not low <= value <= high:
            self.refuse(key, "field.range", low=low, high=high)
        else:
            self.kept[key] = value
            return value
        return default

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, "field.boolean")
            return default
        self.kept[key] = value
        return value

    def choice(self, key: str, default: E) -> E:
        """Read one of the words of *default*'s enumeration."""
        value = self.take(key)
        if value is None:
            return default
        words = type(default)
        if not isinstance(value, str):
            self.refuse(key, "field.string")
        elif value not in list(words):
            self.refuse(key, "field.choice", allowed=", ".join(words))
        else:
            self.kept[key] = str(value)
            return words(value)
        return default

    def text(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Read a string with *parse*, whose problems are noted under *key*."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(key, "field.string")
            return None
        try:
            parsed = parse(value)
        except InvalidDefinition as error:
            self.problems += (p.under(f"{self._pointer}/{key}") for p in error.problems)
            return None
        self.kept[key] = value
        return parsed

    def instant(self, key: str) -> datetime | None:
        """Read an ISO 8601 instant; kept in UTC."""
        at = self.text(key, parse_instant)
        if at is not None:
            self.kept[key] = format_instant(at)
        return at

    def object(self, key: str) -> JsonFields:
        """Return the fields of a nested object; hand it to `close_nested` when read."""
        value = self.take(key)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(key, "field.object")
            value = None
        return JsonFields(value or {}, pointer=f"{self._pointer}/{key}")

    def close_nested(self, key: str, nested: JsonFields) -> None:
        nested.close()
        self.problems += nested.problems
        if nested.kept:
            self.kept[key] = nested.kept

    def close(self) -> None:
        """Note every field that nobody asked for."""
        for key in sorted(self._unread):
            self.refuse(key, "field.unknown")


def _escaped(key: str) -> str:
    """Return *key* as a step of an RFC 6901 pointer, fit to be shown: cut, no lone surrogates."""
    shown = key[:100].encode(errors="replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")
