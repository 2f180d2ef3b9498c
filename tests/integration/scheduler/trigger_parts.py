"""A trigger engine on the desk of a scheduler, and events to feed it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.scheduler.loops.trigger_timer import TriggerTimer
from services.scheduler.store.triggers import TriggerStore
from services.scheduler.triggers.book import Apply, TriggerBook
from services.scheduler.triggers.engine import Asking, Engine, Received
from services.scheduler.triggers.heard import Heard
from services.scheduler.triggers.intake import EventIntake
from shared.bus import topology
from shared.bus.pull import CreditPull
from shared.contracts.tasks import TaskType
from shared.db.pool import Record
from shared.domain.event import Event
from shared.runtime.clock import utc_now
from shared.runtime.conditions import Conditions
from shared.runtime.loop import Loop
from tests.integration.scheduler.desk import MINUTE, Desk, changed

SUBJECT = "event.shop.order.created"


@dataclass(kw_only=True)
class Parts:
    """The parts of one engine, as `app` puts them together."""

    desk: Desk
    store: TriggerStore
    book: TriggerBook
    conditions: Conditions
    engine: Engine
    timer: TriggerTimer
    woken: list[int]

    def other_engine(self) -> Engine:
        """Return the engine of another scheduler."""
        return make_engine(self.desk, self.conditions)

    def book_that_applies(self, apply: Apply) -> TriggerBook:
        """Return the book of another scheduler, which does something else with what is new."""
        return TriggerBook(self.store, apply)

    async def task(self, trigger: dict[str, Any] | None = None, **fields: Any) -> UUID:  # noqa: ANN401 - whatever the contract takes
        """Let there be a task with this trigger."""
        task_id = uuid4()
        await self.edit(task_id, 1, trigger, **fields)
        return task_id

    async def edit(
        self,
        task_id: UUID,
        version: int,
        trigger: dict[str, Any] | None = None,
        **fields: Any,  # noqa: ANN401 - as above
    ) -> None:
        wanted = {
            "task_type": TaskType.TRIGGERED,
            "trigger_config": trigger or {"subject": SUBJECT},
        }
        change = changed(task_id, version, utc_now(), None, **{**wanted, **fields})
        await self.desk.applier.tasks_changed([change])

    async def rows(self, task_id: UUID) -> list[Record]:
        return await self.desk.pool.fetch(
            "SELECT *, origin::json->'event'->>'id' AS event_id FROM scheduler.occurrences"
            " WHERE task_id = $1 ORDER BY created_at, scheduled_for",
            task_id,
        )

    async def outcomes(self, task_id: UUID) -> list[tuple[str, str | None]]:
        return [(row["event_id"], row["outcome"]) for row in await self.rows(task_id)]

    async def states(self) -> int:
        count: int = await self.desk.pool.fetchval("SELECT count(*) FROM scheduler.trigger_states")
        return count

    async def time_passes(self, time: timedelta) -> None:
        """Make what is due later due sooner."""
        await self.desk.pool.execute(
            "UPDATE scheduler.trigger_states SET due_at = due_at - $1::interval", time
        )


def make_engine(desk: Desk, conditions: Asking, woken: list[int] | None = None) -> Engine:
    store = TriggerStore(desk.own)
    return Engine(
        book=TriggerBook(store, desk.applier.tasks_changed),
        conditions=conditions,
        jobs=desk.jobs,
        store=store,
        entrance=desk.entrance,
        dispatcher=desk.dispatcher,
        wake_timer=lambda: (woken if woken is not None else []).append(1),
    )


@asynccontextmanager
async def open_parts(desk: Desk, conditions: Conditions) -> AsyncIterator[Parts]:
    store = TriggerStore(desk.own)
    woken: list[int] = []
    engine = make_engine(desk, conditions, woken)
    book = TriggerBook(store, desk.applier.tasks_changed)
    timer = TriggerTimer(
        book=book,
        jobs=desk.jobs,
        store=store,
        entrance=desk.entrance,
        dispatcher=desk.dispatcher,
        heard_until=Heard(desk.client).until,
    )
    yield Parts(
        desk=desk,
        store=store,
        book=book,
        conditions=conditions,
        engine=engine,
        timer=timer,
        woken=woken,
    )


@asynccontextmanager
async def running_intake(desk: Desk, intake: EventIntake) -> AsyncIterator[EventIntake]:
    """Let an intake read the stream until the end."""
    pull = CreditPull(desk.client, topology.SCHEDULER_EVENTS, intake.arrived)
    loop = Loop("events", intake.step)
    intake.pull, intake.wake = pull, loop.wake
    await pull.start()
    running = asyncio.create_task(loop.run())
    try:
        yield intake
    finally:
        await intake.drain()
        loop.stop()
        await running


def received(
    name: str = "e1",
    data: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    causes: Sequence[UUID] = (),
    subject: str = SUBJECT,
) -> Received:
    """Return an event of a shop, a minute old unless said otherwise."""
    at = at or utc_now() - MINUTE
    event = Event(
        id=name,
        source="shop",
        type="order.created",
        time=at,
        subject=subject,
        data=data or {},
        causes=tuple(causes),
    )
    return Received(event, at)


def payload(name: str, **data: Any) -> bytes:  # noqa: ANN401 - whatever JSON takes
    """Return an event as it is published, in structured mode."""
    said = {"specversion": "1.0", "id": name, "source": "shop", "type": "order.created"}
    return json.dumps({**said, "data": data}).encode()
