"""What producers of events and people who try triggers may send."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.wire.strict_model import Strict

#: Printable ASCII without blanks; no `|`, which stands between source and id where both are joined.
Source = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7b\x7d\x7e]+$",
        examples=["monitor"],
        description="Who says it. `automation` is this system itself.",
    ),
]
Kind = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        examples=["metrics.sample"],
        description="What has happened; dots part it into tokens of the subject.",
    ),
]
Identity = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
        description="Tells it from every other event of its source.",
    ),
]
Time = Annotated[
    str,
    Field(
        max_length=40,
        json_schema_extra={"format": "date-time"},
        description="When it happened; the default is when it was taken.",
    ),
]


class PlainEvent(Strict):
    """An event in its shortest form."""

    source: Source
    type: Kind
    id: Identity | None = Field(
        default=None, description="The same id is taken once a day; the default is a new one."
    )
    time: Time | None = None
    data: JsonValue = Field(default=None, examples=[{"error_rate": 12.5}])


class CloudEvent(BaseModel):
    """A CloudEvent 1.0 as JSON; further attributes are extensions."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)

    specversion: Literal["1.0"]
    id: Identity
    source: Source
    type: Kind
    time: Time | None = None
    subject: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    datacontenttype: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    dataschema: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    data: JsonValue = None


class TriggerTest(Strict):
    """What a trigger is tried on: one event, or the last ones that are stored."""

    event: dict[str, Any] | None = Field(
        default=None, description="An event as POST …/events takes it."
    )
    last: int | None = Field(
        default=None, ge=1, le=1000, description="Try the newest stored events."
    )
    trigger_config: dict[str, Any] | None = Field(
        default=None, description="Instead of the task's: to try it before it is saved."
    )


class TriggerTrial(Strict):
    """A trigger that no task has yet, and what it is tried on."""

    trigger_config: dict[str, Any]
    event: dict[str, Any] | None = Field(
        default=None, description="An event as POST …/events takes it."
    )
    last: int | None = Field(
        default=None, ge=1, le=200, description="Try the newest stored events whose subject fits."
    )
    hours: int = Field(
        default=24, ge=1, le=72, description="Of so long it is told how often it would have fired."
    )
    task_id: UUID | None = Field(
        default=None,
        strict=False,
        description="The task that it will be of: events which that one caused start nothing.",
    )


class TriggerReplay(Strict):
    """The stored events of a range, for one task."""

    again: bool = Field(
        default=False,
        description="Also what has run already: every firing is a new run, each time it is asked"
        " for. With an Idempotency-Key, once.",
    )

    earliest: str = Field(
        alias="from",
        max_length=40,
        json_schema_extra={"format": "date-time"},
        description="When the first event was stored, included.",
    )
    latest: str = Field(
        alias="to",
        max_length=40,
        json_schema_extra={"format": "date-time"},
        description="Excluded.",
    )
