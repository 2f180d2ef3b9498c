"""What may be filled into the texts of a task, and what it would be: for those who write one.

A task is filled in at few places, each with a language of its own:

    map              parameters out of the event that starts a run   {{ event.data.account_id }}
    condition        fields of the event's data by their names       error_rate > 10
    path             what parts events into keys                     data.account_id
    key              locks and keys of limits, out of parameters     {{ params.account_id }}
    environment      what a program finds in its environment         AUTOMATION_RUN_ID
    header           what an HTTP request carries                    Idempotency-Key

Anywhere else a text means what it says: nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.api.events.fields import fields_of
from shared.contracts.action import Action
from shared.domain.event import Event
from shared.domain.texts.catalog import Language
from shared.domain.texts.variables import PLACES, WORDS

#: Of an event, besides its data.
_ATTRIBUTES = ("id", "source", "type", "time", "subject")
_SAMPLE_RUN = "7d1c6f0a-2b53-4d8e-9a41-5f6e0c3b7a90"


class Variable(NamedTuple):
    """One thing that can be filled in."""

    place: str
    insert: str
    """What is written."""
    words: str
    """Code of what it means; empty: the name says it."""
    sample: object = None


def variables_view(
    events: Sequence[Event], action: Action[Any] | None, language: Language
) -> dict[str, Any]:
    """Return all places and their variables; samples are of *events*, newest first."""
    found = [*_of_events(events), *_of_action(action), *_of_runs()]
    return {
        "places": [
            {
                "place": place,
                "title": _said(PLACES[place], "title", language),
                "description": _said(PLACES[place], "description", language),
                "variables": [_shown(each, language) for each in found if each.place == place],
            }
            for place in PLACES
        ]
    }


def _of_events(events: Sequence[Event]) -> Iterator[Variable]:
    newest = events[0].as_json() if events else {}
    for name in _ATTRIBUTES:
        yield Variable("map", f"{{{{ event.{name} }}}}", f"event.{name}", newest.get(name))
        yield Variable("condition", f"event.{name}", f"event.{name}", newest.get(name))
    for name in ("source", "type"):
        yield Variable("path", name, f"event.{name}", newest.get(name))
    yield Variable("map", "{{ event.data }}", "event.data", newest.get("data"))
    yield Variable("map", "{{ events }}", "events")
    for field in fields_of(events):
        sample = field["samples"][0] if field["samples"] else None
        yield Variable("condition", field["expression"], "", sample)
        if field["path"] is not None:
            yield Variable("map", f"{{{{ event.{field['path']} }}}}", "", sample)
            yield Variable("path", field["path"], "", sample)


def _of_action(action: Action[Any] | None) -> Iterator[Variable]:
    if action is None:
        return
    for name, each in action.params.model_json_schema().get("properties", {}).items():
        yield Variable("key", f"{{{{ params.{name} }}}}", "", _default(each))


def _default(schema: Mapping[str, Any]) -> object:
    examples = schema.get("examples")
    return examples[0] if isinstance(examples, list) and examples else schema.get("default")


def _of_runs() -> Iterator[Variable]:
    yield Variable("environment", "AUTOMATION_RUN_ID", "run.id", _SAMPLE_RUN)
    yield Variable("environment", "AUTOMATION_ATTEMPT", "run.attempt", "1")
    yield Variable("header", "Idempotency-Key", "run.id", _SAMPLE_RUN)
    yield Variable("header", "X-Automation-Attempt", "run.attempt", "1")


def _shown(variable: Variable, language: Language) -> dict[str, Any]:
    words = WORDS.get(variable.words)
    return {
        "insert": variable.insert,
        "description": words.fill(language, {}) if words else None,
        "sample": variable.sample,
    }


def _said(place: Mapping[str, Any], name: str, language: Language) -> str:
    said: str = place[name].fill(language, {})
    return said
