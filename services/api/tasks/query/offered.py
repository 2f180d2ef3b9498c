"""What is offered to whoever writes a query: fields with a sentence each, and words for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.tasks.query.fields import FIELDS, FLAGS, NEVER, OPERATORS, Field
from services.api.wire.texts import say
from shared.domain.texts.catalog import Language

_TIMES_TO_COME = ("5m", "1h", "1d", "today", "tomorrow", NEVER)
_TIMES_PAST = ("1h", "1d", "7d", "30d", "today", "yesterday", NEVER)


def fields_view(known: Mapping[str, Sequence[str]], language: Language) -> dict[str, Any]:
    """Return all fields; *known* are words of this installation, by what they are of."""
    return {
        "items": [
            {
                "name": each.name,
                "kind": each.kind,
                "operators": list(OPERATORS[each.kind]),
                "help": say(f"query.help.{each.name}", language),
                "example": each.example,
                "choices": _choices(each, known),
            }
            for each in FIELDS.values()
        ],
        "syntax": say("query.syntax", language),
    }


def _choices(field: Field, known: Mapping[str, Sequence[str]]) -> list[str]:
    if field.kind == "flag":
        return list(FLAGS)[::2]
    if field.kind == "time":
        return list(_TIMES_TO_COME if field.future else _TIMES_PAST)
    return [*field.choices, *known.get(field.listed, ())]
