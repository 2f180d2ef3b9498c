"""A run that nobody began in time expires, unless an executor claims it meanwhile."""

from __future__ import annotations

from uuid import uuid4

from services.scheduler.store.admission import AdmissionStore
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk
from tests.integration.scheduler.line import ask, begin, states, task


async def test_waiting_runs_expire_and_unclaimed_ones_too(desk: Desk) -> None:
    late = utc_now() - 60 * SECOND
    free = await task(desk, start_deadline_seconds=30)
    unclaimed, claimed = await ask(desk, free, 2)
    await begin(desk, claimed)
    held = await task(desk, start_deadline_seconds=30, concurrency={"limit": 1})
    (waiting,) = await ask(desk, held)
    await desk.pool.execute("UPDATE scheduler.occurrences SET due_at = $1", late)

    await desk.admitter().step()

    assert await states(desk, [unclaimed, claimed, waiting]) == ["expired", "ordered", "expired"]
    assert (await desk.row(unclaimed))["settled"]
    assert (await desk.row(unclaimed))["reason"] == "start.deadline"
    assert await desk.executor().claim([(unclaimed, 1)]) == []


async def test_a_run_that_is_claimed_while_it_expires_runs(desk: Desk) -> None:
    (run_id,) = await ask(desk, await task(desk, start_deadline_seconds=30))
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET due_at = due_at - $1::interval", MINUTE
    )
    await desk.admitter().step()
    await desk.pool.execute(
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
        " VALUES ($1, $2, 1, $3, now() + interval '10 seconds')",
        run_id,
        (await desk.row(run_id))["task_id"],
        uuid4(),
    )

    await desk.ledger.confirm_cancelled()

    assert await states(desk, [run_id]) == ["ordered"]
    assert not (await desk.row(run_id))["settled"]


async def test_who_is_claimed_while_it_expires_keeps_its_slot(desk: Desk) -> None:
    task_id = await task(desk, start_deadline_seconds=30, concurrency={"limit": 1})
    first, second = await ask(desk, task_id, 2)
    await desk.admitter().step()
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET due_at = due_at - $1::interval WHERE run_id = $2",
        MINUTE,
        first,
    )
    await AdmissionStore(desk.own).expire()
    assert await states(desk, [first]) == ["expired"]
    await desk.pool.execute(  # by an executor that had looked before
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
        " VALUES ($1, $2, 1, $3, now() + interval '10 seconds')",
        first,
        task_id,
        uuid4(),
    )

    await desk.admitter().step()

    assert await states(desk, [first, second]) == ["ordered", "concurrency"]
