"""What follows from an end follows once, and a failed attempt waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.scheduler.dependencies import Dependants
from services.scheduler.job import Entry
from services.scheduler.store.ends import EndStore
from services.scheduler.store.run_ends import Ended
from shared.contracts.cancel import CancelItem, CancelState
from shared.contracts.runs import RunStatus
from shared.db.pool import Connection
from tests.integration.scheduler import ends
from tests.integration.scheduler.desk import Desk
from tests.integration.scheduler.line import ask, begin, end, put_off
from tests.support.cases import table


class Witness(Dependants):
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


async def upstream_runs(desk: Desk, count: int) -> list[UUID]:
    """Begin runs of a task on which another one depends; return them."""
    runs = await ask(desk, await ends.task(desk, await ends.task(desk)), count)
    for run in runs:
        await begin(desk, run)
    return runs


async def cancel(desk: Desk, *run_ids: UUID, waiting_only: bool = False) -> list[CancelItem]:
    items, _ = await EndStore(desk.own).cancel(run_ids, "ops", waiting_only=waiting_only)
    return items


async def test_an_end_is_followed_once_whoever_looks(desk: Desk) -> None:
    ended, running = await upstream_runs(desk, 2)
    (nobody_waits,) = await desk.fire()
    await begin(desk, nobody_waits)
    await end(desk, ended, RunStatus.FAILURE)
    await end(desk, nobody_waits)
    witness = Witness()

    await asyncio.gather(*(desk.closer(witness).step() for _ in range(3)))

    assert [(each.run_id, each.status) for each in witness.heard] == [(ended, "failure")]
    settled = {each: (await desk.row(each))["settled"] for each in (ended, running, nobody_waits)}
    assert settled == {ended: True, running: False, nobody_waits: True}


async def test_an_end_whose_consequences_fail_is_followed_later(desk: Desk) -> None:
    (run,) = await upstream_runs(desk, 1)
    await end(desk, run)
    witness = Witness(breaks=True)

    with pytest.raises(ConnectionError):
        await desk.closer(witness).step()
    witness.breaks = False
    await desk.closer(witness).step()

    assert [each.run_id for each in witness.heard] == [run]


async def test_however_many_ends_there_are_all_are_followed_in_one_step(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scheduler.loops.closer.BATCH", 2)
    runs = await upstream_runs(desk, 3)
    for run in runs:
        await end(desk, run)
    witness = Witness()

    await desk.closer(witness).step()

    assert [each.run_id for each in witness.heard] == runs


@table(("status", "waits_for"), [(RunStatus.FAILURE, "retry"), (RunStatus.RUNNING, "snooze")])
async def test_an_attempt_that_is_not_the_last_is_followed_by_one_that_waits(
    desk: Desk, status: RunStatus, waits_for: str
) -> None:
    await desk.empty()
    (run,) = await upstream_runs(desk, 1)
    await put_off(desk, run, status)
    witness = Witness()

    await desk.closer(witness).step()

    row = await desk.row(run)
    assert (row["held"], row["attempt"], row["waits_for"]) == (True, 2, waits_for)
    assert row["not_before"] - row["created_at"] > timedelta(minutes=59)
    assert (row["settled"], witness.heard) == (False, [])
    assert await desk.waiting() == 0  # nobody can begin it before its time
    assert desk.admitter_woken


async def test_what_nobody_has_begun_is_taken_back(desk: Desk) -> None:
    (run,) = await desk.fire()

    assert await cancel(desk, run) == [CancelItem(run_id=run, state=CancelState.CANCELLED)]

    row = await desk.row(run)
    assert (row["outcome"], row["settled"]) == ("cancelled", True)
    assert await desk.executor().claim(1) == []
    over = CancelItem(run_id=run, state=CancelState.ENDED, status="cancelled")
    assert await cancel(desk, run) == [over]


async def test_a_live_run_is_marked_for_its_executor(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)

    assert [each.state for each in await cancel(desk, run)] == [CancelState.CANCELLING]

    marked = await desk.pool.fetch("SELECT run_id, cancel_reason FROM scheduler.executor_cancels")
    assert [tuple(row) for row in marked] == [(run, "ops")]
    assert (await desk.row(run))["outcome"] == "fired"


async def test_of_a_run_that_is_over_the_log_says_how_it_ended(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await end(desk, run)

    unknown = uuid4()
    assert await cancel(desk, run, unknown) == [
        CancelItem(run_id=run, state=CancelState.ENDED),
        CancelItem(run_id=unknown, state=CancelState.UNKNOWN),
    ]


async def test_a_run_between_two_attempts_is_sent_to_an_executor_to_end(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await put_off(desk, run)
    await desk.closer().step()

    assert [each.state for each in await cancel(desk, run)] == [CancelState.CANCELLING]

    await begin(desk, run, 2)


async def test_a_failed_attempt_of_a_run_to_be_stopped_is_not_waited_for(desk: Desk) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await cancel(desk, run)
    await put_off(desk, run)

    await desk.closer().step()

    assert await desk.orders() == {run: 2}
    assert not (await desk.row(run))["held"]


async def test_only_what_waits_is_taken_back_if_that_is_asked(desk: Desk) -> None:
    begun, waiting = await desk.fire(2)
    await begin(desk, begun)

    items = await cancel(desk, begun, waiting, waiting_only=True)

    assert [each.state for each in items] == [CancelState.RUNNING, CancelState.CANCELLED]
    assert (await desk.row(begun))["cancel_requested_at"] is None
