"""Alertmanager in: each alert becomes an event that tasks can be triggered by.

    event.alertmanager.firing, event.alertmanager.resolved

Alertmanager repeats itself for as long as an alert fires; the same state of the same alert is one
event. In its configuration: `webhook_configs: [{url: …/alertmanager, http_config: {authorization:
{credentials: <token>}}}]`.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

import pydantic
from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.channels.schemas import AlertmanagerAlert, AlertmanagerGroup
from services.api.documented.events import TakenEvents
from services.api.documented.tasks import takes
from services.api.events.intake import read_events
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.store import events as store
from services.api.store import tasks
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonBody
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.strict_json import Limits
from shared.bus import topology
from shared.db.pool import Connection
from shared.runtime import tracing

router = closed_router(BASE)

SOURCE = "alertmanager"
#: Five hundred alerts of two kilobytes each.
_BATCH = Limits(size=1024 * 1024, keys=20_000, values=50_000)


@router.post(
    "/alertmanager",
    status_code=202,
    response_model=TakenEvents,
    openapi_extra=takes(AlertmanagerGroup),
)
async def receive_alerts(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: Annotated[Document, Depends(JsonBody(_BATCH))],
    key: IdempotencyKey,
) -> Response:
    """Take what Alertmanager posts to a webhook; each alert becomes an event."""
    try:
        group = AlertmanagerGroup.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None

    async def act(connection: Connection) -> Answer:
        now = await tasks.now(connection)
        spelled = [_event(alert, group) for alert in group.alerts]
        events, problems = read_events(
            spelled, now=now, new_id=lambda: str(uuid4()), trace=tracing.header()
        )
        if problems:
            raise refuse_fields(problems)
        said = [
            store.Said(
                each.source, each.id, topology.event_said(each.source, each.type), each.payload
            )
            for each in events
        ]
        new = await store.take(connection, said, accepted_by=caller.name)
        states = ["accepted" if place in new else "duplicate" for place in range(len(events))]
        return json_answer(
            {
                "events": [
                    {"id": event.id, "source": event.source, "status": state}
                    for event, state in zip(events, states, strict=True)
                ]
            },
            202,
        )

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


def _event(alert: AlertmanagerAlert, group: AlertmanagerGroup) -> dict[str, Any]:
    """Return an alert as a plain event; the same state of the same alert has the same id."""
    changed = alert.endsAt if alert.status == "resolved" else alert.startsAt
    return {
        "source": SOURCE,
        "type": alert.status,
        "id": f"{alert.fingerprint}:{alert.status}:{changed}".strip(),
        "data": {
            **alert.model_dump(),
            "receiver": group.receiver,
            "groupKey": group.groupKey,
            "externalURL": group.externalURL,
        },
    }
