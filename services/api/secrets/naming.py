"""Which secrets a configuration names, read off the JSON Schema of the action's parameters. Pure.

A field that names a secret is marked `x-secret` (`contracts.action.SecretName`), however deep it
lies. In a trigger's `map` such a field takes a plain name only: an event must not choose which
secret a run gets to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.contracts.action import Action
from shared.domain.errors import Problem

Schema = Mapping[str, Any]

MARK = "x-secret"
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_REFERENCE = "#/$defs/"
_BRANCHES = ("anyOf", "oneOf", "allOf")
#: A schema that refers to itself is followed so far; a document is no deeper (`strict_json.py`).
_DEEPEST = 40

#: By parameters; there are as many as installed actions.
_SCHEMAS: dict[type[BaseModel], Schema | None] = {}


class Named(NamedTuple):
    """A place in a configuration where a secret is named."""

    pointer: str
    name: str

    @property
    def is_template(self) -> bool:
        return "{{" in self.name


def named_secrets(action: Action[Any] | None, config: object) -> list[Named]:
    """Return the secrets that *config*, parameters of *action*, names, in order."""
    return [] if action is None else named_in(action.params, config)


def named_in(model: type[BaseModel], config: object) -> list[Named]:
    """Return the secrets that *config*, to be read by *model*, names, in order."""
    schema = _marked_schema(model)
    if schema is None:
        return []  # most name none
    found = dict(_walk(schema, config, "", schema.get("$defs", {}), _DEEPEST))
    return [Named(pointer, name) for pointer, name in found.items()]


def secrets_of_task(
    action: Action[Any] | None,
    action_config: object,
    trigger_config: Mapping[str, Any] | None,
) -> list[Named]:
    """Return all secrets that a task names; the pointers are into the task."""
    mapped = (trigger_config or {}).get("map")
    return [
        *(_under("/action_config", each) for each in named_secrets(action, action_config)),
        *(_under("/trigger_config/map", each) for each in named_secrets(action, mapped)),
    ]


def secret_problems(named: list[Named], known: frozenset[str]) -> list[Problem]:
    """Return which of the *named* cannot be; *known* are those that exist."""
    return [
        Problem(
            each.pointer,
            "secret.from_event" if each.is_template else "secret.unknown",
            {"name": each.name},
        )
        for each in named
        if each.is_template or each.name not in known
    ]


def _under(pointer: str, named: Named) -> Named:
    return Named(f"{pointer}{named.pointer}", named.name)


def _marked_schema(model: type[BaseModel]) -> Schema | None:
    """Return the schema of parameters in which a secret may be named; None: there is no place."""
    if model not in _SCHEMAS:
        schema = model.model_json_schema()
        _SCHEMAS[model] = schema if MARK in repr(schema) else None
    return _SCHEMAS[model]


def _walk(
    schema: Schema, value: object, pointer: str, definitions: Schema, depth: int
) -> Iterator[tuple[str, str]]:
    """Yield where in *value* secrets are named, and their names."""
    schema = _resolved(schema, definitions)
    if depth == 0:
        return
    if isinstance(value, str) and (
        schema.get(MARK) or ("{{" in value and _holds_mark(schema, definitions, depth))
    ):
        yield pointer, value
    for branch in (each for name in _BRANCHES for each in schema.get(name, ())):
        if _may_fit(_resolved(branch, definitions), value, definitions):
            yield from _walk(branch, value, pointer, definitions, depth - 1)
    for step, below, inner in _inside(schema, value):
        if isinstance(below, Mapping):
            yield from _walk(below, inner, f"{pointer}/{step}", definitions, depth - 1)


def _inside(schema: Schema, value: object) -> Iterator[tuple[str, object, object]]:
    """Yield what lies directly in *value*: the step to it, its schema, itself."""
    if isinstance(value, Mapping):
        properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for key, inner in value.items():
            step = str(key).replace("~", "~0").replace("/", "~1")
            # Whatever pattern a key fits: too much looked at is better than too little.
            for below in patterns.values() if key not in properties else ():
                yield step, below, inner
            yield step, properties.get(key, schema.get("additionalProperties")), inner
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items")
        for index, inner in enumerate(value):
            yield str(index), first[index] if index < len(first) else rest, inner


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    for _ in range(_DEEPEST):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        schema = definitions.get(reference.removeprefix(_REFERENCE), {})
    return schema


def _may_fit(branch: Schema, value: object, definitions: Schema) -> bool:
    """Return whether a branch of a union may be meant: what it fixes is what *value* has."""
    if not isinstance(value, Mapping):
        return True
    for name, below in branch.get("properties", {}).items():
        fixed = _resolved(below, definitions)
        if "const" in fixed and name in value and value[name] != fixed["const"]:
            return False
    return True


def _holds_mark(schema: Schema, definitions: Schema, depth: int) -> bool:
    """Return whether a secret may be named anywhere in what *schema* describes."""
    schema = _resolved(schema, definitions)
    if schema.get(MARK):
        return True
    if depth == 0:
        return False
    inner = [*schema.get("properties", {}).values(), *schema.get("prefixItems", ())]
    inner += schema.get("patternProperties", {}).values()
    inner += [each for name in _BRANCHES for each in schema.get(name, ())]
    inner += [schema[name] for name in ("items", "additionalProperties") if schema.get(name)]
    return any(
        _holds_mark(each, definitions, depth - 1) for each in inner if isinstance(each, Mapping)
    )
