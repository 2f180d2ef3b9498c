"""A change and the message that tells of it are one thing, whatever happens to the servers."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import nats
import psutil
import pytest
import pytest_asyncio

from deploy.local import ports
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from services.api.access.tokens import create_admin_token
from services.api.bus.announce import MOST_MESSAGE_BYTES, announce
from services.api.store.database import Database, Unavailable
from services.api.tasks.definition import Definition
from services.api.wire.problems import Refused
from shared.bus import topology
from shared.bus.declare import declare
from shared.contracts.runs import RunsRequested
from shared.contracts.tasks import TaskChanged
from shared.db.migrate import migrate
from shared.db.pool import open_pool
from tests.integration.api.client import TASKS, Api, a_task, bearer
from tests.support.servers import NOT_DURABLE, Running, temporary_folder


async def test_a_commit_is_a_message(api: Api) -> None:
    task = await api.create(name="一", action_config={"times": 2})

    row = await api.pool.fetchrow("SELECT * FROM api.outbox")

    assert row is not None
    said = TaskChanged.decode(row["payload"])
    assert row["subject"] == f"task.created.{task['id']}"
    assert row["message_id"] == f"task:{task['id']}:1"
    assert row["key"] == task["id"]
    assert (said.change, str(said.task_id), said.version) == ("created", task["id"], 1)
    assert said.changed_at.isoformat().replace("+00:00", "Z") == task["updated_at"]
    assert said.task is not None
    assert (said.task.name, said.task.action_config) == ("一", {"times": 2})
    assert len(api.woken) == 1


async def test_a_task_that_does_not_fit_a_message_is_not_stored(api: Api) -> None:
    definition = Definition(name="x", action_config={"x": "y" * MOST_MESSAGE_BYTES})
    task = await api.create()

    async def change() -> None:
        async with Database(api.own).transaction() as connection:
            await connection.execute("UPDATE api.tasks SET name = 'changed'")
            await announce(
                connection,
                "updated",
                UUID(task["id"]),
                version=2,
                changed_at=datetime.now(UTC),
                definition=definition,
            )

    with pytest.raises(Refused) as caught:
        await change()

    assert caught.value.status == 413
    assert (await api.http.get(f"{TASKS}/{task['id']}")).json() == task


@dataclass(frozen=True, slots=True)
class Alone:
    """An API in a process of its own, with servers of its own that a test may end."""

    client: httpx.AsyncClient
    bus: Running
    database: Running
    url: str
    dsn: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone() -> AsyncIterator[Alone]:
    async with temporary_folder() as folder:
        bus, database = Nats(folder / "nats", sync="always"), Postgres(folder / "pg", NOT_DURABLE)
        async with Running(bus, folder) as running_bus, Running(database, folder) as running:
            await declare(bus.url)
            await migrate(database.dsn())
            async with real_process(database.dsn(), bus.url, folder) as client:
                yield Alone(client, running_bus, running, bus.url, database.dsn())


@asynccontextmanager
async def real_process(dsn: str, nats_url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run the API as a process of its own; give a client with an admin's token."""
    port = ports.free_port()
    token = await create_admin_token(dsn)
    environment = {
        **os.environ,
        "AUTOMATION_DATABASE_URL": dsn,
        "AUTOMATION_NATS_URL": nats_url,
        "AUTOMATION_PORT": str(port),
        "AUTOMATION_INSTANCE": "api-1",
    }
    with (folder / "api.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.api", env=environment, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers=bearer(token), timeout=10) as client:
            await until(client, "/readyz", 200)
            yield client
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0, (folder / "api.log").read_text()


async def until(client: httpx.AsyncClient, path: str, status: int) -> None:
    """Ask again and again until the answer has *status*."""

    async def ask() -> int | None:
        try:
            return (await client.get(path)).status_code
        except httpx.TransportError:
            return None

    deadline = time.monotonic() + 20
    while await ask() != status:
        assert time.monotonic() < deadline, f"{path} never answered {status}"
        await asyncio.sleep(0.05)


async def _newest(url: str, stream: str, subject: str) -> bytes:
    client = await nats.connect(url)
    try:
        found = await client.jetstream().get_last_msg(stream, subject)
    finally:
        await client.close()
    assert found.data is not None
    return bytes(found.data)


async def test_without_nats_tasks_are_taken_and_told_of_afterwards(alone: Alone) -> None:
    client = alone.client
    known = (await client.post(TASKS, json=a_task(task_action="data_backup"))).json()

    await alone.bus.kill()
    started = time.monotonic()
    created = await client.post(TASKS, json=a_task(task_action="data_backup"))
    run = await client.post(f"{TASKS}/{known['id']}/run")
    assert time.monotonic() - started < 2
    assert (created.status_code, run.status_code) == (201, 200)
    await until(client, "/readyz", 503)

    await alone.bus.start()
    await until(client, "/readyz", 200)
    await _all_is_published(alone.dsn)

    task_id = created.json()["id"]
    said = TaskChanged.decode(await _newest(alone.url, "TASKS", f"task.created.{task_id}"))
    asked = RunsRequested.decode(await _newest(alone.url, "REQUESTS", topology.RUN_REQUEST_API))
    assert str(said.task_id) == task_id
    assert [str(each.run_id) for each in asked.requests] == [run.json()["run_id"]]


async def _all_is_published(dsn: str) -> None:
    async with await open_pool(dsn, name="test") as pool:
        deadline = time.monotonic() + 20
        while await pool.fetchval("SELECT count(*) FROM api.outbox WHERE sent = 0"):
            assert time.monotonic() < deadline, "the relay does not publish"
            await asyncio.sleep(0.05)


async def test_a_statement_that_takes_too_long_is_given_up_on(api: Api) -> None:
    database = Database(api.own, patience=timedelta(milliseconds=20))
    started = time.monotonic()
    for lend in (database.connection, database.transaction):
        for _ in range(15):  # more often than the pool has connections
            with pytest.raises(Unavailable):
                async with lend() as connection:
                    await connection.execute("SELECT pg_sleep(60)")
    assert time.monotonic() - started < 10
    await Database(api.own).ping()


async def test_what_a_refused_request_wrote_is_taken_back(api: Api) -> None:
    task = await api.create()

    async def change() -> None:
        async with Database(api.own).transaction() as connection:
            await connection.execute("UPDATE api.tasks SET name = 'changed'")
            raise Refused(422, "request.invalid")

    with pytest.raises(Refused):
        await change()

    assert (await api.http.get(f"{TASKS}/{task['id']}")).json() == task


async def test_a_database_that_is_frozen_or_gone_is_503_and_no_hang(alone: Alone) -> None:
    client, server = alone.client, alone.database
    assert server.process is not None
    parts = _family(server.process.pid)
    for part in parts:
        part.suspend()
    frozen, seconds = await _timed(client)
    for part in parts:
        part.resume()
    await until(client, TASKS, 200)

    await server.kill()
    gone, seconds_gone = await _timed(client)
    await server.start()
    await until(client, TASKS, 200)

    for answer in (frozen, gone):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["code"] == "server.unavailable"
    assert seconds < 4
    assert seconds_gone < 4


def _family(pid: int) -> list[psutil.Process]:
    leader = psutil.Process(pid)
    return [leader, *leader.children(recursive=True)]


async def _timed(client: httpx.AsyncClient) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    answer = await client.post(TASKS, json=a_task(task_action="data_backup"))
    return answer, time.monotonic() - started
