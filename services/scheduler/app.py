"""The composition root of the scheduler: the only place where its parts meet."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

from services.scheduler import handlers
from services.scheduler.apply import Applier
from services.scheduler.dispatch import Dispatcher
from services.scheduler.loops.pruner import Pruner
from services.scheduler.loops.reconciler import Reconciler
from services.scheduler.loops.sweeper import Sweeper
from services.scheduler.loops.ticker import Ticker
from services.scheduler.settings import SchedulerSettings
from services.scheduler.source import TaskSource
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from shared.bus.connection import Guard, client_of, close, make_broker
from shared.bus.publisher import Publisher
from shared.bus.topology import DUE, SCHEDULER_REQUESTS, SCHEDULER_TASKS
from shared.bus.watch import Watch, stored
from shared.db.pool import answers, open_pool
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service


def main() -> None:
    """Run one scheduler until it is told to stop."""
    settings = SchedulerSettings()
    run_service("scheduler", settings, lambda stack: build(settings, stack))


async def build(settings: SchedulerSettings, stack: AsyncExitStack) -> Parts:
    """Connect to the servers and return what runs on them."""
    pool = await open_pool(settings.database_url, name=settings.instance, max_size=8)
    stack.push_async_callback(pool.close)
    guard = Guard()
    broker = make_broker(settings.nats_url, name=settings.instance, guard=guard)
    await broker.connect()
    stack.push_async_callback(lambda: close(broker.stop()))
    client = client_of(broker)

    jobs, ledger = JobStore(pool), LedgerStore(pool)
    dispatcher, source = Dispatcher(Publisher(client)), TaskSource(client)
    ticker = Ticker(jobs, ledger, dispatcher)
    ticking = Loop("ticker", ticker.step)
    stack.push_async_callback(ticker.flush)
    applier = Applier(
        jobs=jobs, ledger=ledger, dispatcher=dispatcher, source=source, wake_ticker=ticking.wake
    )
    reconciler = Reconciler(
        jobs=jobs,
        source=source,
        applier=applier,
        now=utc_now,
        interval=timedelta(seconds=settings.reconcile_seconds),
    )
    js = client.jetstream(timeout=2)
    sweeper = Sweeper(ledger, dispatcher, lambda: stored(js, DUE), utc_now)
    reconciling = Loop("reconciler", reconciler.step)
    guard.on_reconnect = reconciling.wake
    watch = Watch(client, (SCHEDULER_TASKS, SCHEDULER_REQUESTS))
    handlers.register(broker, applier)
    await watch.step()  # the subscribers need their consumers
    await broker.start()

    async def drain() -> None:
        guard.stopping = True

    return Parts(
        loops=(
            Loop("watch", watch.step),
            Loop("pruner", Pruner(jobs, ledger, timedelta(days=settings.ledger_days)).step),
            reconciling,
            Loop("sweeper", sweeper.step),
            ticking,
        ),
        checks={"database": lambda: answers(pool), "bus": watch.check},
        drain=drain,
    )
