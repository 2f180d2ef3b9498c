"""Flow, triggered: what happens elsewhere starts a task, once, and never drives it in a circle."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests.e2e.place import Place


def says(subject: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the action that publishes an event."""
    return {"task_action": "nats_publish", "action_config": {"subject": subject, "data": data}}


async def test_an_event_starts_the_task_whose_condition_it_meets(place: Place) -> None:
    name = f"event.e2e.{uuid4().hex}"
    sink = place.sink.url
    for path, condition in (("met", "error_rate > 10"), ("unmet", "error_rate > 11.5")):
        await place.operator.create(
            name=path,
            task_type="triggered",
            trigger_config={
                "subject": name,
                "condition": condition,
                "map": {"url": f"{sink}/{path}-{{{{ event.data.account }}}}"},
            },
            **place.action(path),
        )
    teller = await place.operator.create(
        name="teller", **says(name, {"error_rate": 11, "account": 7})
    )
    await place.ended(await place.operator.run(teller))
    await place.called("met-7", 1)
    await place.ended(await place.operator.run(teller))
    await place.called("met-7", 2)
    assert place.effects("met") == place.effects("unmet") == place.effects("unmet-7") == []


async def test_a_task_is_not_started_by_what_it_said_itself(place: Place) -> None:
    name = f"event.e2e.{uuid4().hex}"
    trigger = {"subject": name}
    echo = await place.operator.create(
        name="echo", task_type="triggered", trigger_config=trigger, **says(name, {})
    )
    listener = await place.operator.create(
        name="listener", task_type="triggered", trigger_config=trigger, **place.action("heard")
    )
    await place.ended(await place.operator.run(echo))
    await place.called("heard", 1)
    await place.ended(await place.operator.run(echo))  # by hand: no event led to it
    await place.called("heard", 2)
    runs = await asyncio.gather(
        *(
            place.operator.call("GET", f"/api/v1/group-ai/automation-tasks/{each}/logs")
            for each in (echo, listener)
        )
    )
    assert all(answer.is_success for answer in runs)
    assert len(place.effects("heard")) == 2
