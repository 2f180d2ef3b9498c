"""Ends are counted by time and status, failures in a row by task, in whichever order they come."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from uuid import UUID, uuid4

from services.executor.report import AttemptEnd
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool, Record
from tests.integration.ends.builders import NOON, Executor, ended

GOOD, BAD, GONE = RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELLED


def ends(task: UUID, *statuses: RunStatus) -> list[AttemptEnd]:
    """Return ends of a task, a minute apart."""
    return [
        ended(
            uuid4(),
            task,
            status,
            at=NOON + timedelta(minutes=number),
            result=None if status is BAD else "done",
            error_message=f"broken {number}" if status is BAD else None,
        )
        for number, status in enumerate(statuses)
    ]


async def health(pool: Pool, task: UUID) -> Record:
    row = await pool.fetchrow("SELECT * FROM log.task_health WHERE task_id = $1", task)
    assert row is not None
    return row


async def test_ends_are_counted_by_five_minutes_and_status(executor: Executor, pool: Pool) -> None:
    told = ends(uuid4(), GOOD, BAD, GOOD, GONE, BAD, BAD, GOOD)

    await executor.store(*told[:4])
    await executor.store(*told)  # those that the log has are not counted again

    rows = await pool.fetch(
        "SELECT bucket, status, sum(runs)::int AS runs FROM log.api_run_tallies"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    later = NOON + timedelta(minutes=5)
    assert [tuple(row) for row in rows] == [
        (NOON, "cancelled", 1),
        (NOON, "failure", 2),
        (NOON, "success", 2),
        (later, "failure", 1),
        (later, "success", 1),
    ]


async def test_an_attempt_that_is_followed_by_another_is_no_end(
    executor: Executor, pool: Pool
) -> None:
    task = uuid4()
    await executor.store(ended(uuid4(), task, BAD, retry_at=NOON))

    assert await pool.fetchval("SELECT count(*) FROM log.run_tallies") == 0
    assert await pool.fetchval("SELECT count(*) FROM log.task_health") == 0


async def test_failures_in_a_row_are_counted_from_the_last_success(
    executor: Executor, pool: Pool
) -> None:
    task = uuid4()
    told = ends(task, BAD, GOOD, BAD, GONE, BAD)
    for each in told:
        await executor.store(each)

    row = await health(pool, task)
    assert (row["failures"], row["failing_since"]) == (2, told[2].completed_at)
    assert (row["last_failed_run"], row["last_error"]) == (told[4].run_id, "broken 4")
    assert row["last_success_at"] == told[1].completed_at

    await executor.store(ended(uuid4(), task, at=NOON + timedelta(hours=1)))
    row = await health(pool, task)
    assert (row["failures"], row["failing_since"]) == (0, None)
    assert row["last_error"] == "broken 4"


async def test_it_does_not_matter_how_ends_are_bundled(executor: Executor, pool: Pool) -> None:
    seed = random.randrange(1 << 32)  # noqa: S311 - a test
    dice = random.Random(seed)  # noqa: S311 - a test
    for _ in range(20):
        task = uuid4()
        told = ends(task, *(dice.choice([GOOD, BAD, BAD, GONE]) for _ in range(8)))
        told.append(ended(uuid4(), task, BAD, at=NOON + timedelta(minutes=8)))
        cuts = sorted(dice.sample(range(1, len(told)), 3))
        for start, end in itertools.pairwise([0, *cuts, len(told)]):
            await executor.store(*told[start:end])

        row = await health(pool, task)
        trailing = [
            each
            for each in itertools.takewhile(lambda run: run.status is not GOOD, reversed(told))
            if each.status is BAD
        ]
        assert row["failures"] == len(trailing), seed
        assert row["failing_since"] == trailing[-1].completed_at, seed


async def test_what_is_stored_late_is_put_where_it_belongs(executor: Executor, pool: Pool) -> None:
    task = uuid4()
    told = ends(task, BAD, GOOD, BAD, BAD, GOOD)

    await executor.store(told[2], told[3])
    await executor.store(told[0])  # before all of them: nobody knows yet of the success
    assert (await health(pool, task))["failures"] == 3
    await executor.store(told[4])
    await executor.store(told[1])
    assert (await health(pool, task))["failures"] == 0

    other = uuid4()
    late = ends(other, BAD, GOOD)
    await executor.store(late[1])
    await executor.store(late[0])  # it went well since
    assert (await health(pool, other))["failures"] == 0
