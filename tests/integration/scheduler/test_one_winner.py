"""A claim and what takes a run back meet: one of them has it, and the other one knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from services.executor.store.leases import LeaseStore
from services.scheduler.store.admission import AdmissionStore
from services.scheduler.store.ends import EndStore
from services.scheduler.store.recalls import RecallStore
from shared.contracts.cancel import CancelState
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import LEASE, MINUTE, Desk, deleted
from tests.integration.scheduler.line import ask, queue, states, task
from tests.support.cases import table

POLICY: dict[str, Any] = {"unique": {"on_conflict": "replace"}, "start_deadline_seconds": 30}

TakeBack = Callable[[Desk, UUID, UUID], Awaitable[object]]


async def cancel(desk: Desk, _: UUID, run_id: UUID) -> list[CancelState]:
    items, _queues = await EndStore(desk.own).cancel([run_id], "ops")
    return [each.state for each in items]


async def delete(desk: Desk, task_id: UUID, _: UUID) -> None:
    await desk.applier.tasks_changed([deleted(task_id, 2, utc_now())])


async def replace(desk: Desk, task_id: UUID, _: UUID) -> None:
    await ask(desk, task_id)


async def expire(desk: Desk, _: UUID, run_id: UUID) -> None:
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET due_at = due_at - $2::interval WHERE run_id = $1",
        run_id,
        MINUTE,
    )
    await AdmissionStore(desk.own).expire()


async def pause(desk: Desk, _: UUID, __: UUID) -> None:
    await desk.pool.execute("DELETE FROM api.queues")
    await queue(desk, paused=True)
    await RecallStore(desk.own).recall()


async def meet(desk: Desk, take_back: TakeBack, *, commits: bool) -> tuple[UUID, object]:
    """Let it meet a claim that is under way; return the run, and what the taker was told."""
    await desk.empty()
    task_id = await task(desk, **POLICY)
    (run_id,) = await ask(desk, task_id)
    async with desk.executors.acquire() as executor:
        claim = executor.transaction()
        await claim.start()
        await executor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        assert len(await LeaseStore(executor, uuid4(), LEASE).claim(1)) == 1  # type: ignore[arg-type]
        taking = asyncio.ensure_future(take_back(desk, task_id, run_id))
        while not (taking.done() or await waits_for_a_lock(desk)):
            pass
        is_passed_over = taking.done()
        await (claim.commit if commits else claim.rollback)()
    told = await taking
    # What looks at many runs passes over what is in somebody's hands, and looks again soon.
    return run_id, await take_back(desk, task_id, run_id) if is_passed_over else told


async def waits_for_a_lock(desk: Desk) -> bool:
    found = await desk.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    return bool(found)


WAYS: dict[str, tuple[TakeBack, str]] = {
    "cancel": (cancel, "cancelled"),
    "deletion": (delete, "superseded"),
    "replacement": (replace, "superseded"),
    "deadline": (expire, "expired"),
    "pause": (pause, "queue_paused"),
}


@table("way", WAYS)
async def test_what_a_claim_has_taken_cannot_be_taken_back(desk: Desk, way: str) -> None:
    take_back, _ = WAYS[way]
    run_id, _ = await meet(desk, take_back, commits=True)

    assert await states(desk, [run_id]) == ["ordered"]
    assert not (await desk.row(run_id))["settled"]
    assert await has_lease(desk, run_id)
    assert run_id not in await desk.orders()


@table("way", WAYS)
async def test_what_a_claim_let_go_of_is_taken_back_for_good(desk: Desk, way: str) -> None:
    take_back, state = WAYS[way]
    run_id, _ = await meet(desk, take_back, commits=False)

    assert await states(desk, [run_id]) == [state]
    assert not await has_lease(desk, run_id)
    assert await desk.claim(run_id) is None


@table(("commits", "state"), [(True, CancelState.CANCELLING), (False, CancelState.CANCELLED)])
async def test_who_cancels_is_told_who_was_first(
    desk: Desk, *, commits: bool, state: CancelState
) -> None:
    run_id, told = await meet(desk, cancel, commits=commits)

    assert told == [state]
    marked = await desk.pool.fetch("SELECT run_id FROM scheduler.executor_cancels")
    assert [row["run_id"] for row in marked] == ([run_id] if commits else [])


async def test_a_run_that_was_claimed_before_it_could_be_replaced_runs_beside_the_new_one(
    desk: Desk,
) -> None:
    await meet(desk, replace, commits=True)

    assert [row["outcome"] for row in await desk.rows()] == ["fired", "fired"]
    assert await desk.waiting() == 1


async def has_lease(desk: Desk, run_id: UUID) -> bool:
    found = await desk.pool.fetchval(
        "SELECT count(*) FROM executor.leases WHERE run_id = $1", run_id
    )
    return bool(found)
