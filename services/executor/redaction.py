"""Strikes the secrets that an attempt has read out of whatever it says, by their values.

Each secret is looked for as it is and as it may be spelled on its way into a text: in a URL, in
base64 (wherever it begins in what was encoded), in JSON, line by line; so is what is left of one at
the edge of a text that somebody has cut. Plain search: no pattern is ever made of a secret, so none
can break it. What was said before the secret was read does not know it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

STRUCK = "***"
#: A shorter text is not struck out by itself: it would take innocent words with it.
LEAST = 8
#: Lines of a longer secret are looked for as they are only: each spelling costs each log line.
MOST_LINES = 100

#: What programs do not escape: nothing, slashes (Python), what JavaScript leaves of a component and
#: of a whole address, what RFC 3986 allows in a step of a path.
_LEFT_AS_THEY_ARE = ("", "/", "!*'()", ";,/?:@&=+$!*'()#", "!$&'()*+,;=:@")
_BITS = 6
_URL_SAFE = str.maketrans("+/", "-_")

#: From where to where in a text.
Place = tuple[int, int]


class Redaction:
    """What one attempt must not say."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._spellings: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """False as long as no secret was read."""
        return bool(self._spellings)

    def learn(self, value: str) -> None:
        """Strike out *value* from now on."""
        if value in self._values:
            return
        self._values.add(value)
        found = {each for known in self._values for each in spellings(known)}
        self._spellings = tuple(sorted(found, key=lambda each: (-len(each), each)))

    def text(self, text: str) -> str:
        """Return *text* without secrets."""
        if not self._spellings:
            return text
        # All places are looked for before any is struck: a line of a secret that is struck in the
        # middle of what is left of it would hide the rest from us.
        parts, done = [], 0
        for start, end in _merged(self._places(text)):
            parts += [text[done:start], STRUCK]
            done = end
        return "".join(parts) + text[done:]

    def _places(self, text: str) -> Iterator[Place]:
        for spelling in self._spellings:
            at = text.find(spelling)
            while at >= 0:
                yield at, at + len(spelling)
                at = text.find(spelling, at + len(spelling))
            yield from _cut_off(text, spelling)

    def data(self, value: object) -> object:
        """Return JSON without secrets, keys and numbers included."""
        if not self._spellings:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.data(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(each) for each in value]
        return value if self._is_clean(json.dumps(value)) else STRUCK

    def _is_clean(self, text: str) -> bool:
        return self.text(text) == text


def _merged(places: Iterable[Place]) -> Iterator[Place]:
    """Yield the places in order, those that overlap as one."""
    found: Place | None = None
    for start, end in sorted(places):
        if found is None or start >= found[1]:
            if found is not None:
                yield found
            found = start, end
        else:
            found = found[0], max(found[1], end)
    if found is not None:
        yield found


def _cut_off(text: str, spelling: str) -> Iterator[Place]:
    """Yield where in *text* a part of a secret is that was cut in two before it came here.

    What is left of it stands at the end of a text, before an ellipsis perhaps, or at the beginning.
    """
    end = len(text.rstrip("….")) if text.endswith(("…", "...")) else len(text)
    first, last = spelling[:LEAST], spelling[-LEAST:]
    at = text.find(first, max(end - len(spelling), 0), end)
    while at >= 0:
        if spelling.startswith(text[at:end]):
            yield at, end
            break
        at = text.find(first, at + 1, end)
    at = text.rfind(last, 0, len(spelling))
    while at >= 0:
        if spelling.endswith(text[: at + len(last)]):
            yield 0, at + len(last)
            break
        at = text.rfind(last, 0, at + len(last) - 1)


def spellings(value: str) -> set[str]:
    """Return the ways in which *value* may stand in a text."""
    # Programs write line by line, and trim.
    lines = {line.strip() for line in value.splitlines()}
    parts = {value, value.strip(), *(lines if len(lines) <= MOST_LINES else ())}
    encoded = {
        spelling
        for part in parts
        for spelling in (*_in_url(part), *_in_json(part), *_in_base64(part.encode()))
        if len(part.encode()) >= LEAST
    }
    return {each for each in (*parts, *lines) if len(each.encode()) >= LEAST} | encoded - {""}


def _in_url(value: str) -> Iterator[str]:
    for safe in _LEFT_AS_THEY_ARE:
        quoted = quote(value, safe=safe)
        yield quoted
        yield quoted.replace("%20", "+")
        yield _lower_escapes(quoted)


def _lower_escapes(quoted: str) -> str:
    """Return `%2f` for `%2F`: both are written."""
    first, *rest = quoted.split("%")
    return "%".join([first, *(each[:2].lower() + each[2:] for each in rest)])


def _in_json(value: str) -> Iterator[str]:
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]  # JSON in a text in JSON


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield what base64 makes of *value* behind 0, 1 and 2 other bytes.

    Of each only those characters that depend on nothing but *value*.
    """
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value).decode()
        first = -(-before * 8 // _BITS)
        end = (before + len(value)) * 8 // _BITS
        yield encoded[first:end]
        yield encoded[first:end].translate(_URL_SAFE)
