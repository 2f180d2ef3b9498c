"""Messages for the log writer, and a log writer to hear them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
from nats.aio.client import Client

from services.log_writer import handlers
from services.log_writer.recorder import Recorder
from services.log_writer.store.dead_letters import DeadLetterStore
from services.log_writer.store.lines import LineStore
from services.log_writer.store.runs import RunStore
from services.log_writer.undertaker import Undertaker
from shared.bus import topology
from shared.bus.announcing import Announcer
from shared.bus.connection import Guard, client_of, make_broker
from shared.contracts.runs import LogLine, RunStarted
from shared.db.pool import Pool, open_pool
from tests.support.roles import under
from tests.support.unread import unread

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EXECUTOR = UUID(int=7)
WITHIN = timedelta(seconds=20)


def started(run_id: UUID, task_id: UUID, *, attempt: int = 1, at: datetime = NOON) -> RunStarted:
    return RunStarted(
        run_id=run_id,
        task_id=task_id,
        attempt=attempt,
        trigger="schedule",
        scheduled_for=at,
        started_at=at + timedelta(seconds=attempt),
        executor=f"executor-{attempt}",
    )


def line(run_id: UUID, seq: int, text: str = "hello") -> LogLine:
    return LogLine(run_id=run_id, attempt=1, seq=seq, at=NOON, level="info", text=text)


async def bear_out(database: str, *runs: RunStarted) -> None:
    """Make the leases say of these runs what is going to be said of them."""
    connection = await asyncpg.connect(database)
    try:
        await connection.executemany(
            "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
            " VALUES ($1, $2, $3, $4, now())",
            [(run.run_id, run.task_id, run.attempt, EXECUTOR) for run in runs],
        )
    finally:
        await connection.close()


async def running(pool: Pool, task: UUID) -> int:
    """Return how many runs of a task are under way, as far as the log knows."""
    count: int = await pool.fetchval(
        "SELECT count(*) FROM log.runs WHERE task_id = $1 AND status = 'running'", task
    )
    return count


async def eventually(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Look again and again until it is true."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            while True:
                if await look():
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN}: {what}") from None


async def all_heard(client: Client) -> None:
    """Wait until no consumer of the log writer has anything left, the dead letters last."""
    consumers = (topology.LOG_WRITER_STARTED, topology.LOG_WRITER_LOGS, topology.LOG_WRITER_DEAD)

    async def silent() -> bool:
        return not await unread(client.jetstream(), *consumers)

    await eventually(silent, "everything is handled")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWriter:
    """A log writer that hears."""

    pool: Pool
    client: Client
    undertaker: Undertaker


@asynccontextmanager
async def log_writer(database: str, nats_url: str) -> AsyncIterator[LogWriter]:
    """Run the handlers on the real bus, as `app.build` does, inside the test's process."""
    pool = await open_pool(database, name="test")
    own = await open_pool(under(database, "log_writer"), name="log-writer")
    guard = Guard()
    guard.stopping = True  # a test's connection may close without ending the tests
    broker = make_broker(nats_url, name=f"test-{uuid4().hex}", guard=guard)
    try:
        await broker.connect()
        client = client_of(broker)
        undertaker = Undertaker(client, DeadLetterStore(own))
        room = handlers.Room(
            recorder=Recorder(RunStore(own)),
            lines=LineStore(own),
            announcer=Announcer(client),
            undertaker=undertaker,
        )
        handlers.register(broker, room)
        await broker.start()
        yield LogWriter(pool=pool, client=client, undertaker=undertaker)
    finally:
        await broker.stop()
        await own.close()
        await pool.close()
