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


class TriedPart(Shown):
    """What one part of a condition says to the event."""

    group: int = Field(
        description="All parts of a group must hold; of several groups one suffices."
    )
    text: str
    matches: bool
    seen: dict[str, JsonValue]
    code: str | None = Field(description="Why it has no answer.")
    detail: str | None


class TriedClause(Shown):
    """What one clause of the trigger says to the event."""

    clause: Literal["subject", "type", "condition", "loop"]
    matches: bool
    wanted: str | None = Field(description="As the trigger has it.")
    seen: JsonValue = Field(description="What the event has; of a condition, the fields it reads.")
    code: str | None = Field(description="Why a condition has no answer.")
    detail: str | None
    parts: list[TriedPart] = Field(
        description="Of a condition with several parts, each by itself; of the first 100 events."
    )


class TriedEvent(Shown):
    """What the trigger makes of one event."""

    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    matches: bool
    clauses: list[TriedClause]
    data: JsonValue = Field(description="null if `data_cut`.")
    data_bytes: int
    data_cut: bool = Field(description="The data are too large to be told here.")


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


class FieldSeen(Shown):
    """A field that the data of events have."""

    path: str | None = Field(
        description="As templates and keys name it; null: they cannot, its name has odd letters."
    )
    expression: str = Field(description="As a condition names it.")
    types: list[Literal["null", "boolean", "number", "string", "list", "object"]] = Field(
        description="Of its values, the most frequent first."
    )
    count: int
    samples: list[JsonValue] = Field(description="At most five values seen, long ones cut.")


class TrialWindow(Shown):
    """What a trigger makes of the events of the last hours."""

    hours: int
    events: int = Field(description="Looked at: those whose subject fits.")
    complete: bool = Field(description="false: there are more than are looked at.")
    matches: int
    would_have_fired: int = Field(
        description="Times, after its counts, limits and waits, had the trigger been there then."
    )
    fired_at: list[AwareDatetime] = Field(description="The latest 100 of these times.")


class TriggerTried(Shown):
    """The rehearsal of a trigger that no task has yet."""

    events: list[TriedEvent]
    window: TrialWindow | None = Field(
        description="null: the stored events cannot be read at the moment."
    )
    fields: list[FieldSeen] = Field(description="Of the events that the subject lets through.")


class StoredEvent(Shown):
    """An event that the stream has kept."""

    sequence: int = Field(description="Its place in the stream.")
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime = Field(description="When it happened, as its producer says.")
    stored_at: AwareDatetime
    data: JsonValue = Field(description="null if `data_cut`.")
    data_bytes: int
    data_cut: bool = Field(description="The data are too large for a list: read the event alone.")
    attributes: dict[str, JsonValue] = Field(description="The rest of what CloudEvents say.")
    causes: list[str] = Field(description="Ids of the tasks whose runs led to it, oldest first.")


class StoredEvents(Shown):
    """A page of events, newest first; `next` is null on the last one."""

    items: list[StoredEvent]
    next: str | None
    last: int | None = Field(
        description="The place up to which was looked: `after` goes on from there."
    )
    complete: bool = Field(description="false: there is more between `after` and `last`.")


class NameCount(Shown):
    """A name, and how many events have it."""

    name: str
    count: int


class EventKinds(Shown):
    """What kinds of events there have been lately."""

    subjects: list[NameCount] = Field(description="Of all stored events, at most 200.")
    sources: list[NameCount] = Field(description="Of the newest events.")
    types: list[NameCount] = Field(description="Of the newest events.")
    fields: list[FieldSeen] = Field(description="Of the newest events.")
    events: int = Field(description="So many of the newest were looked at.")
    oldest: AwareDatetime | None = Field(description="When the oldest of these was stored.")


class Replayed(Shown):
    """What became of the stored events of a range."""

    events: int = Field(description="Looked at: those whose subject fits.")
    matches: int
    fired: int = Field(
        description="Times, after counts, limits and waits: what a rehearsal of the range tells."
    )
    already_fired: int = Field(description="Among these; they do not run again.")
    run_ids: list[str] = Field(description="The runs that were asked for.")
