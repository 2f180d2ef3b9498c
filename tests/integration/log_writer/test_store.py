"""One row per run, immutable once final, and every run counted once: by the database itself."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.log_writer.store.lines import CUT_OFF, LINE_BYTES, LINES, LineStore
from services.log_writer.store.runs import RunStore
from services.log_writer.store.text import CUT
from shared.bus.middleware import is_poison
from shared.contracts.runs import RunFinished, RunStarted, RunStatus
from shared.db.pool import Pool, open_pool
from tests.integration.log_writer.builders import (
    NOON,
    finished,
    line,
    row_of,
    started,
    statistics_of,
)
from tests.support.roles import pool_as


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(module_database: str) -> AsyncIterator[Pool]:
    pool = await open_pool(module_database, name="test")
    yield pool
    await pool.close()


@pytest_asyncio.fixture(loop_scope="session")
async def store(pool: Pool) -> AsyncIterator[RunStore]:
    async with pool_as("log_writer", pool) as own:
        yield RunStore(own)


@pytest.fixture
def run() -> UUID:
    return uuid4()


@pytest.fixture
def task() -> UUID:
    return uuid4()


async def test_a_run_that_began_is_running(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    assert await store.write_started([started(run, task)]) == [task]

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["attempt"]) == ("running", False, 1)
    assert await statistics_of(pool, task) == (0, 0, 0)


async def test_a_run_that_ended_is_final_and_counted(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await store.write_started([started(run, task)])

    assert await store.write_finished(
        [finished(run, task, result="200 OK", execution_data={"params": {"url": "x"}})]
    ) == [task]

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["duration_seconds"]) == ("success", True, 2.0)
    assert json.loads(row["execution_data"]) == {"params": {"url": "x"}}
    assert await statistics_of(pool, task) == (1, 1, 0)


async def test_a_late_start_changes_nothing(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await store.write_finished([finished(run, task)])
    before = await row_of(pool, run)

    assert await store.write_started([started(run, task, attempt=2)]) == []

    assert await row_of(pool, run) == before


async def test_a_newer_attempt_replaces_an_older_one_and_never_the_reverse(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    for attempt in (2, 1, 3, 2):
        await store.write_started([started(run, task, attempt=attempt)])

    row = await row_of(pool, run)
    assert (row["attempt"], row["executor"]) == (3, "executor-3")


async def test_the_first_final_word_wins_for_ever(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await store.write_finished([finished(run, task, RunStatus.FAILURE, attempt=2)])
    before = await row_of(pool, run)

    for attempt in (1, 2, 3):
        assert await store.write_finished([finished(run, task, attempt=attempt)]) == []

    assert await row_of(pool, run) == before
    assert await statistics_of(pool, task) == (1, 0, 1)


async def test_of_two_final_words_in_one_batch_the_first_counts(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await store.write_finished([finished(run, task, RunStatus.FAILURE), finished(run, task)])

    assert (await row_of(pool, run))["status"] == "failure"
    assert await statistics_of(pool, task) == (1, 0, 1)


async def test_what_counts_as_success_and_as_failure(
    store: RunStore, pool: Pool, task: UUID
) -> None:
    await store.write_finished(
        [
            finished(uuid4(), task, status)
            for status in (
                RunStatus.SUCCESS,
                RunStatus.SUCCESS,
                RunStatus.FAILURE,
                RunStatus.TIMED_OUT,
                RunStatus.CANCELLED,
            )
        ]
    )

    assert await statistics_of(pool, task) == (5, 2, 2)


async def test_the_last_run_is_the_one_that_began_last_whenever_it_is_heard(
    store: RunStore, pool: Pool, task: UUID
) -> None:
    minute = timedelta(minutes=1)
    for at, result in ((NOON + minute, "newer"), (NOON, "older")):
        await store.write_finished([finished(uuid4(), task, at=at, result=result)])

    row = await pool.fetchrow("SELECT * FROM log.task_statistics WHERE task_id = $1", task)
    assert row is not None
    assert (row["last_result"], row["last_run_at"]) == (
        "newer",
        NOON + minute + timedelta(seconds=1),
    )


async def test_the_last_result_is_one_line_and_a_failure_tells_its_error(
    store: RunStore, pool: Pool, task: UUID
) -> None:
    error = "refused\n" + "traceback " * 1000
    await store.write_finished(
        [finished(uuid4(), task, RunStatus.FAILURE, result=None, error_message=error)]
    )

    assert await pool.fetchval(
        "SELECT last_result FROM log.task_statistics WHERE task_id = $1", task
    ) == ("refused")


async def test_runs_are_counted_once_whatever_is_delivered_how_often_to_whom(
    store: RunStore, pool: Pool
) -> None:
    dice = random.Random(5)  # noqa: S311 - a test that repeats itself
    tasks = [uuid4() for _ in range(7)]
    runs = [(uuid4(), dice.choice(tasks)) for _ in range(400)]
    statuses = {run: dice.choice([s for s in RunStatus if s.is_final]) for run, _ in runs}
    begun = [started(*run, attempt=attempt) for run in runs for attempt in (1, 2)]
    ended = [finished(*run, statuses[run[0]], attempt=2) for run in runs]

    async def writer() -> None:
        for _ in range(3):
            for some in _batches(dice, [*begun, *ended]):
                await store.write_started([run for run in some if type(run) is RunStarted])
                await store.write_finished([run for run in some if isinstance(run, RunFinished)])

    async with asyncio.TaskGroup() as writers:
        for _ in range(4):
            writers.create_task(writer())

    for task in tasks:
        mine = [statuses[run] for run, its in runs if its == task]
        successes = mine.count(RunStatus.SUCCESS)
        failures = len(mine) - successes - mine.count(RunStatus.CANCELLED)
        assert await statistics_of(pool, task) == (len(mine), successes, failures)
    rows = await pool.fetch("SELECT * FROM log.runs WHERE task_id = ANY($1::uuid[])", tasks)
    assert {row["run_id"]: row["status"] for row in rows} == statuses
    assert all(row["final"] for row in rows)


def _batches(
    dice: random.Random, messages: list[RunStarted | RunFinished]
) -> list[list[RunStarted | RunFinished]]:
    shuffled = dice.sample(messages, len(messages))
    size = dice.choice((40, 90, 150))
    return [shuffled[at : at + size] for at in range(0, len(shuffled), size)]


async def test_attempts_lie_side_by_side_and_only_the_last_one_counts(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    again = finished(
        run, task, RunStatus.TIMED_OUT, attempt=1, error_message="too slow", retry_at=NOON
    )
    assert await store.write_finished([again]) == [task]
    row = await row_of(pool, run)
    assert (row["status"], row["error_message"], row["completed_at"]) == (
        "retrying",
        "too slow",
        None,
    )

    await store.write_started([started(run, task, attempt=2)])
    row = await row_of(pool, run)
    assert (row["status"], row["error_message"], row["attempt"]) == ("running", None, 2)
    assert await store.write_finished([again]) == []

    snoozed = finished(run, task, RunStatus.RUNNING, attempt=2, result="not yet", retry_at=NOON)
    await store.write_finished([snoozed])
    assert (await row_of(pool, run))["status"] == "retrying"
    assert await statistics_of(pool, task) == (0, 0, 0)

    await store.write_finished([finished(run, task, attempt=3)])
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


async def test_all_attempts_of_a_run_in_one_batch_are_one_final_row(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    last = finished(run, task, attempt=3)
    batch = [
        finished(run, task, RunStatus.FAILURE, attempt=number, retry_at=NOON) for number in (2, 1)
    ]

    await store.write_finished([last, *batch, last, *batch])

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["attempt"]) == ("success", True, 3)
    assert await statistics_of(pool, task) == (1, 1, 0)


async def test_whatever_json_allows_is_stored(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await store.write_finished(
        [
            finished(
                run,
                task,
                result="nul \0",
                error_message="\0",
                execution_data={"nul": "\0", "not a number": math.nan},
                completed_at=NOON,  # before it began: clocks differ
            )
        ]
    )

    row = await row_of(pool, run)
    assert (row["result"], row["duration_seconds"]) == ("nul \N{REPLACEMENT CHARACTER}", 0)
    assert json.loads(row["execution_data"]) == {"nul": "\0", "not a number": None}


async def test_a_run_cannot_have_ended_as_running(store: RunStore, run: UUID, task: UUID) -> None:
    with pytest.raises(ValueError, match="running"):
        await store.write_finished([finished(run, task, RunStatus.RUNNING)])


async def test_a_number_that_no_column_holds_is_poison(
    store: RunStore, run: UUID, task: UUID
) -> None:
    with pytest.raises(asyncpg.DataError) as caught:
        await store.write_finished([finished(run, task).model_copy(update={"attempt": 1 << 40})])

    assert is_poison(caught.value)


async def test_nothing_is_written_for_an_empty_batch(store: RunStore) -> None:
    assert await store.write_started([]) == []
    assert await store.write_finished([]) == []


async def test_a_line_is_kept_once_and_cut(pool: Pool, run: UUID) -> None:
    lines = LineStore(pool)
    long = "長" * LINE_BYTES
    for _ in range(2):
        await lines.write([line(run, 2, long), line(run, 1, "a\0b"), line(run, 1, "again")])

    rows = await pool.fetch("SELECT seq, text FROM log.lines WHERE run_id = $1 ORDER BY seq", run)
    assert [row["seq"] for row in rows] == [1, 2]
    assert rows[0]["text"] == "a\N{REPLACEMENT CHARACTER}b"
    assert len(rows[1]["text"].encode()) <= LINE_BYTES + len(CUT.encode())


async def test_an_attempt_keeps_so_many_lines_and_says_that_others_are_missing(
    pool: Pool, run: UUID
) -> None:
    await LineStore(pool).write([line(run, LINES + more) for more in range(4)])

    rows = await pool.fetch("SELECT seq, text FROM log.lines WHERE run_id = $1 ORDER BY seq", run)
    assert [tuple(row) for row in rows] == [(LINES, "hello"), (LINES + 1, CUT_OFF)]
