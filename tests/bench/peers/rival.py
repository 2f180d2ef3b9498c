"""Start a peer with servers of its own, and ask it for runs.

async with running(PGQUEUER, python) as on:
    await on.ask("many", on.next_base(), 20_000)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from tests.bench import machine
from tests.bench.mark import FOLDER
from tests.bench.marks import SPAN, Marks
from tests.bench.peers.apps.errands import EVERY
from tests.support import servers
from tests.support.system import CHECKOUT

READY_WITHIN = 60.0  # seconds
ENDS_WITHIN = 6.0
SETTLE = 1.5
WARM_UP = 300  # runs
POLL = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A peer: a module with the commands `produce`, `worker` and, if it needs one, `scheduler`."""

    name: str
    app: str
    stored: str
    """Finds how many runs it has a durable record of."""
    workers: int = 2
    schedulers: int = 0
    needs_nats: bool = False


PGQUEUER = Rival(
    name="PgQueuer",
    app="pgqueuer",
    stored="SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'",
)
TASKIQ = Rival(
    name="taskiq on NATS",
    app="taskiq",
    stored="SELECT count(*) FROM taskiq_results",
    workers=1,  # which starts two processes
    schedulers=1,
    needs_nats=True,
)
RIVALS = {"pgqueuer": PGQUEUER, "taskiq": TASKIQ}


@dataclass(slots=True, kw_only=True)
class Running:
    """A peer that runs."""

    rival: Rival
    marks: Marks
    pool: asyncpg.Pool[asyncpg.Record]
    producer: asyncio.subprocess.Process
    pids: dict[int, str] = field(default_factory=dict)
    base: int = 0

    def next_base(self) -> int:
        """Return a range of task numbers that nobody has used."""
        self.base += SPAN
        return self.base

    async def ask(self, *errand: object) -> None:
        """Ask for runs; return once the peer has acknowledged them."""
        assert self.producer.stdin is not None
        self.producer.stdin.write(json.dumps(errand).encode() + b"\n")
        await self.answered()

    async def answered(self) -> None:
        """Wait for the answer of the producer."""
        assert self.producer.stdout is not None
        assert await self.producer.stdout.readline() == b"done\n", f"{self.rival.name} gave up"

    async def stored(self) -> int:
        """Return how many runs have their durable record."""
        count: int = await self.pool.fetchval(self.rival.stored)
        return count

    async def wait_stored(self, count: int, within: float = 60) -> float | None:
        """Wait until so many have it; return when that was, None if never."""
        deadline = time.time() + within
        while time.time() < deadline:
            if await self.stored() >= count:
                return time.time()
            await asyncio.sleep(POLL)
        return None

    def ticks(self) -> machine.Ticks:
        """Read the CPU counters."""
        return machine.ticks(self.pids)

    async def warm_up(self) -> None:
        """Run a few hundred runs, so that every process has done its work."""
        for count in (1, WARM_UP):
            before = self.marks.count()
            await self.ask("many", self.next_base(), count)
            assert await self.marks.wait(before + count, READY_WITHIN), "workers start nothing"
            await asyncio.sleep(SETTLE)


@asynccontextmanager
async def running(rival: Rival, python: Path, *, each_second: int = 0) -> AsyncIterator[Running]:
    """Start a peer; with *each_second*, so many tasks of it run every second."""
    async with AsyncExitStack() as stack:
        folder = await stack.enter_async_context(servers.temporary_folder("automation-peer-"))
        marks = Marks(folder / "marks")
        marks.folder.mkdir()
        postgres = Postgres(folder / "postgres")
        units = [await stack.enter_async_context(servers.Running(postgres, folder))]
        env = {
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            FOLDER: str(marks.folder),
            "BENCH_DSN": postgres.dsn(),
            EVERY: f"{SPAN},{each_second}",
        }
        if rival.needs_nats:
            nats = Nats(folder / "nats")
            units.append(await stack.enter_async_context(servers.Running(nats, folder)))
            env["BENCH_NATS"] = nats.url
        output = stack.enter_context((folder / "output").open("wb"))

        async def start(command: str) -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                *(python, "-m", f"tests.bench.peers.apps.{rival.app}", command),
                env=env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if command == "produce" else output,
                stderr=output,
                start_new_session=True,
            )
            stack.push_async_callback(_end, process)
            return process

        pool = await asyncpg.create_pool(postgres.dsn(), min_size=1, max_size=2)
        stack.push_async_callback(pool.close)
        on = Running(rival=rival, marks=marks, pool=pool, producer=await start("produce"))
        on.pids = {each.process.pid: each.unit.name for each in units if each.process}
        on.pids[on.producer.pid] = "producer"
        async with asyncio.timeout(READY_WITHIN):
            await on.answered()
        for kind, count in (("worker", rival.workers), ("scheduler", rival.schedulers)):
            for _ in range(count if kind == "worker" or each_second else 0):
                on.pids[(await start(kind)).pid] = kind
        on.base = SPAN if each_second else 0
        yield on


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and all that it has started."""
    for by in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            os.killpg(process.pid, by)
            async with asyncio.timeout(ENDS_WITHIN):
                await process.wait()
