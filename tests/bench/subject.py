"""The system that is measured: a real `automation up` with two executors, and our eyes on it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.aio.client import Client

from shared.db.pool import Pool
from tests.bench import counters, machine
from tests.bench.door import Door
from tests.bench.figures import Figures
from tests.bench.mark import PAD
from tests.bench.marks import SPAN, Marks
from tests.support.system import CHECKOUT, System

PLUGIN = Path(__file__).with_name("plugin")
#: Tasks that the runs of W1 are spread over.
MANUAL_TASKS = 200
WARM_UP = 300  # runs
SETTLE = 1.5  # seconds
POLL = 0.02  # seconds

COUNTED = "SELECT coalesce(sum(run_count), 0)::bigint FROM log.task_statistics"


@dataclass(frozen=True, slots=True)
class Reading:
    """All counters at the beginning of a measurement."""

    at: float
    ticks: machine.Ticks
    counts: counters.Counts


class Subject:
    """One running system."""

    def __init__(
        self,
        system: System,
        *,
        door: Door,
        pool: Pool,
        bus: Client,
        marks: Marks,
        environment: Mapping[str, str],
    ) -> None:
        self.system = system
        self.environment = environment
        self.door = door
        self.pool = pool
        self.marks = marks
        self.pids: dict[int, str] = {}
        """Processes beside those of the system that count as its own."""
        self.seconds_per_creation = 0.01
        self.bus = bus
        self._base = 0

    def next_base(self) -> int:
        """Return a range of task numbers that nobody has used."""
        self._base += SPAN
        return self._base

    async def create_manual(self, count: int) -> tuple[int, list[str]]:
        """Create tasks that run by hand only; return the base of their numbers, and their ids."""
        base = self.next_base()
        ids = await self.create([_definition(base + n, None) for n in range(count)])
        return base, ids

    async def create_scheduled(
        self, count: int, schedule: Mapping[str, Any]
    ) -> tuple[int, list[str]]:
        """Create tasks with a schedule; return the base of their numbers, and their ids."""
        base = self.next_base()
        ids = await self.create([_definition(base + n, schedule) for n in range(count)])
        return base, ids

    async def create_special(
        self, count: int, fields: Callable[[int], Mapping[str, Any]]
    ) -> tuple[int, list[str]]:
        """Create tasks that differ from manual ones by *fields* of their number."""
        base = self.next_base()
        numbers = range(base, base + count)
        ids = await self.create([{**_definition(n, None), **fields(n)} for n in numbers])
        return base, ids

    async def create(self, definitions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Create tasks, and note how long one takes."""
        began = time.monotonic()
        ids = await self.door.create(definitions)
        self.seconds_per_creation = (time.monotonic() - began) / max(1, len(ids))
        return ids

    async def jobs(self, ids: Sequence[str]) -> int:
        """Return how many of these tasks the scheduler knows."""
        count: int = await self.pool.fetchval(
            "SELECT count(*) FROM scheduler.jobs WHERE task_id = ANY($1::uuid[])", ids
        )
        return count

    async def wait_known(self, ids: Sequence[str], within: float = 30) -> None:
        """Wait until the scheduler knows all these tasks."""
        async with asyncio.timeout(within):
            while await self.jobs(ids) < len(ids):  # noqa: ASYNC110 - another process
                await asyncio.sleep(POLL)

    async def stored(self) -> int:
        """Return how many runs have their final row."""
        count: int = await self.pool.fetchval("SELECT count(*) FROM log.runs WHERE final")
        return count

    async def wait_stored(self, count: int, within: float) -> float | None:
        """Wait until *count* runs have their final row; return when that was, None if never.

        Asked again and again is the sum that is written in the same transaction as the rows: to
        count those of an hour takes longer than the pause between two questions.
        """
        deadline = time.time() + within
        while time.time() < deadline:
            if await self.pool.fetchval(COUNTED) >= count:
                seen = time.time()
                assert await self.stored() >= count, "the statistics count what is not stored"
                return seen
            await asyncio.sleep(POLL)
        return None

    async def warm_up(self) -> None:
        """Run a few hundred runs, so that caches are filled and every process has done its work."""
        _, ids = await self.create_manual(MANUAL_TASKS)
        before, stored = self.marks.count(), await self.stored()
        await self.door.run(ids[0])
        assert await self.marks.wait(before + 1, 60), "executors do not start anything"
        await asyncio.sleep(SETTLE)
        await self.door.run_many(ids, WARM_UP)
        assert await self.marks.wait(before + 1 + WARM_UP, 60), "the warm-up got stuck"
        assert await self.wait_stored(stored + 1 + WARM_UP, 60), "the log got stuck"
        await asyncio.sleep(SETTLE)

    async def begin(self) -> Reading:
        """Read all counters."""
        counts = await counters.read(self.pool, self.bus)
        return Reading(time.time(), self.ticks(), counts)

    async def end(self, began: Reading, runs: int) -> Figures:
        """Return what was used since *began*, per run where that makes sense."""
        used = machine.shares(began.ticks, self.ticks())
        counted = counters.per_run(began.counts, await counters.read(self.pool, self.bus), runs)
        per_run = {
            name: round(1000 * seconds / max(1, runs), 3) for name, seconds in used["cpu_s"].items()
        }
        total = round(1000 * used["own_cpu_s"] / max(1, runs), 3)
        return {**used, **counted, "cpu_ms_per_task": total, "cpu_ms": per_run}

    def ticks(self) -> machine.Ticks:
        """Read the CPU counters."""
        state = self.system.state
        names = {each.pid: each.name for each in state.processes}
        return machine.ticks({state.supervisor_pid: "supervisor", **names, **self.pids})


def _definition(number: int, schedule: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "name": f"bench {number}",
        "task_type": "manual" if schedule is None else "scheduled",
        "task_action": "bench_mark",
        "schedule_config": schedule,
        "action_config": {"i": number, "ref": 0.0, "pad": PAD},
        "notify_on_failure": False,
    }


@asynccontextmanager
async def subject(**environment: str) -> AsyncIterator[Subject]:
    """Start a fresh system, end it afterwards."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="automation-bench-"))
        env = {"PYTHONPATH": f"{CHECKOUT}:{PLUGIN}", "BENCH_LOG": folder, **environment}
        system = System(env=env)
        await stack.enter_async_context(system)
        door = Door(system.api_url, system.token)
        stack.callback(door.close)
        pool = await asyncpg.create_pool(
            system.dsn,
            min_size=1,
            max_size=2,
            # Our own questions must not take both CPUs from what is measured.
            server_settings={"application_name": "bench", "max_parallel_workers_per_gather": "0"},
        )
        stack.push_async_callback(pool.close)
        bus = await nats.connect(system.nats_url)
        stack.push_async_callback(bus.close)
        marks = Marks(Path(folder))
        yield Subject(system, door=door, pool=pool, bus=bus, marks=marks, environment=env)
