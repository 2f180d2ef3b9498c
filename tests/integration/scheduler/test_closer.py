"""An end is noticed once, what follows from it happens with it, and a failed attempt waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.scheduler.job import Entry
from services.scheduler.loops.closer import Closer
from services.scheduler.store.ends import Ended, EndStore
from shared.contracts.cancel import CancelItem, CancelState
from shared.contracts.runs import RunFinished, RunStatus
from shared.db.pool import Connection
from tests.integration.scheduler.desk import Desk
from tests.integration.scheduler.line import begin
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Witness:
    """Depends on everything; notes what it heard."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.heard: list[Ended] = []
        self.breaks = breaks

    async def enter(self, connection: Connection, ended: Sequence[Ended]) -> list[Entry]:
        assert await connection.fetchval("SELECT 1") == 1
        if self.breaks:
            raise ConnectionError
        self.heard += ended
        return []


def closer(desk: Desk, witness: Witness, woken: list[int] | None = None) -> Closer:
    woken = [] if woken is None else woken
    return Closer(
        EndStore(desk.own), desk.dispatcher, witness, wake_admitter=lambda: woken.append(1)
    )


def result(
    run_id: UUID, status: RunStatus = RunStatus.SUCCESS, *, retry_at: datetime | None = None
) -> RunFinished:
    """Return how a first attempt ended."""
    return RunFinished(
        run_id=run_id,
        task_id=uuid4(),
        attempt=1,
        trigger="schedule",
        scheduled_for=NOON,
        started_at=NOON,
        executor="executor-1",
        status=status,
        completed_at=NOON,
        retry_at=retry_at,
    )


async def fail(desk: Desk, run_id: UUID, outcome: str = "retry") -> None:
    """End an attempt that is to be followed by another in an hour."""
    await desk.pool.execute(
        "UPDATE executor.leases SET outcome = $2, retry_at = now() + interval '1 hour',"
        " finished_at = now() WHERE run_id = $1",
        run_id,
        outcome,
    )


async def cancel(desk: Desk, *run_ids: UUID, waiting_only: bool = False) -> list[CancelItem]:
    items, _ = await EndStore(desk.own).cancel(run_ids, "ops", waiting_only=waiting_only)
    return items


async def test_what_ended_is_settled_and_told_once(desk: Desk) -> None:
    ended, running, waiting = await desk.fire(3)
    executor = desk.executor()
    for run in (ended, running):
        assert await desk.claim(run, executor)
    await executor.finish([result(ended, RunStatus.FAILURE)], [b"{}"])
    witness, woken = Witness(), list[int]()

    await asyncio.gather(*(closer(desk, witness, woken).step() for _ in range(3)))

    assert [(each.run_id, each.status) for each in witness.heard] == [(ended, "failure")]
    assert woken == [1]
    settled = {run: (await desk.row(run))["settled"] for run in (ended, running, waiting)}
    assert settled == {ended: True, running: False, waiting: False}


async def test_an_end_whose_consequences_fail_is_noticed_again(desk: Desk) -> None:
    (run,) = await desk.fire()
    executor = desk.executor()
    await executor.claim(1)
    await executor.finish([result(run)], [b"{}"])
    witness = Witness(breaks=True)

    with pytest.raises(ConnectionError):
        await closer(desk, witness).step()
    witness.breaks = False
    await closer(desk, witness).step()

    assert [each.run_id for each in witness.heard] == [run]


@table(("outcome", "waits_for"), [("retry", "retry"), ("snoozed", "snooze")])
async def test_an_attempt_that_is_not_the_last_is_followed_by_one_that_waits(
    desk: Desk, outcome: str, waits_for: str
) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await fail(desk, run, outcome)
    witness = Witness()

    await closer(desk, witness).step()

    row = await desk.row(run)
    assert (row["held"], row["attempt"], row["waits_for"]) == (True, 2, waits_for)
    assert row["not_before"] - row["created_at"] > timedelta(minutes=59)
    assert (row["settled"], witness.heard) == (False, [])
    assert await desk.waiting() == 0  # nobody can begin it before its time


async def test_what_nobody_has_begun_is_taken_back(desk: Desk) -> None:
    (run,) = await desk.fire()

    assert await cancel(desk, run) == [CancelItem(run_id=run, state=CancelState.CANCELLED)]

    row = await desk.row(run)
    assert (row["outcome"], row["settled"]) == ("cancelled", True)
    assert await desk.executor().claim(1) == []
    assert [each.state for each in await cancel(desk, run)] == [CancelState.ENDED]


async def test_a_live_run_is_marked_for_its_executor(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)

    assert [each.state for each in await cancel(desk, run)] == [CancelState.CANCELLING]

    marked = await desk.pool.fetch("SELECT run_id, cancel_reason FROM scheduler.executor_cancels")
    assert [tuple(row) for row in marked] == [(run, "ops")]
    assert (await desk.row(run))["outcome"] == "fired"


async def test_a_run_that_is_over_says_how_it_ended(desk: Desk) -> None:
    (run,) = await desk.fire()
    executor = desk.executor()
    await executor.claim(1)
    await executor.finish([result(run)], [b"{}"])  # and nobody has noticed yet

    unknown = uuid4()
    assert await cancel(desk, run, unknown) == [
        CancelItem(run_id=run, state=CancelState.ENDED, status="success"),
        CancelItem(run_id=unknown, state=CancelState.UNKNOWN),
    ]


async def test_a_run_between_two_attempts_is_sent_to_an_executor_to_end(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await fail(desk, run)
    await closer(desk, Witness()).step()

    assert [each.state for each in await cancel(desk, run)] == [CancelState.CANCELLING]

    await begin(desk, run, 2)


async def test_a_failed_attempt_of_a_run_to_be_stopped_is_not_waited_for(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await cancel(desk, run)
    await fail(desk, run)

    await closer(desk, Witness()).step()

    assert await desk.orders() == {run: 2}
    assert not (await desk.row(run))["held"]


async def test_only_what_waits_is_taken_back_if_that_is_asked(desk: Desk) -> None:
    begun, waiting = await desk.fire(2)
    await begin(desk, begun)

    items = await cancel(desk, begun, waiting, waiting_only=True)

    assert [each.state for each in items] == [CancelState.RUNNING, CancelState.CANCELLED]
    assert (await desk.row(begun))["cancel_requested_at"] is None
