"""The composition root of the executor: the only place where its parts meet."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

from services.executor.intake import Intake
from services.executor.journal import Journal
from services.executor.loops.confirmer import Confirmer
from services.executor.loops.heartbeat import Heartbeat
from services.executor.runner import Runner
from services.executor.settings import ExecutorSettings
from services.executor.speaker import Speaker
from services.executor.store.leases import LeaseStore
from services.executor.store.presence import PresenceStore
from services.executor.time_of_day import DatabaseClock
from shared.bus.connection import Guard, connect
from shared.bus.publisher import Publisher
from shared.bus.pull import CreditPull
from shared.bus.topology import DUE_DEFAULT, LOG_WRITER_FINISHED
from shared.bus.watch import Watch
from shared.db.pool import open_pool
from shared.runtime.action_catalog import action_catalog
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service

log = logging.getLogger(__name__)

#: How long a stopping executor tries to get its last results stored and said.
LAST_WORDS = timedelta(seconds=20)


def main() -> None:
    """Run one executor until it is told to stop."""
    settings = ExecutorSettings()

    async def build(stack: AsyncExitStack) -> Parts:
        return await _build(settings, stack)

    run_service("executor", settings, build)


async def _build(settings: ExecutorSettings, stack: AsyncExitStack) -> Parts:
    # A fresh identity per start: a restarted executor must not take itself for the one that died.
    executor_id = uuid4()
    lease = timedelta(seconds=settings.lease_seconds)
    pool = await open_pool(settings.database_url, name=settings.instance, max_size=6)
    stack.push_async_callback(pool.close)
    guard = Guard()
    client = await connect(settings.nats_url, name=settings.instance, guard=guard)
    stack.push_async_callback(client.close)

    clock = DatabaseClock(utc_now)
    leases = LeaseStore(pool, executor_id, lease)
    presence = PresenceStore(pool, executor_id)
    actions = action_catalog()
    for action in actions.values():
        stack.push_async_callback(action.close)
    publisher = Publisher(client)
    journal = Journal(executor_id, leases, publisher)
    runner = Runner(
        executor=settings.instance,
        actions=actions,
        journal=journal,
        speaker=Speaker(client),
        now=clock.now,
        database_url=settings.database_url,
        home=settings.home,
        egress_allow=settings.egress_allow,
    )
    intake = Intake(slots=settings.executor_slots, leases=leases, runner=runner)
    heartbeat = Heartbeat(
        intake=intake,
        journal=journal,
        leases=leases,
        presence=presence,
        clock=clock,
        lease=lease,
        instance=settings.instance,
        slots=settings.executor_slots,
        actions=list(actions),
    )
    js = client.jetstream(timeout=2)

    async def unread() -> int:
        info = await js.consumer_info(LOG_WRITER_FINISHED.stream, LOG_WRITER_FINISHED.name)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    confirmer = Confirmer(
        executor_id=executor_id,
        leases=leases,
        presence=presence,
        publisher=publisher,
        unread=unread,
        keep=timedelta(days=settings.lease_days),
    )

    async def database_answers() -> None:
        await pool.fetchval("SELECT 1")

    await heartbeat.step()  # learns the database's clock before the first run starts
    watch = Watch(client, (DUE_DEFAULT,))
    taking = Loop("intake", intake.step)
    telling = Loop("journal", lambda: journal.flush(clock.now()))
    intake.wake = taking.wake
    journal.wake = telling.wake
    intake.pull = CreditPull(client, DUE_DEFAULT, intake.arrived)
    intake.pull.on_expired = taking.wake
    await intake.pull.start()

    async def drain() -> None:
        guard.stopping = True
        await heartbeat.report(draining=True)
        await intake.drain(timedelta(seconds=settings.drain_seconds))
        try:
            async with asyncio.timeout(LAST_WORDS.total_seconds()):
                await journal.emptied()
        except TimeoutError:
            log.error("stopping with results that could not be said")  # noqa: TRY400 - no traceback
        await presence.leave()

    return Parts(
        loops=(
            telling,
            Loop("heartbeat", heartbeat.step),
            Loop("confirmer", confirmer.step),
            Loop("watch", watch.step),
            taking,
        ),
        checks={"database": database_answers, "bus": watch.check},
        drain=drain,
    )
