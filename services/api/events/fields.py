"""Which fields the data of events have, and how a condition and a parameter name them. Pure.

A condition names a field of the data by its own name, unless that is a word of the language:
then by `event.data.…` (`shared/runtime/cel.py`). A template and a key know paths only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.domain.event import Event

MOST_FIELDS = 200
MOST_SAMPLES = 5
_DEEPEST = 5
_LONGEST = 80  # characters of a sample

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
#: What a path of a template cannot spell.
_UNPATHED = re.compile(r"[\s.{}\x00-\x1f\x7f]")
#: Words of CEL: never a name.
_WORDS = frozenset(
    {
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import"),
        *("in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void"),
        "while",
    }
)
#: Names that mean something already where a field of the data would stand.
_TAKEN = frozenset(
    {
        *("event", "type", "int", "uint", "double", "string", "bytes", "bool", "list", "map"),
        *("null_type", "dyn", "size", "has", "all", "exists", "exists_one", "filter", "matches"),
        *("contains", "startsWith", "endsWith", "timestamp", "duration", "google"),
    }
)

Step = tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    types: dict[str, int] = field(default_factory=dict)
    samples: list[Any] = field(default_factory=list)
    count: int = 0


def fields_of(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the fields that *events* have, the most frequent first, with values seen."""
    seen: dict[Step, _Seen] = {}
    for event in events:
        for path, value in _walk(event.data, ()):
            if path not in seen and len(seen) >= MOST_FIELDS:
                continue
            _note(seen.setdefault(path, _Seen()), value)
    order = sorted(seen.items(), key=lambda each: (-each[1].count, each[0]))
    return [
        {
            "path": template_path(path),
            "expression": expression_of(path),
            "types": sorted(each.types, key=lambda kind: -each.types[kind]),
            "count": each.count,
            "samples": each.samples,
        }
        for path, each in order
    ]


def expression_of(path: Step) -> str:
    """Return how a condition names the field at *path* of the data."""
    first, *rest = path
    if _NAME.fullmatch(first) and first not in _WORDS | _TAKEN:
        return first + "".join(map(_selected, rest))
    return "event.data" + "".join(map(_selected, path))


def template_path(path: Step) -> str | None:
    """Return how a template and a key name the field; None: they cannot."""
    if any(not step or _UNPATHED.search(step) for step in path):
        return None
    return ".".join(("data", *path))


def _selected(step: str) -> str:
    if _NAME.fullmatch(step) and step not in _WORDS:
        return f".{step}"
    return f"[{json.dumps(step, ensure_ascii=False)}]"


def _walk(value: object, path: Step) -> Iterator[tuple[Step, object]]:
    if isinstance(value, Mapping) and len(path) < _DEEPEST:
        for name, below in value.items():
            yield from _walk(below, (*path, str(name)))
        if path and not value:
            yield path, value
    elif path:
        yield path, value


def _note(seen: _Seen, value: object) -> None:
    seen.count += 1
    kind = _kind(value)
    seen.types[kind] = seen.types.get(kind, 0) + 1
    if isinstance(value, list | Mapping) or len(seen.samples) >= MOST_SAMPLES:
        return
    sample = value[:_LONGEST] if isinstance(value, str) else value
    if not any(type(each) is type(sample) and each == sample for each in seen.samples):
        seen.samples.append(sample)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"
