"""Puts the log writer together; the only module that builds things."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

from services.log_writer import handlers
from services.log_writer.loops.pruner import Kept, Pruner
from services.log_writer.loops.summarizer import Summarizer
from services.log_writer.loops.sweeper import Sweeper
from services.log_writer.loops.watchdog import Watchdog
from services.log_writer.recorder import Recorder
from services.log_writer.settings import LogWriterSettings
from services.log_writer.store.dead_letters import DeadLetterStore
from services.log_writer.store.lines import LineStore
from services.log_writer.store.retention import RetentionStore
from services.log_writer.store.runs import RunStore
from services.log_writer.store.upkeep import UpkeepStore
from services.log_writer.undertaker import Undertaker
from shared.bus import topology
from shared.bus.access import access_of
from shared.bus.announcing import Announcer
from shared.bus.connection import Guard, client_of, close, make_broker
from shared.bus.publisher import Publisher
from shared.bus.watch import Watch
from shared.db.clocks import Clocks
from shared.db.pool import open_pool
from shared.db.schema import Schema
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service

CONSUMERS = (
    topology.LOG_WRITER_STARTED,
    topology.LOG_WRITER_LOGS,
    topology.LOG_WRITER_DEAD,
)


async def build(settings: LogWriterSettings, stack: AsyncExitStack) -> Parts:
    """Connect to the servers and return what runs on them."""
    name = f"log-writer:{settings.instance}"
    # A connection for each kind of message, and for the probes, the watchdog, the pruner.
    pool = await open_pool(
        settings.database,
        name=name,
        max_size=len(CONSUMERS) + 3,
        pooled=settings.database_pooled,
    )
    stack.push_async_callback(pool.close)

    guard = Guard()
    access = access_of("log-writer", settings)
    broker = make_broker(settings.nats_url, name=name, guard=guard, access=access)

    async def close_broker() -> None:
        guard.stopping = True
        await close(broker.stop())

    await broker.connect()
    stack.push_async_callback(close_broker)  # before the pool: handlers finish what they have

    client = client_of(broker)
    undertaker = Undertaker(client, DeadLetterStore(pool))
    watch = Watch(client, CONSUMERS)
    handlers.register(
        broker,
        handlers.Room(
            recorder=Recorder(RunStore(pool)),
            lines=LineStore(pool),
            announcer=Announcer(client),
            undertaker=undertaker,
        ),
    )
    await watch.settled()  # the subscribers need their consumers
    await broker.start()
    pruner = Pruner(RetentionStore(pool), _kept(settings), Clocks(pool, utc_now))
    return Parts(
        loops=[
            Loop("watch", watch.step),
            Loop("sweeper", Sweeper(client, undertaker).step),
            Loop("summarizer", Summarizer(UpkeepStore(pool)).step),
            Loop("pruner", pruner.step),
            Loop("watchdog", Watchdog(pool, Publisher(client)).step),
        ],
        checks={"database": Schema(pool, "log.log_writer_migrations").check, "bus": watch.check},
    )


def _kept(settings: LogWriterSettings) -> Kept:
    return Kept(
        runs=timedelta(days=settings.retention_run_days),
        lines=timedelta(days=settings.retention_line_days),
        undecided=timedelta(days=settings.retention_undecided_days),
    )


def main() -> None:
    """Run one log writer until it is told to stop."""
    settings = LogWriterSettings()
    run_service("log-writer", settings, lambda stack: build(settings, stack))
