"""Holds parameters against the schema of a template. Pure.

The schemas are ours, in a plain dialect of JSON Schema: `KEYWORDS` is all that they may say, so
that whoever draws a form of one, and this reader, never meet anything that they do not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.domain.errors import Problem

Schema = Mapping[str, Any]

#: What says nothing of whether a value fits.
_SPOKEN = frozenset(
    {"title", "description", "examples", "default", "format", "x-secret", "x-widget"}
)
KEYWORDS = _SPOKEN | {
    "type",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "additionalProperties",
}
#: A text without a limit of its own.
LONGEST = 4_000

_TYPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "string": (lambda value: isinstance(value, str), "field.string"),
    "boolean": (lambda value: isinstance(value, bool), "field.boolean"),
    "integer": (lambda value: isinstance(value, int), "field.integer"),
    "number": (lambda value: isinstance(value, int | float), "field.number"),
    "array": (lambda value: isinstance(value, list), "field.array"),
    "object": (lambda value: isinstance(value, Mapping), "field.object"),
}


def with_defaults(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return *given* with the defaults of what it leaves out."""
    defaults = {
        name: below["default"]
        for name, below in schema.get("properties", {}).items()
        if "default" in below
    }
    return {**defaults, **given}


def problems_with(schema: Schema, value: object, pointer: str = "") -> Iterator[Problem]:
    """Yield what is wrong with *value*; nothing is converted."""
    if value is None:
        yield Problem(pointer, "field.null")
        return
    fits, code = _TYPES[schema["type"]]
    if not fits(value) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield Problem(pointer, code)
        return
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(map(str, schema["enum"]))
        yield Problem(pointer, "field.choice", {"allowed": allowed})
    elif isinstance(value, str):
        yield from _text(schema, value, pointer)
    elif isinstance(value, Mapping):
        yield from _object(schema, value, pointer)
    elif isinstance(value, list):
        yield from _list(schema, value, pointer)
    elif isinstance(value, int | float):
        yield from _number(schema, value, pointer)


def _text(schema: Schema, value: str, pointer: str) -> Iterator[Problem]:
    if len(value) < schema.get("minLength", 0):
        yield Problem(pointer, "field.too_short", {"limit": schema["minLength"]})
    elif len(value) > (most := schema.get("maxLength", LONGEST)):
        yield Problem(pointer, "field.too_long", {"limit": most})
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        yield Problem(pointer, "field.pattern")


def _number(schema: Schema, value: float, pointer: str) -> Iterator[Problem]:
    if value < schema.get("minimum", value):
        yield Problem(pointer, "field.at_least", {"limit": schema["minimum"]})
    elif value > schema.get("maximum", value):
        yield Problem(pointer, "field.at_most", {"limit": schema["maximum"]})


def _list(schema: Schema, value: list[Any], pointer: str) -> Iterator[Problem]:
    if len(value) < schema.get("minItems", 0):
        yield Problem(pointer, "field.too_few", {"limit": schema["minItems"]})
    elif len(value) > (most := schema.get("maxItems", LONGEST)):
        yield Problem(pointer, "field.too_many", {"limit": most})
    else:
        for index, each in enumerate(value):
            yield from problems_with(schema["items"], each, f"{pointer}/{index}")


def _object(schema: Schema, value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Problem(f"{pointer}/{name}", "field.required")
    for name, each in value.items():
        below = properties.get(name, schema.get("additionalProperties"))
        step = name[:100].replace("~", "~0").replace("/", "~1")
        if isinstance(below, Mapping):
            yield from problems_with(below, each, f"{pointer}/{step}")
        else:
            yield Problem(f"{pointer}/{step}", "field.unknown")
