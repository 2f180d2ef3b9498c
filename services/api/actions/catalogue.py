"""An action as a caller is shown it: its words in one language, its parameters as a form. Pure.

The schema of an action holds its words in every language (`x-i18n`); here those of one become the
`title` and `description` that any reader of JSON Schema knows, and what the values of an
enumeration mean stands in `x-choices`. An action of another package that has no translation
keeps the words it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts.action import Action
from shared.domain.texts.catalog import Language

#: What pydantic writes by itself: names of classes and of fields, no words for people.
_WORDLESS = ("$defs", "properties")


def action_view(action: Action[Any], language: Language) -> dict[str, Any]:
    """Return *action* as a caller sees it."""
    return {
        "name": action.name,
        "title": {"zh-TW": action.title.zh_tw, "en": action.title.en},
        "description": {"zh-TW": action.description.zh_tw, "en": action.description.en},
        "category": action.category,
        "runs_code": action.runs_code,
        "has_dry_run": "dry_run" in action.params.model_fields,
        "parameters": form_of(action.params.model_json_schema(), language),
    }


def form_of(schema: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return *schema* with its words in *language*."""
    shown = {name: _inner(name, value, language) for name, value in schema.items()}
    words = schema.get("x-i18n")
    if isinstance(words, Mapping) and isinstance(words.get(language), Mapping):
        said = dict(words[language])
        choices = said.pop("choices", None)
        shown |= said
        if choices:
            shown["x-choices"] = choices
    return shown


def _inner(name: str, value: object, language: Language) -> object:
    if name in _WORDLESS and isinstance(value, Mapping):
        return {key: _inner("", each, language) for key, each in value.items()}
    if name in ("x-i18n", "default", "examples", "const", "enum"):
        return value
    if isinstance(value, Mapping):
        return form_of(value, language)
    if isinstance(value, list):
        return [_inner("", each, language) for each in value]
    return value
