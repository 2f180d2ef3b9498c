"""Flow, triggered: what happens elsewhere starts a task, once, and never drives it in a circle.

There are two schedulers, and only one of them receives the message about a change.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
import pytest_asyncio

from tests.e2e.place import Place

TIMES = 10

Say = Callable[[str, dict[str, Any]], Awaitable[None]]


@pytest_asyncio.fixture(params=["http", "nats"], loop_scope="session")
async def say(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[Say]:
    """Give a way to publish an event: `event.e2e.<type>`, over HTTP or over NATS."""

    async def over_http(kind: str, data: dict[str, Any]) -> None:
        event = {"source": "e2e", "type": kind, "data": data}
        answer = await place.operator.call("POST", "/api/v1/group-ai/events", json=event)
        assert answer.status_code == 202, answer.text

    if request.param == "http":
        yield over_http
        return
    client = await nats.connect(place.system.nats_url)

    async def over_nats(kind: str, data: dict[str, Any]) -> None:
        await client.jetstream().publish(f"event.e2e.{kind}", json.dumps(data).encode())

    yield over_nats
    await client.close()


async def listening(place: Place, path: str, **trigger: Any) -> UUID:  # noqa: ANN401 - fields of a trigger
    """Create a task that an event starts."""
    return await place.operator.create(
        name=path, task_type="triggered", trigger_config=trigger, **place.action(path)
    )


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


async def test_an_event_right_after_the_creation_of_its_task_starts_it(
    place: Place, say: Say
) -> None:
    name = uuid4().hex
    for number in range(TIMES):
        await listening(place, name, subject=f"e2e.{name}.{number}")
        await say(f"{name}.{number}", {})

    assert len(await place.called(name, TIMES)) == TIMES


async def test_right_after_an_edit_the_new_condition_rules(place: Place, say: Say) -> None:
    name = uuid4().hex
    for number in range(TIMES):
        trigger = {"subject": f"e2e.{name}"}
        mapping = {"url": f"{place.sink.url}/{name}-{{{{ event.data.n }}}}"}
        if not number:
            task = await listening(place, name, condition="n == 0", map=mapping, **trigger)
        else:
            edit = {**trigger, "condition": f"n == {number}", "map": mapping}
            await place.operator.edit(task, trigger_config=edit)
        for each in (number - 1, number):
            await say(name, {"n": each})
        # What is accepted before an edit may be judged by it: so it waits.
        await place.called(f"{name}-{number}", 1)

    paths = Counter(each.path for each in place.witness.sink.effects() if name in each.path)
    assert paths == {f"/{name}-{number}": 1 for number in range(TIMES)}


async def test_what_was_switched_off_or_deleted_a_moment_ago_is_not_started(
    place: Place, say: Say
) -> None:
    name = uuid4().hex
    task = await listening(place, name, subject=f"e2e.{name}")
    await listening(place, f"always-{name}", subject=f"e2e.{name}")
    for number in range(TIMES):
        await say(name, {"on": number})
        await place.called(name, number + 1)
        await place.operator.edit(task, enabled=False)
        await say(name, {"off": number})
        # An event is judged for all who listen at once; then it may be switched on again.
        await place.called(f"always-{name}", 2 * number + 2)
        await place.operator.edit(task, enabled=True)
    gone = await listening(place, f"gone-{name}", subject=f"e2e.{name}")
    await place.operator.delete(gone)
    await say(name, {"last": True})
    await place.called(f"always-{name}", 2 * TIMES + 1)
    await place.called(name, TIMES + 1)
    assert len(place.effects(name)) == TIMES + 1
    assert place.effects(f"gone-{name}") == []


async def test_a_run_waits_for_an_event_and_holds_no_slot_meanwhile(place: Place) -> None:
    kind = uuid4().hex
    task_id = await place.operator.create(
        name=f"waits for {kind}",
        task_type="manual",
        task_action="wait_for_event",
        action_config={
            "subject": f"event.e2e.{kind}",
            "condition": "n > 1",
            "capture": {"n": "$.data.n"},
        },
    )
    run_id = await place.operator.run(task_id)
    path = f"/api/v1/group-ai/automation-runs/{run_id}"

    async def has_looked() -> bool | None:
        row = (await place.operator.call("GET", path)).json()
        return row.get("attempt", 0) >= 2 or None

    await place.eventually(has_looked, what="it has looked in vain")
    for number in (1, 2):
        event = {"source": "e2e", "type": kind, "data": {"n": number}}
        await place.operator.call("POST", "/api/v1/group-ai/events", json=event)
    row = await place.ended(run_id)

    assert row["status"] == "success"
    assert row["execution_data"]["result"]["captured"] == {"n": 2}
