"""Ends that an executor of the version before left are stored once; gone with the next version."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.executor.claimed import ClaimedRun
from services.executor.loops import upkeep
from services.executor.loops.upkeep import INTERVAL, Upkeep
from services.executor.report import AttemptEnd
from services.executor.store.presence import PresenceStore
from services.log_writer.store.runs import RunStore
from shared.contracts.runs import RunStarted, RunStatus
from shared.runtime.clock import utc_now
from tests.integration.ends.builders import record
from tests.integration.executor.floor import Floor, ended, told

A_WHILE = timedelta(minutes=1)


async def left(floor: Floor, *ends: AttemptEnd, ago: timedelta = A_WHILE) -> None:
    """Leave ends as the version before did: with the leases, and apart if others follow."""
    for end in ends:
        report = told(end).model_dump_json().encode()
        outcome = end.status.value
        if end.retry_at is not None:
            outcome = "snoozed" if end.status is RunStatus.RUNNING else "retry"
            await floor.pool.execute(
                "INSERT INTO executor.attempt_ends"
                " (run_id, attempt, claimed_at, finished_at, report)"
                " VALUES ($1, $2, $3, now() - $4::interval, $5)",
                *(*end.key, end.claimed_at, ago, report),
            )
        await floor.pool.execute(
            "UPDATE executor.leases SET outcome = $3, finished_at = now() - $4::interval,"
            " report = $5, retry_at = $6 WHERE run_id = $1 AND attempt = $2",
            *(*end.key, outcome, ago, report, end.retry_at),
        )


async def claimed(floor: Floor, count: int = 1) -> list[ClaimedRun]:
    await floor.order(count)
    return await floor.leases().claim(count)


async def is_followed(floor: Floor, task: UUID) -> None:
    """Let another task depend on this one."""
    await floor.pool.execute(
        "INSERT INTO scheduler.edges (upstream, downstream, kind, rule, window_seconds)"
        " VALUES ($1, gen_random_uuid(), 'dependent_tasks', 'all_success', 60)",
        task,
    )


async def settle(floor: Floor, most: int = 100) -> int:
    return await floor.leases().settle_former(most)


async def count(floor: Floor, table: str) -> int:
    found: int = await floor.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return found


async def attempts(floor: Floor, run: UUID) -> list[tuple[int, str]]:
    rows = await floor.pool.fetch(
        "SELECT attempt, status FROM log.api_attempts WHERE run_id = $1 ORDER BY attempt", run
    )
    return [(row["attempt"], row["status"]) for row in rows]


@pytest.mark.parametrize("in_the_log", [True, False])
async def test_an_end_is_stored_once_also_if_the_log_has_it(
    floor: Floor, *, in_the_log: bool
) -> None:
    (run,) = await claimed(floor)
    await is_followed(floor, run.task_id)
    end = ended(run, RunStatus.FAILURE, result=None, error_message="no answer")
    await left(floor, end)
    if in_the_log:
        await record(floor.pool, end)

    assert [await settle(floor), await settle(floor)] == [1, 0]

    assert await floor.lease(run.run_id) is None
    assert (await floor.desk.row(run.run_id))["settled"]
    row = await floor.pool.fetchrow("SELECT * FROM log.runs")
    assert row is not None
    assert (row["status"], row["final"], row["error_message"]) == ("failure", True, "no answer")
    assert (row["claimed_at"], row["completed_at"]) == (run.claimed_at, end.completed_at)
    assert await floor.pool.fetchval("SELECT run_count FROM log.task_statistics") == 1
    rows = await floor.pool.fetch("SELECT run_id, task_id, status FROM scheduler.run_ends")
    assert [tuple(row) for row in rows] == [(run.run_id, run.task_id, "failure")]


async def test_what_followed_an_end_already_does_not_follow_again(floor: Floor) -> None:
    (run,) = await claimed(floor)
    await is_followed(floor, run.task_id)
    await left(floor, ended(run))
    await floor.pool.execute("UPDATE scheduler.occurrences SET settled = true")

    assert await settle(floor) == 1

    assert await count(floor, "scheduler.run_ends") == 0
    assert await floor.outcome(run.run_id) == "success"


async def test_all_attempts_of_a_run_are_stored(floor: Floor) -> None:
    (first,) = await claimed(floor)
    failed = ended(first, RunStatus.FAILURE, retry_at=utc_now())
    await left(floor, failed)
    (second,) = await floor.claim_attempt(first.run_id, 2)
    await left(floor, ended(second))

    assert await settle(floor) == 2

    assert await attempts(floor, first.run_id) == [(1, "failure"), (2, "success")]
    assert await floor.outcome(first.run_id) == "success"
    assert await count(floor, "executor.attempt_ends") == await count(floor, "executor.leases") == 0
    assert await floor.pool.fetchval("SELECT run_count FROM log.task_statistics") == 1


async def test_an_attempt_of_which_the_log_knows_only_the_start_gets_its_end(floor: Floor) -> None:
    """Else its row would say for ever that it is under way."""
    (first,) = await claimed(floor)
    failed = ended(first, RunStatus.FAILURE, retry_at=utc_now())
    await left(floor, failed)
    (second,) = await floor.claim_attempt(first.run_id, 2)
    for end in (failed, ended(second)):
        begun = told(end).model_dump(include=set(RunStarted.model_fields))
        await RunStore(floor.pool).write_started([RunStarted(**begun)])
    await record(floor.pool, ended(second))

    await settle(floor)

    assert await attempts(floor, first.run_id) == [(1, "failure"), (2, "success")]


async def test_a_run_that_goes_on_keeps_its_lease(floor: Floor) -> None:
    (run,) = await claimed(floor)
    await left(floor, ended(run, RunStatus.FAILURE, retry_at=utc_now()))

    assert [await settle(floor), await settle(floor)] == [1, 0]

    lease = await floor.lease(run.run_id)
    assert lease is not None
    assert lease["outcome"] == "retry"
    assert not (await floor.desk.row(run.run_id))["settled"]
    assert await floor.pool.fetchval("SELECT status FROM log.runs") == "retrying"


async def test_what_was_just_stored_is_left_to_who_stored_it(floor: Floor) -> None:
    first, second = await claimed(floor, 2)
    await left(floor, ended(first), ended(second, retry_at=utc_now()), ago=-A_WHILE)

    assert await settle(floor) == 0

    assert await count(floor, "executor.leases") == 2
    assert await count(floor, "executor.attempt_ends") == 1


async def test_executors_that_look_at_once_share_what_there_is(floor: Floor) -> None:
    runs = await claimed(floor, 100)
    await left(floor, *map(ended, runs))

    async def settle_all() -> int:
        done = 0
        while some := await settle(floor, 7):
            done += some
        return done

    assert sum(await asyncio.gather(*(settle_all() for _ in range(4)))) == len(runs)

    assert await floor.pool.fetchval("SELECT sum(run_count) FROM log.task_statistics") == len(runs)


async def test_while_there_is_more_it_goes_on(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    await left(floor, *map(ended, await claimed(floor, 3)))
    looks = Upkeep(floor.leases(), PresenceStore(floor.desk.executors, uuid4()), keep=A_WHILE)

    assert [await looks.step(), await looks.step()] == [timedelta(0), INTERVAL]

    assert await count(floor, "executor.leases") == 0


async def test_a_run_that_ended_gets_no_lease_of_a_former_executor(floor: Floor) -> None:
    (run,) = await claimed(floor)
    await floor.pool.execute(
        "UPDATE scheduler.occurrences SET settled = true WHERE run_id = $1", run.run_id
    )
    await floor.pool.execute("DELETE FROM executor.leases")

    with pytest.raises(asyncpg.SerializationError):
        await floor.pool.execute(
            "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
            " VALUES ($1, $2, 2, gen_random_uuid(), now())",
            run.run_id,
            run.task_id,
        )
