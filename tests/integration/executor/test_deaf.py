"""An action that does not stop ends its executor; until then nobody else gets its run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from services.executor.loops import warden
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.contracts.policy import Retry, TaskPolicy
from shared.contracts.runs import RunStatus
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import (
    TITLE,
    Floor,
    ProbeParams,
    RunningExecutor,
    eventually,
)

LEASE_SECONDS = 600  # so long that only the test beats
REASON = "ops: stop it"
RETRY = TaskPolicy(retry=Retry(max_attempts=2, jitter=0))


@dataclass
class Deaf(Action[ProbeParams]):
    """Goes on whatever it is told, until the test lets it end."""

    hears_after: int = 1_000_000
    """Cancellations that it keeps to itself."""
    let_end: asyncio.Event = field(default_factory=asyncio.Event)
    contexts: list[Context] = field(default_factory=list)

    name = "deaf"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        self.contexts.append(context)
        told = 0
        while not self.let_end.is_set():
            try:
                await self.let_end.wait()
            except asyncio.CancelledError:
                told += 1
                if told > self.hears_after:
                    raise
        return Outcome("done after all")


@pytest.fixture
def deaf(floor: Floor) -> Iterator[Deaf]:  # noqa: ARG001 - it must be let go before the floor is
    """Give an action that ends with the test."""
    action = Deaf()
    yield action
    action.let_end.set()


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the warden look often."""
    monkeypatch.setattr(warden, "INTERVAL", timedelta(milliseconds=20))


async def started(
    floor: Floor, deaf: Deaf, *, slots: int = 1, drain_seconds: float = 0
) -> RunningExecutor:
    """Start an executor with little patience; without a free slot it claims no other attempt."""
    executor = floor.executor(
        actions={"deaf": deaf, "probe": floor.probe},
        executor_slots=slots,
        lease_seconds=LEASE_SECONDS,
        kill_grace_seconds=0.1,
        drain_seconds=drain_seconds,
    )
    await executor.start()
    return executor


async def begun(deaf: Deaf) -> None:
    async def look() -> bool:
        return bool(deaf.contexts)

    await eventually(look, "the deaf action is under way")


async def given_up(floor: Floor, executor: RunningExecutor) -> None:
    async def look() -> bool:
        return floor.restarts == [executor.id]

    await eventually(look, "the executor wants to be started afresh")


async def is_held(floor: Floor, run: UUID) -> bool:
    """Return whether nobody else can have the run."""
    lease = await floor.lease(run)
    assert lease is not None
    return (
        lease["outcome"] is None
        and lease["lease_until"] > utc_now()
        and await floor.claim_attempt(run, 2) == []
    )


async def test_a_run_that_does_not_stop_when_its_time_is_up_ends_with_its_executor(
    floor: Floor, deaf: Deaf
) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf", timeout_seconds=1)

    await given_up(floor, executor)
    assert await is_held(floor, run)
    assert await floor.said() == []
    await executor.stop()

    assert await floor.outcome(run) == "timed_out"
    said = (await floor.said_of([run]))[run]
    assert said.status is RunStatus.TIMED_OUT
    assert said.error_message == (
        "not finished within 1 seconds, and did not stop when told to:"
        " its executor was started afresh"
    )
    assert said.execution_data["result"] == {"did_not_stop": True}
    assert floor.ended_processes == [executor.id]


async def test_another_attempt_can_be_ordered_only_when_the_process_is_about_to_end(
    floor: Floor, deaf: Deaf
) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf", timeout_seconds=1, policy=RETRY)

    await given_up(floor, executor)
    await executor.executor._heartbeat.step()  # noqa: SLF001 - instead of waiting for it
    assert await is_held(floor, run)
    await executor.stop()

    assert await floor.outcome(run) == "retry"
    assert len(await floor.claim_attempt(run, 2)) == 1


async def test_a_cancelled_run_that_does_not_stop_is_cancelled_with_its_executor(
    floor: Floor, deaf: Deaf
) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf")
    await begun(deaf)

    executor.executor.under_way.stop(run, REASON)
    await given_up(floor, executor)
    assert await is_held(floor, run)
    await executor.stop()

    said = (await floor.said_of([run]))[run]
    assert (said.status, said.error_message) == (RunStatus.CANCELLED, REASON)
    assert floor.ended_processes == [executor.id]


async def test_whose_lease_another_has_is_not_told_of_but_must_end_all_the_same(
    floor: Floor, deaf: Deaf
) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf")
    await begun(deaf)
    await floor.desk.time_passes(timedelta(seconds=LEASE_SECONDS + 1))
    assert len(await floor.claim_attempt(run, 2)) == 1

    await executor.executor._heartbeat.step()  # noqa: SLF001 - instead of waiting for it
    assert executor.executor.under_way.running == 1  # its slot is taken
    await given_up(floor, executor)
    await executor.stop()

    lease = await floor.lease(run)
    assert lease is not None
    assert (lease["attempt"], lease["outcome"], lease["handed_back"]) == (2, None, False)
    assert await floor.said() == []
    assert floor.ended_processes == [executor.id]


async def test_the_others_may_end_as_on_every_stop(floor: Floor, deaf: Deaf) -> None:
    executor = await started(floor, deaf, slots=2, drain_seconds=600)
    (run,) = await floor.order(action="deaf")
    (other,) = await floor.order(deed="wait")
    await begun(deaf)
    await floor.wait_until_running(1)
    executor.executor.under_way.stop(run, REASON)
    await given_up(floor, executor)

    stopping = asyncio.create_task(executor.stop())
    floor.probe.go_on.set()
    await asyncio.wait_for(stopping, timeout=20)  # nobody waits for the deaf one

    assert await floor.finished([run, other]) == {run: "cancelled", other: "success"}


async def test_a_stop_hands_back_what_does_not_stop_only_with_its_last_words(
    floor: Floor, deaf: Deaf
) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf")
    await begun(deaf)

    assert await executor.executor.under_way.leave(timedelta(0), timedelta(seconds=0.1))
    assert await is_held(floor, run)
    await executor.stop()

    lease = await floor.lease(run)
    assert lease is not None
    assert (lease["outcome"], lease["handed_back"]) == (None, True)
    (again,) = await floor.claim_attempt(run, 2)
    assert again.lost == 0
    assert floor.ended_processes == [executor.id]


async def test_who_hears_it_the_second_time_costs_nothing(floor: Floor) -> None:
    hard = Deaf(hears_after=1)
    executor = await started(floor, hard)
    (run,) = await floor.order(action="deaf", timeout_seconds=1)

    said = (await floor.said_of([run]))[run]

    assert (said.status, said.error_message) == (
        RunStatus.TIMED_OUT,
        "not finished within 1 seconds",
    )
    assert executor.executor.under_way.running == 0
    assert floor.restarts == []


async def test_what_it_does_after_its_end_changes_nothing(floor: Floor, deaf: Deaf) -> None:
    executor = await started(floor, deaf)
    (run,) = await floor.order(action="deaf")
    await begun(deaf)
    executor.executor.under_way.stop(run, REASON)
    await given_up(floor, executor)
    await executor.stop()
    lines = len(await floor.lines())

    (context,) = deaf.contexts
    context.log("still here")
    context.progress(50)
    with pytest.raises(ActionFailed, match="over"):
        await context.publish("lamp.kitchen", b"on")
    deaf.let_end.set()

    async def over() -> bool:
        return executor.executor.under_way.running == 0

    await eventually(over, "it ends after all")
    await executor.executor.journal.flush(utc_now())
    assert await floor.outcome(run) == "cancelled"
    assert set((await floor.times_said()).values()) == {1}
    assert len(await floor.lines()) == lines
