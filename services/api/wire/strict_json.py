"""A JSON reader that refuses what the usual ones let pass, and says where.

Python's own reader takes the last of two equal keys, NaN, numbers of 5,000 digits, lone surrogates
and documents that nest 100,000 deep; each of these has broken somebody's database or process
later on. Pure: bytes in, a document or a `NotJson` out, never any other exception.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.api.wire.shape import pointer_to
from shared.domain.errors import Problem

#: The largest integer that every JSON reader keeps exactly (RFC 8259, 6).
SAFE_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a document may hold."""

    size: int = 256 * 1024  # bytes
    depth: int = 32
    keys: int = 1_000
    values: int = 10_000


USUAL = Limits()


class NotJson(Exception):
    """The bytes are no JSON document as we read it; `status` is 400, 413 or 422."""

    def __init__(
        self, code: str, *, pointer: str = "", status: int = 400, **params: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.problem = Problem(pointer, code, params)


class _Bad:
    """Stands in the document where something is that must not be; found when it is walked."""

    __slots__ = ("code", "status")

    def __init__(self, code: str, status: int = 400) -> None:
        self.code = code
        self.status = status


class _Object(dict[str, Any]):
    """An object with a key that it had before."""

    repeated = ""


_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def read_json(data: bytes, limits: Limits = USUAL) -> Any:  # noqa: ANN401 - any JSON value
    """Return the document that *data* holds.

    Raises:
        NotJson: it holds none.
    """
    if len(data) > limits.size:
        raise NotJson("body.too_large", status=413, limit=limits.size)
    if not data.strip(b" \t\r\n"):
        raise NotJson("json.empty")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise NotJson("json.bom")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJson("json.utf8") from None
    # Before it is parsed: the parser itself recurses.
    if _depth(data) > limits.depth:
        raise NotJson("json.depth", limit=limits.depth)
    try:
        document = json.loads(
            text,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=lambda _: _Bad("json.number"),
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):
        raise NotJson("json.syntax") from None
    _judge(document, limits)
    return document


def _depth(data: bytes) -> int:
    deepest = depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _integer(digits: str) -> int | _Bad:
    if len(digits) > 17 or abs(int(digits)) > SAFE_INTEGER:  # noqa: PLR2004 - digits of 2**53 and a sign
        return _Bad("int.range", 422)
    return int(digits)


def _float(digits: str) -> float | _Bad:
    number = float(digits)
    return number if math.isfinite(number) else _Bad("json.number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _Object(found)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            marked.repeated = key
            break
        seen.add(key)
    return marked


def _judge(document: object, limits: Limits) -> None:
    keys = values = 0
    for path, value in _walk(document):
        if isinstance(value, _Bad):
            raise NotJson(value.code, pointer=pointer_to(path), status=value.status)
        if isinstance(value, str):
            _judge_text(value, path)
        elif isinstance(value, dict):
            keys += len(value)
            values += len(value)
            for key in value:
                _judge_text(key, path)
            if isinstance(value, _Object):
                raise NotJson("json.duplicate_key", pointer=pointer_to((*path, value.repeated)))
        elif isinstance(value, list):
            values += len(value)
        if keys > limits.keys or values > limits.values:
            raise NotJson("json.size", keys=limits.keys, values=limits.values)


def _judge_text(text: str, path: tuple[object, ...]) -> None:
    if "\x00" in text:
        raise NotJson("text.control", pointer=pointer_to(path), status=422)
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson("json.surrogate", pointer=pointer_to(path)) from None


def _walk(document: object) -> Iterator[tuple[tuple[object, ...], object]]:
    """Yield every value with the way to it, in no particular order."""
    waiting: list[tuple[tuple[object, ...], object]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting += [((*path, key), each) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, index), each) for index, each in enumerate(value)]
