"""What PostgreSQL and the people who use it beside us do to the services.

It is away for a while, has no connection left, somebody keeps a row locked over lunch, sessions of
others lock rows in another order than ours, a migration waits for a report. Nobody dies, so
nothing excuses a run that is done twice; and nothing ever excuses a lost one.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from shared.db import migrate as migrations
from tests.faults.own_postgres import (
    TERMINATE,
    OwnPostgres,
    away_from_home,
    own_postgres,
    says_unavailable,
)
from tests.faults.stage import SEED, Stage, stage
from tests.support import checker
from tests.support.load import calls
from tests.support.witness import Database

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

#: How long it is away: longer than any lease or patience, shorter than a misfire.
AWAY = 40  # seconds
#: From its return until everything that was due meanwhile has ended.
MADE_UP = 60  # seconds
#: Nothing else may be later than this while one row or one table is in somebody's hands.
ON_TIME = 3  # seconds
HELD = 10  # seconds; more than a lease of 4
QUARREL = 60  # seconds at most

#: Few, so that somebody can have them all.
CONNECTIONS = 80
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $1"
THEIRS = "/* of somebody else */"
QUARREL_OVER = (
    f"{THEIRS} UPDATE log.task_statistics SET run_count = run_count WHERE task_id = $1",  # noqa: S608
    f"{THEIRS} UPDATE scheduler.jobs SET name = name WHERE task_id = $1",  # noqa: S608
)
HOLDS = "SELECT count(*) FROM executor.leases WHERE run_id = $1 AND outcome IS NULL"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[OwnPostgres]:
    """Run a server of our own."""
    async with own_postgres({"max_connections": str(CONNECTIONS)}) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(server: OwnPostgres) -> AsyncIterator[Stage]:
    """Run two schedulers and two executors on it."""
    async with stage(away_from_home(server)) as system:
        yield system


@asynccontextmanager
async def somebody(server: OwnPostgres) -> AsyncIterator[Database]:
    """Give a connection of somebody who has nothing to do with us."""
    connection = await server.connect()
    try:
        yield connection
    finally:
        connection.terminate()


async def latest(here: Stage, since: datetime, *, without: Collection[UUID]) -> float:
    """Return how late the latest run of all other tasks was that was due from *since* on."""
    history = await here.history()
    ended = {row.run_id for row in history.log}
    others = [row for row in history.ledger if row.task_id not in without and row.run_id in ended]
    return checker.measure(replace(history, ledger=others), since, datetime.now(UTC)).latest


async def test_it_is_away_for_a_while(here: Stage, server: OwnPostgres) -> None:
    with here.fault("away", "postgres"):
        await server.kill()
        deadline = time.monotonic() + AWAY
        while time.monotonic() < deadline:
            await says_unavailable(here)
            await asyncio.sleep(1)
        await server.start()
    back = time.monotonic()
    figures = await here.judge(f"PostgreSQL away for {AWAY} s")

    assert not figures.twice
    assert time.monotonic() - back < MADE_UP


class Hog:
    """Takes every connection that there is, and keeps it."""

    def __init__(self, server: OwnPostgres) -> None:
        self._server = server
        self._mine: list[Database] = []
        self.full = asyncio.Event()

    async def take(self) -> None:
        """Go on for ever."""
        while True:
            try:
                self._mine.append(await self._server.connect())
            except asyncpg.TooManyConnectionsError:
                self.full.set()
                await asyncio.sleep(0.002)

    def let_go(self) -> None:
        """Give all back."""
        for connection in self._mine:
            connection.terminate()


@asynccontextmanager
async def hog(server: OwnPostgres) -> AsyncIterator[Hog]:
    """Have nobody else get a connection."""
    found = Hog(server)
    taking = [asyncio.create_task(found.take()) for _ in range(4)]
    try:
        yield found
    finally:
        for each in taking:
            each.cancel()
        await asyncio.gather(*taking, return_exceptions=True)
        found.let_go()


async def test_others_have_all_connections(here: Stage, server: OwnPostgres) -> None:
    async with somebody(server) as somebody_else:
        with here.fault("no connections", "postgres"):
            async with hog(server) as greedy:
                await asyncio.wait_for(greedy.full.wait(), 30)
                # The API loses its own as well, and the hog is quicker than its next request.
                async with asyncio.timeout(30):
                    while await somebody_else.fetchval(OURS, "api:%"):
                        await somebody_else.execute(TERMINATE, "api:%")
                        await asyncio.sleep(0.1)
                for _ in range(3):
                    await says_unavailable(here)
                    await here.steady(1)  # the others go on with those that they have
        await here.steady()
        figures = await here.judge("no connection left")

    assert not figures.twice


async def test_one_job_is_locked_and_only_its_task_is_late(
    here: Stage, server: OwnPostgres
) -> None:
    locked = here.load.tasks[3]
    since = datetime.now(UTC)
    async with somebody(server) as somebody_else:
        with here.fault("locked row", "scheduler.jobs"):
            async with somebody_else.transaction():
                await somebody_else.execute(
                    "SELECT FROM scheduler.jobs WHERE task_id = $1 FOR UPDATE", locked
                )
                await here.steady(HELD)
    await here.steady(1)
    figures = await here.judge(f"one job locked {HELD} s")

    assert not figures.twice
    assert figures.latest > HELD / 2, "it was not locked"
    assert await latest(here, since, without={locked}) < ON_TIME


async def test_one_lease_is_locked_and_no_other_run_hears_of_it(
    here: Stage, server: OwnPostgres
) -> None:
    """Its executor renews and ends the others as ever; its own result is stored when it can be."""
    task = await here.operator.create(name="locked", **calls(f"{here.sink.url}/delay/2/locked"))
    async with somebody(server) as somebody_else:
        run = await here.operator.run(task)
        async with asyncio.timeout(30):
            while not await somebody_else.fetchval(HOLDS, run):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.02)
        since = datetime.now(UTC)
        with here.fault("locked row", "executor of one run"):  # its lease runs out meanwhile
            async with somebody_else.transaction():
                await somebody_else.execute(
                    "SELECT FROM executor.leases WHERE run_id = $1 FOR UPDATE", run
                )
                await here.steady(HELD / 2)
                left = await here.witness.drained(
                    datetime.now(UTC) - timedelta(seconds=1),
                    acknowledged={},
                    within=timedelta(seconds=HELD),
                )
    await here.steady(1)
    figures = await here.judge("one lease locked")

    assert left == 1, "more than its own run waited for it"
    calls_of = Counter(call.run_id for call in here.witness.sink.effects() if call.at >= since)
    assert {each for each, times in calls_of.items() if times > 1} <= {run}
    assert figures.twice <= 1
    assert await latest(here, since, without={task}) < ON_TIME


async def quarrel(
    connection: Database, tasks: list[UUID], is_over: Callable[[], bool], *, down: bool
) -> None:
    """Lock two rows in one order or the other, as somebody who has never heard of ours."""
    dice = random.Random(SEED + down)  # noqa: S311 - no secret
    await connection.execute("SET deadlock_timeout = '5s'")  # so that it is ours who give way
    while not is_over():
        with suppress(asyncpg.DeadlockDetectedError):
            async with connection.transaction():
                for task in sorted(dice.sample(tasks, 2), reverse=down):
                    for update in QUARREL_OVER:
                        await connection.execute(update, task)
                    await asyncio.sleep(0.05)


def had_to_give_way(log: str) -> list[str]:
    """Return our statements that PostgreSQL ended because of a deadlock."""
    ends = log.split("ERROR:  deadlock detected")[1:]
    statements = [end.partition("STATEMENT:")[2].strip().splitlines()[0] for end in ends]
    return [each for each in statements if THEIRS not in each]


async def test_others_lock_rows_in_another_order(here: Stage, server: OwnPostgres) -> None:
    tasks = here.load.tasks
    async with somebody(server) as one, somebody(server) as other:
        with here.fault("deadlocks", "postgres"):
            until = time.monotonic() + QUARREL

            def is_over() -> bool:
                return bool(had_to_give_way(server.said())) or time.monotonic() > until

            quarrels = [
                asyncio.create_task(quarrel(one, tasks, is_over, down=False)),
                asyncio.create_task(quarrel(other, tasks, is_over, down=True)),
            ]
            for task in tasks[:8]:
                await here.operator.edit(task, description="edited among deadlocks")
            await asyncio.gather(*quarrels)
    await here.steady()
    figures = await here.judge("deadlocks with others")

    assert had_to_give_way(server.said()), "nobody met any of ours"
    assert not figures.twice


REPORT = 8  # seconds
OLD_ROWS = 100_000

LONG_AGO = """
INSERT INTO scheduler.occurrences
    (run_id, task_id, trigger, scheduled_for, due_at, outcome, version, queue, priority, settled)
SELECT gen_random_uuid(), gen_random_uuid(), 'schedule', '2020-01-01', '2020-01-01',
       'skipped_paused', 1, 'default', 3, true
FROM generate_series(1, $1)
"""
MIGRATION = """
ALTER TABLE scheduler.occurrences ADD COLUMN remark text NOT NULL DEFAULT '';
ALTER TABLE scheduler.jobs ADD COLUMN remark text;
ALTER TABLE executor.leases ADD COLUMN remark text;
CREATE INDEX occurrences_remark ON scheduler.occurrences (remark, created_at);
"""


async def test_a_migration_waits_for_a_report_and_nobody_waits_for_it(
    here: Stage, server: OwnPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder)
    (folder / "9998_pre_remarks.sql").write_text(MIGRATION)
    monkeypatch.setattr(migrations, "FOLDER", folder)
    async with somebody(server) as reader:
        await reader.execute(LONG_AGO, OLD_ROWS)
        with here.fault("migration", "postgres"):
            async with reader.transaction():
                await reader.fetchval("SELECT count(*) FROM scheduler.occurrences")
                migrating = asyncio.create_task(migrations.migrate(server.dsn))
                await here.steady(REPORT)
                assert not migrating.done(), "it did not have to wait"
            assert await asyncio.wait_for(migrating, 60) == ["9998_pre_remarks"]
    await here.steady()
    figures = await here.judge("a migration that waits for a report")

    assert not figures.twice
    assert figures.latest < ON_TIME
