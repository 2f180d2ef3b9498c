"""The API on a real database and a real bus, and runs in whose name actions may ask it.

The relay runs, so that what lies in the outbox is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from nats.aio.client import Client

from services.api.bus.accounts import RuntimeDesk
from services.api.bus.announce import OUTBOX
from services.api.bus.scripts import ScriptDesk
from services.api.events.finding import EventFinder
from services.api.events.stream import BusEvents
from services.api.platform.answering import ActionDesk
from services.api.platform.commands import COMMANDS, by_name
from services.api.store.database import Database
from shared.bus.connection import Guard, client_of, make_broker
from shared.bus.publisher import Publisher
from shared.db.pool import Pool
from shared.outbox.relay import Relay
from shared.runtime.action_catalog import action_catalog
from shared.runtime.conditions import Conditions
from shared.runtime.loop import Loop
from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api.client import Api, Greet, running_api
from tests.support.context import RecordingContext

SECONDS = 20.0


@dataclass
class Platform:
    """What a test may do with it."""

    api: Api
    bus: Client
    desk: ActionDesk

    @property
    def http(self) -> httpx.AsyncClient:
        """A client with an admin's token."""
        return self.api.http

    @property
    def pool(self) -> Pool:
        return self.api.pool

    async def context(self, *, task_id: UUID | None = None, **more: Any) -> RecordingContext:  # noqa: ANN401 - fields of the context
        """Return the context of a run that has just begun: its lease is live."""
        if task_id is None:
            task_id = UUID((await self.api.create())["id"])
        context = RecordingContext(task_id=task_id, bus=self.bus, **more)
        await self.pool.execute(
            "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
            " VALUES ($1, $2, $3, $4, now() + interval '1 hour')",
            context.run_id,
            task_id,
            context.attempt,
            uuid4(),
        )
        return context

    async def next_attempt(self, context: RecordingContext) -> RecordingContext:
        """Let the executor of a run have died; return what the next attempt gets."""
        await self.pool.execute(
            "UPDATE executor.leases SET attempt = attempt + 1 WHERE run_id = $1", context.run_id
        )
        return context.another_attempt()

    async def end(self, context: RecordingContext) -> None:
        """Let a run be over: it has no lease any more."""
        await self.pool.execute("DELETE FROM executor.leases WHERE run_id = $1", context.run_id)


@asynccontextmanager
async def running_platform(database: str, bus: Client, nats_url: str) -> AsyncIterator[Platform]:
    """Run the API's side of the bus in this process."""
    box = SecretBox.parse(new_key())
    async with running_api(
        database, catalog={**action_catalog(), "greet": Greet()}, box=box
    ) as api:
        guard = Guard()
        broker = make_broker(nats_url, name="platform-test", guard=guard)
        conditions = Conditions()
        finder = EventFinder(conditions)
        finder.stream = BusEvents(bus)
        desk = ActionDesk(Database(api.own), {**COMMANDS, **by_name(finder.commands)})
        desk.register(broker)
        runtimes = RuntimeDesk(Database(api.own))
        runtimes.register(broker)
        texts = ScriptDesk(Database(api.own))
        texts.register(broker)
        await broker.start()
        client = client_of(broker)
        await client.flush()  # else a question may be there before whoever answers it
        relay = Loop("relay", Relay(api.own, Publisher(client), OUTBOX).step)
        desk.on_written = runtimes.on_written = texts.on_written = relay.wake
        relaying = asyncio.create_task(relay.run())
        try:
            yield Platform(api, bus, desk)
        finally:
            relay.stop()
            await relaying
            guard.stopping = True
            await broker.stop()
            await conditions.close()


async def eventually(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait until *look* finds something."""
    try:
        async with asyncio.timeout(SECONDS):
            while not await look():  # noqa: ASYNC110 - rows say nothing when they change
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS} s: {what}") from None
