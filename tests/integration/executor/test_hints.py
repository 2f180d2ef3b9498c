"""Executors are told at once that runs wait, and find out without being told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from nats.aio.client import Client

from services.executor import intake
from services.executor.hints import Hints, kind
from shared.bus.topology import task_due
from shared.contracts.policy import TaskPolicy
from tests.integration.executor.floor import Floor, RunningExecutor, eventually
from tests.support.servers import Running

QUEUES = ("default", "slow")


@pytest.fixture
def only_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let executors look only when they have a reason to."""
    monkeypatch.setattr(intake, "REST", timedelta(hours=1))


async def started(floor: Floor, **settings: Any) -> RunningExecutor:  # noqa: ANN401 - as the floor takes
    """Start an executor that has nothing to do yet."""
    executor = floor.executor(lease_seconds=600, **settings)
    await executor.start()
    await executor.look()
    return executor


class Ears:
    """Several that can be told, and how often each was."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.told: Counter[str] = Counter()

    async def open(self, name: str, group: str, queues: Sequence[str] = ("default",)) -> Hints:
        hints = Hints(self._client, queues, group)
        hints.told = lambda: self.told.update([name])
        await hints.open()
        return hints

    async def have_heard(self, name: str, times: int) -> None:
        async def look() -> bool:
            return self.told[name] >= times

        await eventually(look, f"{name} was told {times} times")
        await self._client.flush()
        assert self.told[name] == times


async def test_what_nobody_was_told_of_is_found(floor: Floor) -> None:
    executor = await started(floor)
    executor.executor._hints.told = lambda: None  # noqa: SLF001 - each hint is lost

    runs = await floor.order(3)

    assert set((await floor.finished(runs)).values()) == {"success"}


async def test_runs_start_without_a_bus(floor: Floor, client: Client, own_server: Running) -> None:
    await started(floor, client=client)
    await own_server.kill()
    try:
        runs = await floor.order(3)

        assert set((await floor.finished(runs)).values()) == {"success"}
    finally:
        await own_server.start()


@pytest.mark.usefixtures("only_told")
async def test_who_is_full_passes_on_what_it_was_told(floor: Floor) -> None:
    """Neither could take all, and only one of them is told."""
    first, second = await started(floor, executor_slots=2), await started(floor, executor_slots=5)

    await floor.order(6, deed="wait")

    await floor.wait_until_running(6)
    assert first.executor.under_way.running <= 2
    assert second.executor.under_way.running <= 5
    assert await floor.orders_left() == 0


@pytest.mark.usefixtures("only_told")
async def test_who_was_full_goes_on_with_what_it_was_not_told_of(floor: Floor) -> None:
    await started(floor, executor_slots=2)
    runs = await floor.order(2, deed="wait")
    await floor.wait_until_running(2)
    runs += await floor.order(5)

    floor.probe.go_on.set()

    assert set((await floor.finished(runs)).values()) == {"success"}


@pytest.mark.usefixtures("only_told")
async def test_who_is_closed_by_an_operator_keeps_no_hint_from_others(floor: Floor) -> None:
    closed = await started(floor, instance="closed")
    await started(floor, instance="other")
    closed.executor.intake.cordon(is_closed=True)

    for _ in range(10):  # one of the two is told, by chance
        await floor.finished(await floor.order())

    assert closed.executor.intake.is_cordoned
    assert await floor.workers() == {"other"}


@pytest.mark.usefixtures("only_told")
async def test_a_hint_that_comes_during_a_claim_leads_to_another(floor: Floor) -> None:
    executor = await started(floor)
    (first,) = await floor.order(policy=TaskPolicy(queue="slow"))

    async def begin() -> None:
        await floor.pool.execute("UPDATE scheduler.orders SET queue = 'default'")
        executor.executor.intake.told()

    async with floor.held_up(first, begin):
        (second,) = await floor.order()

        async def is_told() -> bool:
            return executor.executor.intake._has_more  # noqa: SLF001 - what its steps go by

        await eventually(is_told, "it is told of the second")

    assert await floor.finished([first, second]) == {first: "success", second: "success"}


async def test_of_each_kind_one_is_told_whatever_is_said(client: Client) -> None:
    ears = Ears(client)
    for name, group in (("one", "cpu"), ("two", "cpu"), ("only", "gpu")):
        await ears.open(name, group)

    for _ in range(20):
        await client.publish(task_due("default"), b"not json \xff")

    await ears.have_heard("only", 20)
    assert ears.told["one"] + ears.told["two"] == 20


async def test_who_leaves_tells_the_others_of_each_of_its_queues(client: Client) -> None:
    ears = Ears(client)
    leaving = await ears.open("leaving", "cpu", QUEUES)
    await ears.open("staying", "cpu", QUEUES)

    await leaving.close()

    await ears.have_heard("staying", len(QUEUES))
    assert ears.told["leaving"] == 0


async def test_what_is_on_its_way_to_one_that_leaves_goes_on_to_another(client: Client) -> None:
    ears = Ears(client)
    leaving = await ears.open("leaving", "cpu")
    await ears.open("staying", "cpu")
    leaving.is_open = False  # the server does not know yet

    for _ in range(20):
        await client.publish(task_due("default"), b"")

    await ears.have_heard("staying", 20)
    assert ears.told["leaving"] == 0


def test_executors_are_of_one_kind_if_they_may_run_the_same() -> None:
    labels = {"gpu": "1", "region": "eu"}
    same = kind(QUEUES, labels, ("probe", "shell"))

    assert kind(QUEUES[::-1], dict(reversed(labels.items())), ("shell", "probe")) == same
    others = [
        kind(QUEUES[:1], labels, ("probe", "shell")),
        kind(QUEUES, {**labels, "gpu": "2"}, ("probe", "shell")),
        kind(QUEUES, labels, ("probe",)),
    ]
    assert len({same, *others}) == 4
