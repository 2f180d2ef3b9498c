"""The release before runs under load while the schema of this one is made, and notices nothing.

    old code, old schema ──► old code, new schema ──► new code, new schema
              `migrate` with old rows and under load      the same home

Judged by the checker that judges every fault: no fire missed, none twice, none lost; and the old
code has not said one word of an error. What it has left behind the new code takes over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from shared.db.migrate import current, migrate
from tests.operations import old_code
from tests.support import checker
from tests.support.http_sink import HttpSink
from tests.support.load import Operator, calls
from tests.support.system import System
from tests.support.witness import Witness

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

TASKS = 5
#: What a system that has run for a month has said: half a million lines.
OLD_ROWS = """
INSERT INTO log.lines
SELECT run_id, 1, i, at, 'info', repeat('said ', 20)
FROM (SELECT gen_random_uuid() AS run_id, now() - n * interval '1 minute' AS at
      FROM generate_series(1, 50000) AS n) AS runs, generate_series(1, 10) AS i
"""
OLD_LINES = "SELECT count(*) FROM log.lines WHERE text LIKE 'said %'"
#: Ends that the old executors kept with their leases.
LEFT = "SELECT count(*) FROM executor.leases WHERE outcome IS NOT NULL"
UNCOUNTED = """
SELECT (SELECT count(*) FROM log.runs WHERE final) - sum(run_count) FROM log.task_statistics
"""
BEFORE, AFTER = 5.0, 8.0  # seconds of load
ENV = {"AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32"}


@pytest_asyncio.fixture(loop_scope="session")
async def sink(tmp_path: Path) -> AsyncIterator[HttpSink]:
    """Let the tasks have something to call."""
    folder = tmp_path / "sink"
    folder.mkdir()
    async with HttpSink(folder) as running:
        yield running


async def load(operator: Operator, sink: HttpSink) -> None:
    """Create tasks that are due every second, one of which writes lines."""
    schedule = {"interval_seconds": 1}
    for number in range(TASKS):
        await operator.create(
            name=f"calls {number}", schedule_config=schedule, **calls(f"{sink.url}/{number}")
        )


async def steady(operator: Operator, task: Any, seconds: float) -> int:  # noqa: ANN401 - an id
    """Run by hand and read, again and again; return the slowest answer in ms."""
    until, slowest = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        began = time.monotonic()
        run = await operator.run(task)
        await operator.get("/api/v1/group-ai/automation-runs?limit=50")
        await operator.call("GET", f"/api/v1/group-ai/automation-runs/{run}/lines")
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    return int(slowest * 1000)


async def judge(operator: Operator, witness: Witness) -> None:
    """Compare all that was due and promised with all that was done."""
    left = await witness.drained(
        datetime.now(UTC), acknowledged=operator.acknowledged, within=timedelta(seconds=60)
    )
    history = await witness.history(
        versions=operator.versions, acknowledged=operator.acknowledged, unseen=operator.unseen
    )
    verdict = checker.judge(history)
    assert verdict.is_good, verdict.report()
    assert not left
    assert operator.broken == []


async def taken_over(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Wait until the new executors have done with the ends that the old ones have left."""
    async with asyncio.timeout(30):
        while await connection.fetchval(LEFT):  # noqa: ASYNC110 - rows say nothing when they go
            await asyncio.sleep(0.1)


def errors(home: Path) -> list[str]:
    """Return what services have said of errors."""
    return [
        f"{file.name}: {line}"
        for file in (home / "logs").glob("*.log*")
        if not file.name.startswith(("postgres", "nats"))
        for line in file.read_text(errors="replace").splitlines()
        if " ERROR " in line or "Traceback" in line or " CRITICAL " in line
    ]


async def test_the_release_before_goes_on_while_its_schema_is_brought_up(
    tmp_path: Path, sink: HttpSink
) -> None:
    before = old_code.unpack(tmp_path / "before")
    home = tmp_path / "home"
    env = {**ENV, "PYTHONPATH": str(before)}
    async with (
        System(folder=tmp_path, home=home, env=env) as old,
        Operator(lambda: old.api_url, old.token) as operator,
    ):
        witness = Witness(sink.file, lambda: old.dsn)
        assert (await current(old.dsn))[-1] == old_code.NEWEST_BEFORE, "the old code is not old"
        await load(operator, sink)
        by_hand = await operator.create(name="by hand", **calls(f"{sink.url}/hand"))
        connection = await asyncpg.connect(old.dsn, timeout=10)
        await connection.execute(OLD_ROWS)
        lines = await connection.fetchval(OLD_LINES)
        calm = await steady(operator, by_hand, BEFORE)

        began = time.monotonic()
        applying = asyncio.create_task(migrate(old.dsn))
        meanwhile = await steady(operator, by_hand, AFTER)
        applied = await applying
        print(  # noqa: T201 - a figure
            f"{len(applied)} files within {time.monotonic() - began:.1f} s, {lines:,} old lines;"
            f" slowest answers {calm} ms before, {meanwhile} ms meanwhile and after"
        )

        assert applied == old_code.new_files()
        assert await connection.fetchval(OLD_LINES) == lines
        assert await connection.fetchval(LEFT)
        await connection.close(timeout=5)
        await judge(operator, witness)
        assert errors(home) == []

    async with (
        System(folder=tmp_path, home=home, env=ENV) as new,
        Operator(lambda: new.api_url, new.token) as after,
    ):
        witness = Witness(sink.file, lambda: new.dsn)
        task = await after.create(name="afterwards", **calls(f"{sink.url}/afterwards"))
        await steady(after, task, BEFORE)
        await witness.drained(
            datetime.now(UTC), acknowledged=after.acknowledged, within=timedelta(seconds=60)
        )
        ended = [each for each in witness.sink.effects() if each.path == "/afterwards"]
        assert len(ended) == len(after.acknowledged)
        connection = await asyncpg.connect(new.dsn, timeout=10)
        await taken_over(connection)
        assert await connection.fetchval(UNCOUNTED) == 0
        await connection.close(timeout=5)
