"""The text of a script as YAML: read with limits into a tree that knows its lines. Pure.

Read twice: first the events, which no nesting and no alias can blow up, then the tree, which is
built recursively. What `yaml.safe_load` would make of a plain word is what counts here, too: a
reply `yes` is a boolean for whoever plays the script later, so it has to stand in quotes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from shared.domain.errors import InvalidDefinition, Problem

MOST_BYTES = 64 * 1024
MOST_DEPTH = 12
MOST_NODES = 10_000

# The one in C is about twenty times as fast; the other one is somewhat stricter.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null"))

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document. `line` counts from 1; of a value with a key it is the key's."""

    value: Scalar | list[Node] | Mapping[str, Node]
    line: int


def canonical(text: str) -> str:
    """Return *text* as it is stored: lines end in one way, the last one, too."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def version_of(text: str) -> str:
    """Return the version of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_tree(text: str) -> Node:
    """Return the tree of the document in *text*.

    Raises:
        InvalidDefinition: it is no YAML as we read it.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _invalid("script.characters", 1) from None
    if size > MOST_BYTES:
        raise _invalid("script.too_large", 1, limit=MOST_BYTES)
    try:
        _look_at_events(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _invalid("script.yaml", line, column=column) from None
    except yaml.YAMLError:  # a character that no YAML may hold
        raise _invalid("script.characters", 1) from None
    if root is None:
        raise _invalid("script.empty", 1)
    return _node(root, "", root.start_mark.line + 1)


def _look_at_events(text: str) -> None:
    depth = nodes = 0
    for event in _events(text):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _invalid("script.alias", line)
        if isinstance(event, _OPENING):
            depth += 1
            nodes += 1
        elif isinstance(event, _CLOSING):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
        if depth > MOST_DEPTH:
            raise _invalid("script.depth", line, limit=MOST_DEPTH)
        if nodes > MOST_NODES:
            raise _invalid("script.nodes", line, limit=MOST_NODES)
        if getattr(event, "tag", None):
            raise _invalid("script.tag", line)


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


def _node(found: yaml.Node, pointer: str, line: int) -> Node:
    if isinstance(found, yaml.MappingNode):
        return Node(_mapping(found, pointer), line)
    if isinstance(found, yaml.SequenceNode):
        items = [
            _node(each, f"{pointer}/{index}", each.start_mark.line + 1)
            for index, each in enumerate(found.value)
        ]
        return Node(items, line)
    return Node(_scalar(found, pointer, line), line)


def _mapping(found: yaml.MappingNode, pointer: str) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for key, value in found.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not key.tag.endswith(":str"):
            raise _invalid("script.key", line, pointer=pointer)
        name: str = key.value
        inside = f"{pointer}/{_step(name)}"
        if name in entries:
            params = {"first": entries[name].line}
            raise _invalid("script.duplicate_key", line, pointer=inside, **params)
        entries[name] = _node(value, inside, line)
    return entries


def _scalar(found: yaml.Node, pointer: str, line: int) -> Scalar:
    if found.tag not in _PLAIN:  # a date, for example
        raise _invalid("script.quote", line, pointer=pointer)
    try:
        value: Scalar = yaml.constructor.SafeConstructor().construct_object(found)
    except (ValueError, yaml.YAMLError):  # a number of 5,000 digits
        raise _invalid("script.quote", line, pointer=pointer) from None
    return value


def _step(name: str) -> str:
    return name[:100].replace("~", "~0").replace("/", "~1")


def _invalid(code: str, line: int, *, pointer: str = "", **params: object) -> InvalidDefinition:
    return InvalidDefinition([Problem(pointer, code, {"line": line, **params})])
