"""The log writer on the real bus: what it handled is acknowledged, poison is buried."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from deploy.local.postgres import Postgres
from services.log_writer.store.runs import RunStore
from shared.bus import topology
from shared.bus.announcing import SINGLE_TASKS
from shared.contracts.runs import LogLines, RunsStarted
from shared.db.pool import open_pool
from tests.integration.log_writer.builders import (
    EXECUTOR,
    all_heard,
    bear_out,
    eventually,
    line,
    log_writer,
    running,
    started,
)
from tests.support import servers
from tests.support.cases import table
from tests.support.swept import KEPT, Swept

STARTED = topology.runs_started(EXECUTOR)
LINES = topology.log_lines(EXECUTOR)

POISON = {
    "no JSON": b"not json \xff",
    "empty": b"",
    "1 MiB": b"x" * (1 << 20),
    "no fields": b"{}",
    "wrong types": b'{"runs": 5, "lines": "a"}',
    "unknown version": b'{"v": 2, "runs": [], "lines": []}',
    "a field missing": b'{"runs": [{}], "lines": [{}]}',
    "deep": b"[" * 100_000,
    "half a character": b'{"runs": [{"trigger": "\\ud800"}], "lines": [{"text": "\\ud800"}]}',
    "huge number": b'{"runs": [], "lines": ' + b"9" * 6000 + b"}",
}


@pytest.fixture
def run() -> UUID:
    return uuid4()


@pytest.fixture
def task() -> UUID:
    return uuid4()


async def test_a_run_that_began_is_running_and_its_lines_are_kept(
    database: str, nats_url: str, bus: Client, run: UUID, task: UUID
) -> None:
    js = bus.jetstream()
    async with log_writer(database, nats_url) as writer:
        await bear_out(database, started(run, task))
        await js.publish(STARTED, RunsStarted(runs=(started(run, task),)).encode())
        await js.publish(LINES, LogLines(lines=(line(run, 1),)).encode())
        await all_heard(bus)

        assert await running(writer.pool, task) == 1
        assert await writer.pool.fetchval("SELECT text FROM log.lines") == "hello"


@table("subject", [STARTED, LINES])
async def test_poison_ends_among_the_dead_letters_and_blocks_nobody(
    database: str, nats_url: str, bus: Client, kept_database: Swept, subject: str
) -> None:
    await kept_database.empty()
    js = bus.jetstream()
    task = uuid4()
    async with log_writer(database, nats_url) as writer:
        for poison in POISON.values():
            await js.publish(subject, poison)
            message = RunsStarted(runs=(started(uuid4(), task),))
            await bear_out(database, *message.runs)
            await js.publish(STARTED, message.encode())
        await all_heard(bus)

        assert await running(writer.pool, task) == len(POISON)
        rows = await writer.pool.fetch("SELECT * FROM log.dead_letters ORDER BY id")
        assert [row["payload"] for row in rows] == [
            poison[: 64 << 10] for poison in POISON.values()
        ]
        assert {row["subject"] for row in rows} == {subject}
        assert writer.client.is_connected  # a message too large to be sent again would end it


async def test_a_crash_between_commit_and_acknowledgement_leaves_one_row(
    database: str, nats_url: str, bus: Client, run: UUID, task: UUID
) -> None:
    message = RunsStarted(runs=(started(run, task),))
    await bear_out(database, *message.runs)
    await bus.jetstream().publish(STARTED, message.encode())
    consumer = topology.LOG_WRITER_STARTED
    crashing = await bus.jetstream().pull_subscribe_bind(consumer.name, consumer.stream)
    (delivered,) = await crashing.fetch(1)
    pool = await open_pool(database, name="test")
    await RunStore(pool).write_started(RunsStarted.decode(delivered.data).runs)
    await pool.close()
    await delivered.nak()  # what `ack_wait` would do later

    async with log_writer(database, nats_url) as writer:
        await all_heard(bus)

        assert await running(writer.pool, task) == 1


async def test_a_message_is_held_while_the_database_is_away_and_no_delivery_is_used_up(  # noqa: PLR0917 - fixtures
    database: str,
    postgres_server: Postgres,
    nats_url: str,
    bus: Client,
    run: UUID,
    task: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = database.rpartition("/")[2].partition("?")[0]
    away = f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608 - names of ours
        f" WHERE datname = '{name}' AND application_name <> '{KEPT}'"
    )
    back = f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"
    js = bus.jetstream()
    await bear_out(database, started(run, task))
    async with log_writer(database, nats_url) as writer:
        await servers.admin(postgres_server, away)
        await servers.admin(postgres_server, ended)
        await js.publish(STARTED, RunsStarted(runs=(started(run, task),)).encode())

        async def held() -> bool:
            return "is held" in caplog.text

        await eventually(held, "the message is held")
        await servers.admin(postgres_server, back)
        await all_heard(bus)

        assert await running(writer.pool, task) == 1
        assert "failed, delivery" not in caplog.text


async def test_open_pages_are_told_which_task_has_news(
    database: str, nats_url: str, bus: Client, task: UUID
) -> None:
    heard = await bus.subscribe("task.logged.*")
    await bus.flush()
    few = tuple(started(uuid4(), task) for _ in range(3))
    many = tuple(started(uuid4(), uuid4()) for _ in range(SINGLE_TASKS + 1))
    await bear_out(database, *few, *many)
    async with log_writer(database, nats_url):
        for runs in (few, few, many):  # the second is not news
            await bus.jetstream().publish(STARTED, RunsStarted(runs=runs).encode())

        first, second = [await heard.next_msg(timeout=10) for _ in range(2)]
        assert [first.subject, second.subject] == [
            topology.task_logged(task),
            topology.TASK_LOGGED_MANY,
        ]


async def test_stopping_finishes_what_is_in_hand(
    database: str, nats_url: str, bus: Client, task: UUID
) -> None:
    runs = [started(uuid4(), task) for _ in range(200)]
    await bear_out(database, *runs)
    for run in runs:
        await bus.jetstream().publish(STARTED, RunsStarted(runs=(run,)).encode())
    pool = await open_pool(database, name="test")

    async def some() -> bool:
        return bool(await pool.fetchval("SELECT count(*) FROM log.runs"))

    async with log_writer(database, nats_url):
        await eventually(some, "the first rows")

    consumer = topology.LOG_WRITER_STARTED
    info = await bus.jetstream().consumer_info(consumer.stream, consumer.name)
    written = await pool.fetchval("SELECT count(*) FROM log.runs")
    # At most one was fetched and then not begun; it comes again.
    assert (info.num_ack_pending or 0) <= 1
    assert written + (info.num_pending or 0) + (info.num_ack_pending or 0) == len(runs)
    await pool.close()


async def test_two_log_writers_share_the_work(
    database: str, nats_url: str, bus: Client, task: UUID
) -> None:
    runs = [started(uuid4(), task) for _ in range(300)]
    await bear_out(database, *runs)
    async with log_writer(database, nats_url) as first, log_writer(database, nats_url):
        async with asyncio.timeout(timedelta(seconds=30).total_seconds()):
            for at in range(0, len(runs), 5):
                message = RunsStarted(runs=tuple(runs[at : at + 10]))  # half of it twice
                await bus.jetstream().publish(STARTED, message.encode())
            await all_heard(bus)

        assert await running(first.pool, task) == len(runs)
