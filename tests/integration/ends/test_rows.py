"""One row per run, immutable once final, and every run counted once: by the database itself."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.executor.report import AttemptEnd
from services.log_writer.store.runs import RunStore
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool
from tests.integration.ends.builders import NOON, Executor, ended, row_of, statistics_of
from tests.integration.log_writer.builders import started

GOOD, BAD = RunStatus.SUCCESS, RunStatus.FAILURE


@pytest.fixture
def run() -> UUID:
    return uuid4()


@pytest.fixture
def task() -> UUID:
    return uuid4()


@pytest.mark.parametrize("was_seen_running", [True, False])
async def test_a_run_that_ended_is_final_and_counted(
    executor: Executor, pool: Pool, run: UUID, task: UUID, *, was_seen_running: bool
) -> None:
    if was_seen_running:
        await RunStore(pool).write_started([started(run, task)])

    end = ended(run, task, result="200 OK", execution_data='{"nul": "\\u0000"}')
    await executor.store(end)

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["duration_seconds"]) == ("success", True, 2.0)
    assert (row["result"], row["claimed_at"]) == ("200 OK", end.claimed_at)
    assert json.loads(row["execution_data"]) == {"nul": "\0"}
    assert await statistics_of(pool, task) == (1, 1, 0)


async def test_the_first_final_word_wins_for_ever(
    executor: Executor, pool: Pool, run: UUID, task: UUID
) -> None:
    await executor.store(ended(run, task, BAD, attempt=2))
    before = await row_of(pool, run)

    for attempt in (1, 2, 3):
        await executor.store(ended(run, task, attempt=attempt))

    assert await row_of(pool, run) == before
    assert await statistics_of(pool, task) == (1, 0, 1)


async def test_what_counts_as_success_and_as_failure(
    executor: Executor, pool: Pool, task: UUID
) -> None:
    statuses = (GOOD, GOOD, BAD, RunStatus.TIMED_OUT, RunStatus.CANCELLED)

    await executor.store(*(ended(uuid4(), task, status) for status in statuses))

    assert await statistics_of(pool, task) == (5, 2, 2)


@pytest.mark.parametrize("together", [True, False])
async def test_the_last_run_is_the_one_that_began_last_whenever_it_ends(
    executor: Executor, pool: Pool, task: UUID, *, together: bool
) -> None:
    minute = timedelta(minutes=1)
    newer, older = (
        ended(uuid4(), task, at=at, result=result)
        for at, result in ((NOON + minute, "newer"), (NOON, "older"))
    )
    for ends in ((newer, older),) if together else ((newer,), (older,)):
        await executor.store(*ends)

    row = await pool.fetchrow("SELECT * FROM log.task_statistics WHERE task_id = $1", task)
    assert row is not None
    assert (row["last_result"], row["last_run_at"]) == ("newer", newer.started_at)


async def test_the_last_result_is_one_line_and_a_failure_tells_its_error(
    executor: Executor, pool: Pool, task: UUID
) -> None:
    error = "refused\n" + "traceback " * 1000

    await executor.store(ended(uuid4(), task, BAD, result=None, error_message=error))

    assert await pool.fetchval("SELECT last_result FROM log.task_statistics") == "refused"


async def test_attempts_lie_side_by_side_and_only_the_last_one_counts(
    executor: Executor, pool: Pool, run: UUID, task: UUID
) -> None:
    failed = ended(run, task, RunStatus.TIMED_OUT, error_message="too slow", retry_at=NOON)
    await executor.store(failed)
    row = await row_of(pool, run)
    assert (row["status"], row["error_message"], row["completed_at"]) == (
        "retrying",
        "too slow",
        None,
    )

    await RunStore(pool).write_started([started(run, task, attempt=2)])
    row = await row_of(pool, run)
    assert (row["status"], row["error_message"], row["attempt"]) == ("running", None, 2)

    snoozed = ended(run, task, RunStatus.RUNNING, attempt=2, result="not yet", retry_at=NOON)
    await executor.store(snoozed)
    assert (await row_of(pool, run))["status"] == "retrying"
    assert await statistics_of(pool, task) == (0, 0, 0)

    await executor.store(last := ended(run, task, attempt=3))
    assert (await row_of(pool, run))["status"] == "success"
    assert await statistics_of(pool, task) == (1, 1, 0)
    rows = await pool.fetch(
        "SELECT attempt, status, error_message, result, executor, retry_at, completed_at"
        " FROM log.api_attempts WHERE run_id = $1 ORDER BY attempt",
        run,
    )
    assert [tuple(row)[:6] for row in rows] == [
        (1, "timed_out", "too slow", "done", "executor-1", NOON),
        (2, "snoozed", None, "not yet", "executor-2", NOON),
        (3, "success", None, "done", "executor-3", None),
    ]
    assert all(row["completed_at"] for row in rows)
    rows = await pool.fetch("SELECT attempt, claimed_at FROM executor.api_attempt_claims")
    assert {tuple(row) for row in rows} == {
        (end.attempt, end.claimed_at) for end in (failed, snoozed, last)
    }


async def test_an_attempt_that_was_lost_stays_beside_the_one_that_ended(
    executor: Executor, pool: Pool, run: UUID, task: UUID
) -> None:
    await RunStore(pool).write_started([started(run, task)])

    await executor.store(ended(run, task, attempt=2))

    rows = await pool.fetch("SELECT attempt, status FROM log.api_attempts ORDER BY attempt")
    assert [tuple(row) for row in rows] == [(1, "running"), (2, "success")]


async def test_executors_that_store_at_once_never_stand_in_each_other_s_way_and_count_each_run_once(
    executor: Executor, pool: Pool
) -> None:
    """They share tasks, the log writer writes the same runs, and answers get lost."""
    dice = random.Random(5)  # noqa: S311 - a test that repeats itself
    tasks = [uuid4() for _ in range(7)]
    final = [status for status in RunStatus if status.is_final]
    ends = [
        ended(uuid4(), dice.choice(tasks), dice.choice(final), attempt=dice.choice((1, 2)))
        for _ in range(400)
    ]

    async def execute(mine: list[AttemptEnd]) -> None:
        one = Executor(pool, executor.own)
        await one.hold(*mine)
        for at in range(0, len(mine), 10):
            await one.store_held(*mine[max(0, at - 5) : at + 10])  # some of them again

    async def log() -> None:
        for at in range(0, len(ends), 20):
            some = [(end.run_id, end.task_id) for end in ends[at : at + 20]]
            await RunStore(pool).write_started(
                [started(*run, attempt=attempt) for run in some for attempt in (1, 2)]
            )

    await asyncio.gather(log(), *(execute(ends[place::4]) for place in range(4)))

    for task in tasks:
        mine = [end.status for end in ends if end.task_id == task]
        failures = len(mine) - mine.count(GOOD) - mine.count(RunStatus.CANCELLED)
        assert await statistics_of(pool, task) == (len(mine), mine.count(GOOD), failures)
    rows = await pool.fetch("SELECT run_id, status, final FROM log.runs")
    assert {row["run_id"]: row["status"] for row in rows if row["final"]} == {
        end.run_id: end.status for end in ends
    }
    assert await pool.fetchval("SELECT sum(runs) FROM log.run_tallies") == len(ends)
