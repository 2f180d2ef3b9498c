"""The publishing action on a real bus."""

from __future__ import annotations

import json

from nats.aio.client import Client

from services.executor.actions.nats_publish import NatsPublish, NatsPublishParams
from tests.support.context import RecordingContext


def params(**given: object) -> NatsPublishParams:
    return NatsPublishParams.model_validate(given)


async def test_listeners_hear_the_event(bus: Client) -> None:
    heard = await bus.subscribe("event.>")
    context = RecordingContext(bus=bus)

    outcome = await NatsPublish().run(
        params(subject="event.orders.created", data={"名": [1, None]}, headers={"Source": "x"}),
        context,
    )
    message = await heard.next_msg(timeout=5)

    assert message.subject == "event.orders.created"
    assert json.loads(message.data) == {"名": [1, None]}
    assert message.headers == {"Source": "x", "Nats-Msg-Id": f"publish:{context.run_id}"}
    assert outcome.data == {"subject": "event.orders.created", "bytes": len(message.data)}


async def test_a_stream_keeps_one_of_two_attempts(bus: Client) -> None:
    streams = bus.jetstream()
    context = RecordingContext(bus=bus)

    for attempt in (context, context.another_attempt()):
        await NatsPublish().run(params(subject="event.test.x"), attempt)

    assert (await streams.stream_info("EVENTS")).state.messages == 1


async def test_a_plan_publishes_nothing() -> None:
    context = RecordingContext()

    outcome = await NatsPublish().run(params(subject="event.test.x", dry_run=True), context)

    assert outcome.data["plan"] == [{"do": "publish", "subject": "event.test.x", "bytes": 2}]
