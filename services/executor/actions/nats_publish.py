"""Publish an event on the bus, for whoever listens: other tasks' triggers, other systems.

Only under `event.`: everything else on the bus is spoken by a service about what it has written to
PostgreSQL, and an operator must not be able to speak in its place; so are `event.alert.` and
`event.automation.`. Headers that begin with `Nats-`
are commands to the server (roll up a stream, expect a sequence, schedule a message), so those are
refused too. Every attempt carries the same message id: a stream stores the event once.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Self

from pydantic import Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import DryRun, Label
from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.event import CAUSES, OWN_SOURCES
from shared.domain.texts.catalog import Text

ALLOWED_PREFIXES = ("event.",)
#: The server ends a connection over a subject of about 4 KiB, and the client never comes back.
SUBJECT_MAX = 256  # characters
#: Below the limit of a whole task definition (64 KiB), far below the server's (1 MiB).
DATA_MAX = 48 * 1024  # bytes
HEADERS_MAX = 50
HEADER_VALUE_MAX = 1024  # characters

# `fullmatch` everywhere: `$` would let a trailing newline through.
_SUBJECT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")


class NatsPublishParams(ActionParams):
    """What to say, and where."""

    subject: Annotated[
        str,
        Label(
            Text("主旨", "Subject"),
            Text(
                "以 event. 開頭，各段為英數字、底線或連字號，以點分隔，例如 event.orders.created",
                "Starts with event.; tokens of letters, digits, _ and -, joined by dots, "
                "such as event.orders.created",
            ),
            widget="event-subject",
        ),
    ] = Field(min_length=1, max_length=SUBJECT_MAX)
    data: Annotated[
        JsonValue,
        Label(
            Text("內容", "Data"),
            Text("事件的內容（JSON），最多 48 KiB", "The event's data (JSON), at most 48 KiB"),
            widget="code:json",
        ),
    ] = Field(default_factory=dict)
    headers: Annotated[
        dict[str, str],
        Label(
            Text("標頭", "Headers"),
            Text(
                "訊息標頭；不可使用 Nats- 開頭的名稱",
                "Message headers; names that start with Nats- are not allowed",
            ),
            widget="key-value",
            is_advanced=True,
        ),
    ] = Field(default_factory=dict, max_length=HEADERS_MAX)
    dry_run: DryRun = False

    @field_validator("subject")
    @classmethod
    def _judge_subject(cls, subject: str) -> str:
        if not all(_SUBJECT_TOKEN.fullmatch(token) for token in subject.split(".")):
            raise PydanticCustomError(
                "subject.syntax", "a subject is made of tokens [A-Za-z0-9_-], joined by dots"
            )
        if not subject.startswith(ALLOWED_PREFIXES):
            raise PydanticCustomError(
                "subject.forbidden",
                "a subject must start with {prefixes}",
                {"prefixes": " or ".join(ALLOWED_PREFIXES)},
            )
        if subject.split(".")[1] in OWN_SOURCES:
            raise PydanticCustomError(
                "subject.own", "{subject} is this system's own", {"subject": subject}
            )
        return subject

    @field_validator("headers")
    @classmethod
    def _judge_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise PydanticCustomError("header.invalid", "a header has a forbidden character")
            if len(value) > HEADER_VALUE_MAX:
                raise PydanticCustomError("header.too_long", "a header is too long")
            # Which tasks led to the event is said by the executor: the guard against loops.
            if name.lower().startswith("nats-") or name.lower().removeprefix("ce-") == CAUSES:
                raise PydanticCustomError(
                    "header.reserved", "the header {name} belongs to the server", {"name": name}
                )
        return headers

    @model_validator(mode="after")
    def _judge_size(self) -> Self:
        if len(self.payload()) > DATA_MAX:
            raise PydanticCustomError("data.too_large", "the data are larger than 48 KiB")
        return self

    def payload(self) -> bytes:
        """Return the data as they go over the wire."""
        text = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()


class NatsPublish(Action[NatsPublishParams]):
    """Publishes one event."""

    name = "nats_publish"
    category = "messages"
    title = Text("發布事件", "Publish an event")
    description = Text(
        "在訊息匯流排上發布一則事件，供其他任務的觸發條件或其他系統使用。",
        "Publishes an event on the message bus, for the triggers of other tasks and other systems.",
    )
    params = NatsPublishParams

    async def run(self, params: NatsPublishParams, context: Context) -> Outcome:
        payload = params.payload()
        if params.dry_run:
            step = {"do": "publish", "subject": params.subject, "bytes": len(payload)}
            return Outcome(f"would publish to {params.subject}", {"plan": [step]})
        await context.publish(
            params.subject,
            payload,
            {**params.headers, "Nats-Msg-Id": f"publish:{context.run_id}"},
        )
        return Outcome(
            f"published {len(payload)} bytes to {params.subject}",
            {"subject": params.subject, "bytes": len(payload)},
        )
