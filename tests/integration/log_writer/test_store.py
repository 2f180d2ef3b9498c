"""Rows of runs that began move only forward; lines are kept once, and cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.log_writer.store.lines import CUT_OFF, LINE_BYTES, LINES, LineStore
from services.log_writer.store.runs import RunStore
from services.log_writer.store.text import CUT
from shared.bus.middleware import is_poison
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool, open_pool
from tests.integration.ends.builders import NOON, ended, record, row_of
from tests.integration.log_writer.builders import line, started
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


async def attempts(pool: Pool, run: UUID) -> list[tuple[int, str]]:
    rows = await pool.fetch(
        "SELECT attempt, status FROM log.api_attempts WHERE run_id = $1 ORDER BY attempt", run
    )
    return [(row["attempt"], row["status"]) for row in rows]


async def test_a_run_that_began_is_running(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    assert await store.write_started([started(run, task)]) == [task]

    row = await row_of(pool, run)
    assert (row["status"], row["final"], row["attempt"]) == ("running", False, 1)


async def test_what_is_heard_twice_is_no_news(store: RunStore, run: UUID, task: UUID) -> None:
    await store.write_started([started(run, task)])

    assert await store.write_started([started(run, task)]) == []


async def test_a_start_that_is_heard_after_the_end_changes_nothing(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await record(pool, ended(run, task))
    before = await row_of(pool, run)

    assert await store.write_started([started(run, task)]) == []
    assert await store.write_started([started(run, task, attempt=2)]) == []

    assert await row_of(pool, run) == before


async def test_a_newer_attempt_replaces_an_older_one_and_never_the_reverse(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    for attempt in (2, 1, 3, 2):
        await store.write_started([started(run, task, attempt=attempt)])

    row = await row_of(pool, run)
    assert (row["attempt"], row["executor"]) == (3, "executor-3")
    assert await attempts(pool, run) == [(1, "running"), (2, "running"), (3, "running")]


async def test_an_attempt_that_begins_takes_over_nothing_of_the_one_before(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    failed = ended(run, task, RunStatus.FAILURE, error_message="no answer", retry_at=NOON)
    await record(pool, failed)

    assert await store.write_started([started(run, task)]) == []  # its start is heard late
    assert await store.write_started([started(run, task, attempt=2)]) == [task]

    row = await row_of(pool, run)
    assert (row["status"], row["error_message"], row["claimed_at"]) == ("running", None, None)
    assert await attempts(pool, run) == [(1, "failure"), (2, "running")]


async def test_the_end_of_a_lost_attempt_s_successor_does_not_hide_that_it_began(
    store: RunStore, pool: Pool, run: UUID, task: UUID
) -> None:
    await record(pool, ended(run, task, attempt=2))

    await store.write_started([started(run, task)])

    assert await attempts(pool, run) == [(1, "running"), (2, "success")]


async def test_a_number_that_no_column_holds_is_poison(
    store: RunStore, run: UUID, task: UUID
) -> None:
    with pytest.raises(asyncpg.DataError) as caught:
        await store.write_started([started(run, task).model_copy(update={"attempt": 1 << 40})])

    assert is_poison(caught.value)


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
