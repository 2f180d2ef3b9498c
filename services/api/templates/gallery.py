"""The shipped templates, read from `gallery/*.yaml` once.

A file is a template:

    category:     accounts, scripts, alerts, backups, checks, events, upkeep or reminders
    title, description:  in both languages
    parameters:   a JSON Schema in the dialect of `parameters.py`, its titles in both languages
    example:      parameters to try it with
    task:         what `POST /automation-tasks` takes, with blanks (`filling.py`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.api.templates.filling import is_pair
from services.api.templates.parameters import KEYWORDS

CATEGORIES = (
    "accounts",
    "scripts",
    "alerts",
    "backups",
    "checks",
    "events",
    "upkeep",
    "reminders",
)
#: Ours; whatever is larger got here by mistake.
MOST_BYTES = 64 * 1024

_ID = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_FIELDS = {"category", "title", "description", "parameters", "example", "task"}


class BadTemplate(Exception):
    """A shipped file is no template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as its file says."""

    id: str
    category: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    parameters: Mapping[str, Any]
    example: Mapping[str, Any]
    task: Mapping[str, Any]


@cache
def gallery() -> Mapping[str, Template]:
    """Return all templates by id.

    Raises:
        BadTemplate: a file is none.
    """
    folder = resources.files("services.api.templates") / "gallery"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")),
        key=lambda each: each.name,
    )
    read = [read_template(each.name.removesuffix(".yaml"), each.read_bytes()) for each in files]
    return {template.id: template for template in read}


def read_template(identity: str, text: bytes) -> Template:
    """Return the template that a file holds.

    Raises:
        BadTemplate: it is none; the text says where.
    """
    if len(text) > MOST_BYTES or not _ID.fullmatch(identity):
        raise BadTemplate(f"{identity}: too large, or of no good name")
    try:
        if any(isinstance(each, yaml.AliasToken) for each in yaml.scan(text)):
            raise BadTemplate(f"{identity}: an alias")
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadTemplate(f"{identity}: {error}") from None
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        raise BadTemplate(f"{identity}: the fields are {', '.join(sorted(_FIELDS))}")
    template = Template(id=identity, **document)
    for wrong in _problems(template):
        raise BadTemplate(f"{identity}: {wrong}")
    return template


def _problems(template: Template) -> Iterator[str]:
    if template.category not in CATEGORIES:
        yield "category"
    if not is_pair(template.title) or not is_pair(template.description):
        yield "title and description need both languages"
    if template.parameters.get("type") != "object":
        yield "parameters must be an object"
    yield from _schema_problems(template.parameters, "parameters")


def _schema_problems(schema: Mapping[str, Any], where: str) -> Iterator[str]:
    if unknown := schema.keys() - KEYWORDS:
        yield f"{where}: {', '.join(sorted(unknown))}"
    for name in ("title", "description"):
        if name in schema and not is_pair(schema[name]):
            yield f"{where}.{name} needs both languages"
    for name, below in schema.get("properties", {}).items():
        if "title" not in below:
            yield f"{where}.{name} has no title"
        yield from _schema_problems(below, f"{where}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield from _schema_problems(schema[name], f"{where}.{name}")
