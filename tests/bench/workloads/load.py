"""W4: a scheduler that comes up to very many tasks, with an empty job table and with a full one.

The tasks are put straight into the API's table, as if their events had long been forgotten; the
scheduler finds them by comparing. They have the usual mix of schedules, fire all the time and run
the same action as everything else here, under numbers that nobody counts.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from deploy.local import ports, probe, process
from tests.bench.figures import Figures
from tests.bench.mark import PAD
from tests.bench.subject import Subject
from tests.bench.workloads import punctuality

LOADED = ("id", "name", "task_type", "task_action", "schedule_config", "action_config")
#: Of a loaded task: the marks of no measurement.
NOBODY = -1
ZONES = ("UTC", "Asia/Taipei", "Europe/Berlin", "America/New_York")
#: Like real ones: minutes and hours all over the day, weekdays, months, steps, six fields.
CRONS = (
    "{m} {h} * * *",
    "{m} {h} * * 1-5",
    "{m} {h} 1 * *",
    "{m} 8-18/2 * * MON-FRI",
    "{m} {h} * * 0",
    "{s} {m} {h} * * *",
    "{m} {h} L * *",
)
INTERVALS = 0.7  # share of tasks that run every hour
LOADS_WITHIN = 900.0  # seconds
READY_WITHIN = 120.0  # seconds
BESIDE = (50, 20)  # tasks every second, for so many seconds, to see how late they are

DIGEST = """
SELECT count(*), sum(hashtextextended({id}::text || ':' || version, 0)::numeric) FROM {table}
"""
COUNT = "SELECT count(*) FROM scheduler.jobs"


async def measure(subject: Subject, count: int) -> Figures:
    """Load *count* tasks twice: into an empty job table, and as a full one."""
    began = time.monotonic()
    await insert(subject, LOADED, tasks(count))
    figures: Figures = {"n": count, "insert_s": round(time.monotonic() - began, 1)}
    async with scheduler(subject) as first:
        began = time.monotonic()
        reading = await subject.begin()
        await wait_loaded(subject, count)
        loaded = time.monotonic() - began
        figures["load_s"] = round(loaded, 2)
        figures["load_per_s"] = round(count / loaded)
        used = await subject.end(reading, count)
        figures["load_cpu_s"] = used["cpu_s"]
        figures["foreign_share"] = used["foreign_share"]
        figures["load_peak_mib"] = _peak(first.pid)
        await _agree(subject)
        figures["after_load"] = await punctuality.measure(subject, *BESIDE)
    began = time.monotonic()
    async with scheduler(subject) as second:
        figures["restart_ready_s"] = round(time.monotonic() - began, 2)
        figures["after_restart"] = await punctuality.measure(subject, *BESIDE)
        figures["restart_peak_mib"] = _peak(second.pid)
        figures["api_peak_mib"] = _peak(subject.system.pid("api"))
    return figures


def tasks(count: int) -> Iterator[tuple[object, ...]]:
    """Make rows of `api.tasks`, the same in every run."""
    dice = random.Random(7)  # noqa: S311 - the same tasks in every run
    start = datetime(2026, 1, 1, tzinfo=UTC)
    action_config = json.dumps({"i": NOBODY, "ref": 0.0, "pad": PAD})
    for number in range(count):
        if dice.random() < INTERVALS:
            phase = start + timedelta(seconds=dice.randrange(3600))
            schedule = {"interval_hours": 1, "start_at": phase.isoformat()}
        else:
            fields = {"s": dice.randrange(60), "m": dice.randrange(60), "h": dice.randrange(24)}
            cron = CRONS[dice.randrange(len(CRONS))].format(**fields)
            schedule = {"cron": cron, "timezone": ZONES[dice.randrange(len(ZONES))]}
        identity = UUID(int=dice.getrandbits(128), version=4)
        name = f"loaded {number}"
        yield identity, name, "scheduled", "bench_mark", json.dumps(schedule), action_config


async def insert(
    subject: Subject, columns: Sequence[str], records: Iterable[Sequence[object]]
) -> None:
    """Put tasks straight into the API's table."""
    async with subject.pool.acquire() as connection:
        await connection.copy_records_to_table(
            "tasks",
            schema_name="api",
            columns=columns,
            records=records,
            timeout=LOADS_WITHIN,
        )
        await connection.execute("ANALYZE api.tasks")


@asynccontextmanager
async def scheduler(subject: Subject) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a scheduler beside the system, which was started without one."""
    port = ports.free_port()
    state = subject.system.state
    command = process.Command(
        argv=(sys.executable, "-P", "-m", "deploy.serve", "scheduler"),
        env={
            **subject.environment,
            "AUTOMATION_DATABASE_URL": state.database_url,
            "AUTOMATION_NATS_URL": state.nats_url,
            "AUTOMATION_INSTANCE": "scheduler-1",
            "AUTOMATION_HEALTH_PORT": str(port),
        },
    )
    with (subject.marks.folder / "scheduler.log").open("ab") as output:
        started = await process.spawn(command, output=output)
    subject.pids[started.pid] = "scheduler-1"
    try:
        async with asyncio.timeout(READY_WITHIN):
            while (await probe.http_get(port, "/readyz"))[0] != probe.OK:
                assert started.returncode is None, "the scheduler ended"
                await asyncio.sleep(0.02)
        yield started
    finally:
        del subject.pids[started.pid]
        started.terminate()
        await started.wait()


async def wait_loaded(subject: Subject, count: int) -> None:
    """Wait until the scheduler has *count* tasks."""
    poll = 0.1 if count <= 100_000 else 1.0  # counting a million takes 0.1 s
    async with asyncio.timeout(LOADS_WITHIN):
        while await subject.pool.fetchval(COUNT) < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(poll)


async def _agree(subject: Subject) -> None:
    """Make sure that both sides have the same tasks in the same versions."""
    api = await subject.pool.fetchrow(DIGEST.format(id="id", table="api.tasks"))
    jobs = await subject.pool.fetchrow(DIGEST.format(id="task_id", table="scheduler.jobs"))
    assert tuple(api or ()) == tuple(jobs or ()), "the job table is not what the API has"


def _peak(pid: int) -> float:
    """Return the most memory that a process has had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return round(int(kib) / 1024, 1)
