"""The real servers that integration tests run against, one of each per test run.

They are the very servers of `automation up` (`deploy.local`), except that nothing is forced to
disk: a test run need not survive a power cut. Linux ends them with pytest, even if it is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import nats
from nats.aio.client import Client

from deploy.local import process
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from services.bus_keeper.app import answer
from services.bus_keeper.keeper import Keeper
from shared.bus.access import NOBODY, Access
from shared.bus.connection import Guard, connect

#: What makes PostgreSQL quick and forgetful.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

TEMPLATE = "template_migrated"

#: Files here never reach a disk: to clone the template costs 20 ms, on a disk 400.
MEMORY = Path("/dev/shm")  # noqa: S108 - only where the servers of a test run keep their files
#: What the servers of one run may need; containers often have 64 MB there.
ENOUGH = 2 << 30


class Running:
    """One unit as a running process; `async with` ends it."""

    def __init__(self, unit: process.Unit, folder: Path) -> None:
        self.unit = unit
        self.output = folder / f"{unit.name}.log"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until it answers."""
        command = await self.unit.prepare()
        with self.output.open("ab") as output:
            self.process = await process.spawn(command, output=output)
        try:
            await process.wait_ready(self.unit, self.process)
            await self.unit.opened()
        except process.StartFailed as error:
            text = self.output.read_text(errors="replace")
            raise process.StartFailed(f"{error}: {self.unit.explain(text)}\n{text}") from error

    async def kill(self) -> None:
        """Kill -9, as a fault would."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Stop the way the supervisor does."""
        if self.process is not None:
            await process.stop(self.process, by=self.unit.stop_signal, within=self.unit.stop_within)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def quickest_place() -> Path | None:
    """Return where files of servers are kept that need not survive; None: wherever others are."""
    try:
        room = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if room > ENOUGH and os.access(MEMORY, os.W_OK) else None


@asynccontextmanager
async def temporary_folder(
    prefix: str = "automation-", *, place: Path | None = None
) -> AsyncIterator[Path]:
    """Give a folder outside the checkout, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def running_postgres() -> AsyncIterator[Postgres]:
    """Run a PostgreSQL of our own, with one migrated database to clone."""
    async with temporary_folder(place=quickest_place()) as folder:
        unit = Postgres(folder / "postgres", NOT_DURABLE)
        async with Running(unit, folder):
            await _make_template(unit)
            yield unit


@asynccontextmanager
async def running_nats() -> AsyncIterator[Nats]:
    """Run a NATS server of our own."""
    async with temporary_folder(place=quickest_place()) as folder:
        unit = Nats(folder / "nats", sync="10s")
        async with Running(unit, folder):
            yield unit


_numbers = itertools.count(1)


@asynccontextmanager
async def fresh_database(server: Postgres) -> AsyncIterator[str]:
    """Clone the migrated database and drop the clone at the end."""
    name = f"test_{next(_numbers)}"
    await admin(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield server.dsn(name)
    finally:
        await admin(server, f"DROP DATABASE {name} WITH (FORCE)")


async def admin(server: Postgres, statement: str) -> None:
    """Run one statement outside of any test's database."""
    connection = await asyncpg.connect(server.dsn("postgres"), timeout=10)
    try:
        await connection.execute(statement, timeout=30)
    finally:
        await connection.close(timeout=10)


async def _make_template(server: Postgres) -> None:
    from shared.db.migrate import migrate  # noqa: PLC0415 - only these tests need the schema

    await admin(server, f"CREATE DATABASE {TEMPLATE}")
    await migrate(server.dsn(TEMPLATE))


@asynccontextmanager
async def fresh_bus(url: str, *, keeper: bool = True) -> AsyncIterator[Client]:
    """Connect to a NATS server whose streams are as newly made, and have a keeper."""
    from tests.support.streams import renew  # noqa: PLC0415 - only these tests need the streams

    client = await nats.connect(url, allow_reconnect=False)
    try:
        await renew(client)
        async with bus_keeper(url) if keeper else contextlib.nullcontext():
            yield client
    finally:
        await client.close()


@asynccontextmanager
async def bus_keeper(url: str, access: Access = NOBODY) -> AsyncIterator[Keeper]:
    """Answer services that miss a stream or consumer; it does not look by itself."""
    guard = Guard()
    guard.stopping = True  # it may close without ending the tests
    client = await connect(url, name="keeper", guard=guard, access=access)
    try:
        keeper = Keeper(client, replicas=1, interval=timedelta(seconds=1))
        await answer(client, keeper)
        yield keeper
    finally:
        with contextlib.suppress(OSError):  # a test has killed the server
            await client.close()
