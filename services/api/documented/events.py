"""What the API answers about events and triggers, as models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from services.api.documented.policy import Shown
from services.api.events.schemas import CloudEvent, PlainEvent


class TakenEvent(Shown):
    """What became of one event."""

    id: str
    source: str
    status: Literal["accepted", "duplicate"] = Field(
        description="duplicate: the same id of the same source was taken within a day."
    )


class TakenEvents(Shown):
    """What became of each event, in the order sent."""

    events: list[TakenEvent]


def takes_events() -> dict[str, Any]:
    """Return what the document says of the body: one event, or a batch."""
    one = [_reference(PlainEvent), _reference(CloudEvent)]
    batch = {"type": "array", "minItems": 1, "maxItems": 500, "items": {"anyOf": one}}
    content = {
        "application/json": {"schema": {"anyOf": [*one, batch]}},
        "application/cloudevents+json": {"schema": _reference(CloudEvent)},
        "application/cloudevents-batch+json": {"schema": batch},
    }
    return {"requestBody": {"required": True, "content": content}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


class TriedClause(Shown):
    """What one clause of the trigger says to the event."""

    clause: Literal["subject", "type", "condition", "loop"]
    matches: bool
    wanted: str | None = Field(description="As the trigger has it.")
    seen: JsonValue = Field(description="What the event has; of a condition, the fields it reads.")
    code: str | None = Field(description="Why a condition has no answer.")
    detail: str | None


class TriedEvent(Shown):
    """What the trigger makes of one event."""

    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    matches: bool
    clauses: list[TriedClause]


class LastDay(Shown):
    """What the trigger makes of the events of the last 24 hours."""

    events: int = Field(description="Looked at: those whose subject fits.")
    complete: bool = Field(description="false: there are more than are looked at.")
    matches: int
    would_have_fired: int = Field(
        description="Times, after its counts, limits and waits, had the trigger been there then."
    )


class TriggerTested(Shown):
    """A trigger's rehearsal."""

    events: list[TriedEvent]
    last_24_hours: LastDay | None = Field(
        description="null: the stored events cannot be read at the moment."
    )


class Replayed(Shown):
    """What became of the stored events of a range."""

    events: int = Field(description="Looked at: those whose subject fits.")
    matches: int
    fired: int = Field(
        description="Times, after counts, limits and waits: what a rehearsal of the range tells."
    )
    already_fired: int = Field(description="Among these; they do not run again.")
    run_ids: list[str] = Field(description="The runs that were asked for.")
