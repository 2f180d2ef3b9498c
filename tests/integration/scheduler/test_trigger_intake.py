"""Events off a real stream: batches, poison, crashes between commit and acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.scheduler.triggers.engine import Received
from services.scheduler.triggers.intake import EventIntake, Handling
from shared.bus import topology
from tests.integration.bus.waiting import count
from tests.integration.scheduler.trigger_parts import (
    SUBJECT,
    Parts,
    payload,
    running_intake,
)
from tests.support.unread import unread


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - a server is asked
            await asyncio.sleep(0.02)


async def all_handled(parts: Parts) -> bool:
    return await unread(parts.desk.js, topology.SCHEDULER_EVENTS) == 0


async def test_published_events_fire_and_are_acknowledged(parts: Parts) -> None:
    task_id = await parts.task({"subject": "shop.>", "condition": "n >= 0"})
    for number in range(300):
        await parts.desk.client.publish(SUBJECT, payload(f"e{number}", n=number))

    async def all_stored() -> bool:
        return await count(parts.desk.js, "EVENTS") == 300

    await until(all_stored)
    async with running_intake(parts.desk, EventIntake(parts.engine)):
        await until(lambda: all_handled(parts))
    assert len(await parts.rows(task_id)) == 300
    assert await all_stored()  # kept, for rehearsals and replays


async def test_what_is_no_event_is_buried_and_holds_up_nobody(parts: Parts) -> None:
    task_id = await parts.task()
    for data in (b"no json", b'{"specversion": "1.0"}', b"[" * 5000, b'"\\ud800"'):
        await parts.desk.js.publish(SUBJECT, data, headers={"Content-Type": _type_of(data)})
    await parts.desk.js.publish(SUBJECT, payload("good"))
    async with running_intake(parts.desk, EventIntake(parts.engine)):
        await until(lambda: all_handled(parts))
    assert await parts.outcomes(task_id) == [("good", "fired")]
    assert await count(parts.desk.js, "DEAD") == 4


def _type_of(data: bytes) -> str:
    return "application/cloudevents+json" if b"specversion" in data else "application/json"


class CrashesAfterCommit:
    """An engine whose process dies between the commit and the acknowledgement."""

    def __init__(self, engine: Handling) -> None:
        self.engine = engine
        self.crashed = asyncio.Event()

    async def handle(self, batch: Sequence[Received]) -> int:
        await self.engine.handle(batch)
        self.crashed.set()
        await asyncio.Event().wait()
        return 0


async def test_a_crash_between_commit_and_acknowledgement_fires_nothing_twice(
    parts: Parts,
) -> None:
    task_id = await parts.task()
    for number in range(10):
        await parts.desk.js.publish(SUBJECT, payload(f"e{number}"))
    dying = CrashesAfterCommit(parts.engine)
    intake = EventIntake(dying)
    started = asyncio.create_task(_run_and_die(parts, intake, dying))
    await started
    assert len(await parts.rows(task_id)) > 0
    async with running_intake(parts.desk, EventIntake(parts.other_engine())):
        await until(lambda: all_handled(parts))
    assert len(await parts.rows(task_id)) == 10


async def _run_and_die(parts: Parts, intake: EventIntake, dying: CrashesAfterCommit) -> None:
    from shared.bus.pull import CreditPull  # noqa: PLC0415 - only here

    pull = CreditPull(parts.desk.client, topology.SCHEDULER_EVENTS, intake.arrived)
    await pull.start()
    await pull.grant(100)
    await until(lambda: _has_some(intake))
    step = asyncio.create_task(intake.step())
    await dying.crashed.wait()
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    await pull.stop()


async def _has_some(intake: EventIntake) -> bool:
    return bool(intake._waiting)  # noqa: SLF001 - a dead process is looked into


class Fails:
    """An engine that fails a few times, or for one event for ever."""

    def __init__(
        self, engine: Handling, error: Exception, *, times: int = 0, event: str = ""
    ) -> None:
        self.engine = engine
        self.error = error
        self.times = times
        self.event = event

    async def handle(self, batch: Sequence[Received]) -> int:
        if self.times > 0:
            self.times -= 1
            raise self.error
        if any(each.event.id == self.event for each in batch):
            raise self.error
        return await self.engine.handle(batch)


async def test_events_wait_while_the_database_is_away(parts: Parts) -> None:
    task_id = await parts.task()
    for number in range(5):
        await parts.desk.js.publish(SUBJECT, payload(f"e{number}"))
    failing = Fails(parts.engine, ConnectionRefusedError(), times=3)
    async with running_intake(parts.desk, EventIntake(failing)):
        await until(lambda: all_handled(parts))
    assert [event for event, _ in await parts.outcomes(task_id)] == [f"e{n}" for n in range(5)]


async def test_one_event_that_cannot_be_handled_does_not_take_its_batch_with_it(
    parts: Parts,
) -> None:
    task_id = await parts.task()
    for number in range(5):
        await parts.desk.js.publish(SUBJECT, payload(f"e{number}"))
    failing = Fails(parts.engine, ValueError("poison"), event="e2")
    async with running_intake(parts.desk, EventIntake(failing)):
        await until(lambda: all_handled(parts))
    assert sorted(event or "" for event, _ in await parts.outcomes(task_id)) == [
        "e0",
        "e1",
        "e3",
        "e4",
    ]
    assert await count(parts.desk.js, "DEAD") == 1
    assert timedelta(0) <= (await EventIntake(failing).step())
