"""The end of a run is one transaction: lease, ledger and log have it together, or none of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.executor.claimed import ClaimedRun
from services.executor.store.leases import LeaseStore
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import Floor, ended, eventually
from tests.integration.scheduler.desk import LEASE, SECOND

#: What the end of a run may write, in this order.
TABLES = (
    "executor.leases",
    "scheduler.occurrences",
    "scheduler.run_ends",
    "log.runs",
    "log.attempts",
    "log.task_statistics",
    "log.run_tallies",
    "log.task_health",
    "log.dead_runs",
)


async def written(floor: Floor) -> dict[str, str]:
    """Return what each of them holds."""
    return {
        table: await floor.pool.fetchval(f"SELECT coalesce(json_agg(t)::text, '') FROM {table} t")  # noqa: S608 - ours
        for table in TABLES
    }


async def counted(floor: Floor, run: UUID) -> int:
    """Return how many runs of its task were counted."""
    task = (await floor.desk.row(run))["task_id"]
    count: int | None = await floor.pool.fetchval(
        "SELECT run_count FROM log.task_statistics WHERE task_id = $1", task
    )
    return count or 0


async def is_followed(floor: Floor, run: UUID) -> None:
    """Let another task depend on its task."""
    await floor.pool.execute(
        "INSERT INTO scheduler.edges (upstream, downstream, kind, rule, window_seconds)"
        " VALUES ($1, gen_random_uuid(), 'dependent_tasks', 'all_success', 60)",
        (await floor.desk.row(run))["task_id"],
    )


async def claimed(floor: Floor, leases: LeaseStore, count: int = 1) -> list[ClaimedRun]:
    await floor.order(count)
    return await leases.claim(count)


async def lost(floor: Floor, leases: LeaseStore, count: int = 1) -> list[ClaimedRun]:
    """Return runs whose leases have run out, and whose next attempts wait for an executor."""
    runs = await claimed(floor, leases, count)
    await floor.desk.time_passes(LEASE + SECOND)
    for run in runs:
        await floor.order_attempt(run.run_id, 2)
    return runs


@asynccontextmanager
async def undecided(floor: Floor, executor_id: UUID, *, commits: bool) -> AsyncIterator[LeaseStore]:
    """Give an executor's leases in a transaction that is decided when the block ends."""
    async with floor.desk.executors.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield LeaseStore(cast("Pool", connection), executor_id, LEASE)
        await (transaction.commit() if commits else transaction.rollback())


async def waits(floor: Floor) -> None:
    """Wait until somebody waits for a lock."""

    async def look() -> object:
        return await floor.pool.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")

    await eventually(look, "it waits")


async def test_lease_ledger_and_log_say_it(floor: Floor) -> None:
    leases = floor.leases()
    run, other = await claimed(floor, leases, 2)
    end = ended(run, RunStatus.FAILURE, result=None, error_message="no answer")

    assert await leases.store([end]) == ({end.key}, 0)

    assert await floor.lease(run.run_id) is None
    assert (await floor.desk.row(run.run_id))["settled"]
    row = await floor.pool.fetchrow("SELECT * FROM log.runs")
    assert row is not None
    assert (row["run_id"], row["status"], row["final"]) == (run.run_id, "failure", True)
    assert (row["error_message"], row["claimed_at"]) == ("no answer", run.claimed_at)
    assert await counted(floor, run.run_id) == 1
    assert await floor.lease(other.run_id) is not None
    assert not (await floor.desk.row(other.run_id))["settled"]


async def test_who_depends_on_its_task_is_to_hear_of_a_final_end_and_of_no_other(
    floor: Floor,
) -> None:
    leases = floor.leases()
    final, again = await claimed(floor, leases, 2)
    await is_followed(floor, final.run_id)
    (alone,) = await claimed(floor, leases)

    await leases.store([ended(final), ended(alone), ended(again, retry_at=utc_now())])

    rows = await floor.pool.fetch("SELECT run_id, task_id, status FROM scheduler.run_ends")
    assert [tuple(row) for row in rows] == [(final.run_id, final.task_id, "success")]


@pytest.mark.parametrize("table", TABLES[1:])
async def test_an_end_that_is_killed_halfway_has_not_happened(floor: Floor, table: str) -> None:
    leases = floor.leases()
    (first,) = await claimed(floor, leases)
    await is_followed(floor, first.run_id)
    await leases.release([(first.run_id, 1)])
    (run,) = await floor.claim_attempt(first.run_id, 2, leases)
    end = ended(run, RunStatus.NEEDS_OPERATOR)
    before = await written(floor)
    async with floor.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        storing = asyncio.create_task(leases.store([end]))

        async def killed() -> object:
            return await somebody.fetchval(
                "SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )

        await eventually(killed, f"it has come to {table}, and is killed")
        with pytest.raises((asyncpg.PostgresError, asyncpg.InternalClientError, OSError)):
            await storing

    assert await written(floor) == before
    assert await leases.fate([end.key]) == (set(), {end.key})
    assert await leases.store([end]) == ({end.key}, 1)
    after = await written(floor)
    assert [each for each in TABLES if after[each] == before[each]] == []
    assert await counted(floor, run.run_id) == 1


@pytest.mark.parametrize("is_final", [True, False])
async def test_an_end_counts_once_however_often_it_is_stored(
    floor: Floor, *, is_final: bool
) -> None:
    leases = floor.leases()
    (run,) = await claimed(floor, leases)
    end = ended(run, RunStatus.FAILURE, retry_at=None if is_final else utc_now())
    assert (await leases.store([end])).attempts == {end.key}
    before = await written(floor)

    assert (await leases.store([end])).attempts == set()

    assert await leases.fate([end.key]) == ({end.key}, set())
    assert await written(floor) == before
    assert await counted(floor, run.run_id) == is_final


async def test_an_attempt_fences_off_its_predecessor(floor: Floor) -> None:
    first, second = floor.leases(), floor.leases()
    (old,) = await claimed(floor, first)
    await first.release([(old.run_id, 1)])
    (new,) = await floor.claim_attempt(old.run_id, 2, second)
    before = await written(floor)

    assert await first.renew([(old.run_id, 1)]) == set()
    assert (await first.store([ended(old)])).attempts == set()
    assert await first.fate([(old.run_id, 1)]) == (set(), set())
    await first.release([(old.run_id, 1)])
    assert await written(floor) == before

    assert (await second.store([ended(new)])).attempts == {(old.run_id, 2)}


async def test_the_fence_holds_within_one_executor_too(floor: Floor) -> None:
    """It was frozen, and got its own run again as the next attempt."""
    leases = floor.leases()
    (old,) = await claimed(floor, leases)
    run = old.run_id
    await leases.release([(run, 1)])
    (new,) = await floor.claim_attempt(run, 2, leases)

    assert await leases.renew([(run, 1), (run, 2)]) == {(run, 2)}
    assert (await leases.store([ended(old)])).attempts == set()
    assert (await leases.store([ended(new)])).attempts == {(run, 2)}
    assert await leases.fate([(run, 1), (run, 2)]) == ({(run, 2)}, set())


async def test_a_lease_of_another_executor_is_not_ended(floor: Floor) -> None:
    (run,) = await claimed(floor, floor.leases())
    before = await written(floor)

    assert (await floor.leases().store([ended(run)])).attempts == set()

    assert await written(floor) == before


async def test_a_locked_lease_is_passed_over_and_stays_ours(floor: Floor) -> None:
    leases = floor.leases()
    locked, free = await claimed(floor, leases, 2)
    await floor.pool.execute("UPDATE executor.leases SET lease_until = now()")
    ends = [ended(run) for run in (locked, free)]
    keys = [end.key for end in ends]
    async with floor.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await somebody.execute(
            "SELECT FROM executor.leases WHERE run_id = $1 FOR UPDATE", locked.run_id
        )

        assert await leases.renew(keys) == set(keys)
        lease = await floor.lease(free.run_id)
        assert lease is not None
        assert lease["lease_until"] > utc_now()
        assert (await leases.store(ends)).attempts == {(free.run_id, 1)}
        assert await leases.fate(keys) == ({(free.run_id, 1)}, {(locked.run_id, 1)})

    assert (await leases.store(ends)).attempts == {(locked.run_id, 1)}


@pytest.mark.parametrize("commits", [True, False])
async def test_what_ends_while_its_next_attempt_is_claimed_does_not_begin_again(
    floor: Floor, *, commits: bool
) -> None:
    executor_id = uuid4()
    (run,) = await lost(floor, floor.leases(executor_id))
    async with undecided(floor, executor_id, commits=commits) as leases:
        assert (await leases.store([ended(run)])).attempts == {(run.run_id, 1)}
        claiming = asyncio.create_task(floor.leases().claim(1))
        await waits(floor)
    begun = [each.attempt for each in await claiming]

    assert begun == ([] if commits else [2])
    assert await floor.outcome(run.run_id) == ("success" if commits else None)
    assert (await floor.desk.row(run.run_id))["settled"] is commits
    await floor.desk.time_passes(SECOND)
    await floor.desk.sweeper().step()
    assert await floor.orders_left() == 0


@pytest.mark.parametrize("commits", [True, False])
async def test_what_is_claimed_while_the_attempt_before_ends_ends_only_if_it_does_not_begin(
    floor: Floor, *, commits: bool
) -> None:
    first = floor.leases()
    (run,) = await lost(floor, first)
    end = ended(run)
    async with undecided(floor, uuid4(), commits=commits) as second:
        assert [each.attempt for each in await second.claim(1)] == [2]
        assert (await first.store([end])).attempts == set()
        assert await first.fate([end.key]) == (set(), {end.key})  # as far as anybody knows

    stored = await first.store([end])

    assert stored.attempts == (set() if commits else {end.key})
    assert await floor.outcome(run.run_id) == (None if commits else "success")
    assert (await floor.desk.row(run.run_id))["settled"] is not commits
    assert await floor.leases().claim(1) == []
    assert await floor.orders_left() == 0


async def test_of_many_ends_and_claims_at_once_each_run_has_one(floor: Floor) -> None:
    first = floor.leases()
    runs = await lost(floor, first, 120)
    claims: list[ClaimedRun] = []

    async def claim() -> None:
        leases = floor.leases()
        while await floor.orders_left():
            claims.extend(await leases.claim(7))

    async def store() -> None:
        ends = [ended(run) for run in reversed(runs)]
        for at in range(0, len(ends), 7):
            await first.store(ends[at : at + 7])

    await asyncio.gather(claim(), claim(), store())

    ids = {run.run_id for run in runs}
    over = set(await floor.outcomes(list(ids)))
    begun = {run.run_id for run in claims}
    assert over | begun == ids
    assert not over & begun
    assert over
    assert begun
    assert await counted(floor, runs[0].run_id) == len(over)
