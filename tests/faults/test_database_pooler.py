"""PgBouncer in transaction mode lies between the services and their database.

Everything holds as without: no part of ours needs a session of its own, and the pooler sets the
time-outs that free the locks of a process that was frozen.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest
import pytest_asyncio

from deploy.local import ports, process
from deploy.local.identity import choose
from tests.faults.own_postgres import TERMINATE, OwnPostgres, away_from_home, own_postgres
from tests.faults.stage import Stage, stage
from tests.support.servers import temporary_folder

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
INSTALL = "this test needs PgBouncer: apt install pgbouncer"

#: What an operator has to write, beside the address; the README says the same.
TIMEOUTS = (
    "SET statement_timeout = 15000; SET idle_in_transaction_session_timeout = 2000;"
    " SET lock_timeout = 3000; SET jit = off"
)
CONFIGURATION = """
[databases]
automation = host={host} port={port} user={user} password={password} connect_query='{timeouts}'

[pgbouncer]
listen_addr = {host}
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 15
max_client_conn = 300
"""
#: What was due while a scheduler was frozen, or all sessions were ended, starts this soon.
CATCHES_UP = 4  # seconds


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[OwnPostgres]:
    """Run a server of our own."""
    async with own_postgres() as server:
        yield server


@asynccontextmanager
async def pgbouncer(server: OwnPostgres, timeouts: str = TIMEOUTS) -> AsyncIterator[str]:
    """Run one before *server*; give its address."""
    if PGBOUNCER is None:
        pytest.fail(INSTALL)
    parts = urlsplit(server.dsn)
    own = ports.free_port()
    async with temporary_folder() as folder:
        identity = await choose(data=folder / "run" / "none", postgres=PGBOUNCER)
        file = folder / "pgbouncer.ini"
        file.write_text(
            CONFIGURATION.format(
                host=parts.hostname,
                port=parts.port,
                user=parts.username,
                password=unquote(parts.password or ""),
                own=own,
                timeouts=timeouts,
            )
        )
        file.chmod(0o644)
        with (folder / "log").open("wb") as log:
            running = await process.spawn(
                process.Command(
                    argv=(PGBOUNCER, str(file)), launch_options=identity.launch_options
                ),
                output=log,
            )
        address = f"postgresql://{parts.username}@{parts.hostname}:{own}/automation?sslmode=disable"
        try:
            await _answers(address)
            yield address
        finally:
            await process.stop(running, by=signal.SIGINT, within=process.KILL_TIMEOUT)


async def _answers(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            connection = await asyncpg.connect(address, timeout=5, statement_cache_size=0)
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            connection.terminate()
            return


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(server: OwnPostgres) -> AsyncIterator[Stage]:
    """Run two schedulers and two executors behind it."""
    async with pgbouncer(server) as address:
        env = away_from_home(
            server, AUTOMATION_DATABASE_URL=address, AUTOMATION_DATABASE_POOLED="true"
        )
        async with stage(env, dsn=server.dsn) as system:
            yield system


async def test_all_sessions_are_ended_behind_it(here: Stage, server: OwnPostgres) -> None:
    await here.steady(5)
    connection = await server.connect()
    try:
        with here.fault("terminated sessions", "postgres"):
            for _ in range(3):
                assert await connection.fetchval(TERMINATE, "%")
                await here.steady(1)
    finally:
        connection.terminate()
    figures = await here.judge("PgBouncer, all sessions ended behind it, 3 times")

    assert not figures.twice
    assert figures.latest < CATCHES_UP


async def test_a_scheduler_freezes_behind_it(here: Stage) -> None:
    for name in ("scheduler-1", "scheduler-2"):
        with here.fault("SIGSTOP", name):
            pid = here.system.kill(name, by=signal.SIGSTOP)
            await here.steady(3)
            os.kill(pid, signal.SIGCONT)
    await here.steady(1)
    figures = await here.judge("PgBouncer, scheduler frozen 3 s")

    assert not figures.twice
    assert figures.latest < CATCHES_UP
