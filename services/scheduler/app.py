"""The composition root of the scheduler: connections, and the life of what works on them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from services.scheduler import handlers
from services.scheduler.cancel import answer_cancels
from services.scheduler.machine import Machine
from services.scheduler.metrics import Samples
from services.scheduler.settings import SchedulerSettings
from shared.bus.access import access_of
from shared.bus.connection import Guard, client_of, close, make_broker
from shared.bus.topology import (
    RUNS_FINISHED_ALL,
    SCHEDULER_EVENTS,
    SCHEDULER_REQUESTS,
    SCHEDULER_TASKS,
)
from shared.bus.watch import Watch
from shared.db.pool import open_pool
from shared.db.schema import Schema
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service


def main() -> None:
    """Run one scheduler until it is told to stop."""
    settings = SchedulerSettings()
    run_service("scheduler", settings, lambda stack: build(settings, stack))


async def build(settings: SchedulerSettings, stack: AsyncExitStack) -> Parts:
    """Connect to the servers and return what runs on them."""
    pool = await open_pool(
        settings.database,
        name=settings.instance,
        max_size=8,
        pooled=settings.database_pooled,
    )
    stack.push_async_callback(pool.close)
    guard = Guard()
    access = access_of("scheduler", settings)
    broker = make_broker(settings.nats_url, name=settings.instance, guard=guard, access=access)
    await broker.connect()
    stack.push_async_callback(lambda: close(broker.stop()))
    client = client_of(broker)

    machine = Machine(settings, pool, client)
    stack.push_async_callback(machine.triggers.close)
    guard.on_reconnect = machine.reconciling.wake
    watch = Watch(client, (SCHEDULER_TASKS, SCHEDULER_REQUESTS, SCHEDULER_EVENTS))
    handlers.register(broker, machine.applier)
    answer_cancels(broker, machine.canceller)
    await watch.settled()  # the subscribers need their consumers
    await broker.start()
    await machine.triggers.start()
    await client.subscribe(RUNS_FINISHED_ALL, cb=machine.runs_finished)

    async def drain() -> None:
        guard.stopping = True
        await machine.triggers.drain()

    return Parts(
        loops=(Loop("watch", watch.step), *machine.loops),
        checks={
            "database": Schema(pool, "scheduler.scheduler_migrations").check,
            "bus": watch.check,
        },
        samples={"ledger": Samples(pool).take},
        drain=drain,
    )
