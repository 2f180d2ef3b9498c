"""Queues, priorities and labels: which executor takes which run, and which run first."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.executor import doors, waiting_room
from shared.bus.topology import due_consumer
from shared.contracts.action import Action, Context, Outcome
from shared.contracts.policy import Selector, TaskPolicy
from tests.integration.executor.floor import TITLE, Floor, Probe, ProbeParams, eventually

GPU = TaskPolicy(selector=Selector(labels={"gpu": "1"}))


class Other(Action[ProbeParams]):
    """An action that not every executor has."""

    name = "other"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        return Outcome("done")


def probed(*actions: Action[Any]) -> tuple[Probe, dict[str, Action[Any]]]:
    probe = Probe()
    return probe, {each.name: each for each in (probe, *actions)}


def runs_of(probe: Probe) -> list[UUID]:
    return [run for run, _ in probe.begun]


async def given_back(floor: Floor, consumer: str) -> None:
    async def look() -> bool:
        info = await floor.desk.js.consumer_info("DUE", consumer)
        return (info.num_redelivered or 0) > 0

    await eventually(look, "the order was given back and came again")


def waits(executor: Any, priority: int) -> Callable[[], Awaitable[bool]]:  # noqa: ANN401 - its inside
    async def look() -> bool:
        return bool(executor.executor.intake._waiting.of(priority))  # noqa: SLF001 - the waiting room

    return look


async def test_orders_of_all_priorities_are_taken(floor: Floor) -> None:
    await floor.executor().start()
    runs = [(await floor.order(policy=TaskPolicy(priority=each)))[0] for each in range(1, 6)]

    assert set((await floor.finished(runs)).values()) == {"success"}
    await floor.no_order_left()


async def test_an_executor_takes_the_orders_of_its_queues_and_no_others(floor: Floor) -> None:
    await floor.executor(executor_queues="slow,nightly").start()
    (other,) = await floor.order()
    (slow,) = await floor.order(policy=TaskPolicy(queue="slow"))
    (nightly,) = await floor.order(policy=TaskPolicy(queue="nightly", priority=5))

    await floor.finished([slow, nightly])
    assert await floor.lease(other) is None
    assert await floor.orders_left() == 1

    await floor.executor().start()
    await floor.finished([other])


async def test_its_row_tells_of_queues_and_labels(floor: Floor) -> None:
    await floor.executor(executor_queues="slow,default", executor_labels="region=eu").start()

    row = await floor.pool.fetchrow("SELECT queues, labels FROM executor.executors")
    assert row is not None
    assert row["queues"] == ["slow", "default"]
    assert json.loads(row["labels"]) == {"region": "eu"}


async def test_a_late_order_of_high_priority_overtakes_low_ones_that_wait_for_a_slot(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "HOLD", 60.0)
    (first,) = await floor.order(deed="wait")
    executor = floor.executor(executor_slots=1)
    await executor.start()
    await floor.wait_until_running(1)
    low = await floor.order(3, policy=TaskPolicy(priority=5), deed="wait")
    await eventually(waits(executor, 5), "a low one waits for the slot")
    (high,) = await floor.order(policy=TaskPolicy(priority=1), deed="wait")
    await eventually(waits(executor, 1), "the high one came all the same")

    floor.probe.go_on.set()

    await floor.finished([first, high, *low])
    assert runs_of(floor.probe)[:2] == [first, high]


async def test_while_low_ones_hold_every_slot_all_high_ones_that_come_are_next(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "HOLD", 60.0)
    executor = floor.executor(executor_slots=40)
    await executor.start()
    low = await floor.order(120, policy=TaskPolicy(priority=4), deed="wait")
    await floor.wait_until_running(40)
    high = [(await floor.order(policy=TaskPolicy(priority=2)))[0] for _ in range(2)]
    assert not set(high) & set(runs_of(floor.probe))

    floor.probe.go_on.set()

    await floor.finished([*low, *high])
    places = [runs_of(floor.probe).index(run) for run in high]
    assert max(places) < 80  # among the very next that got the slots


async def test_what_waits_for_a_slot_in_vain_goes_to_an_executor_with_room(floor: Floor) -> None:
    busy, actions = probed()
    (first,) = await floor.order(deed="wait")
    full = floor.executor(actions=actions, executor_slots=1)
    await full.start()

    async def busy_running() -> bool:
        return bool(busy.begun)

    await eventually(busy_running, "its slot is taken")
    (second,) = await floor.order(policy=TaskPolicy(priority=4))
    await eventually(waits(full, 4), "it waits for the slot")

    await floor.executor().start()

    assert await floor.finished([second]) == {second: "success"}
    assert runs_of(floor.probe) == [second]
    assert runs_of(busy) == [first]


async def test_a_run_goes_to_an_executor_with_the_labels_that_its_task_asks_for(
    floor: Floor,
) -> None:
    plain, plain_actions = probed()
    strong, strong_actions = probed()
    await floor.executor(actions=plain_actions).start()
    await floor.executor(actions=strong_actions, executor_labels="gpu=1,region=eu").start()

    picky = await floor.order(10, policy=GPU)
    easy = await floor.order(10)

    assert set((await floor.finished([*picky, *easy])).values()) == {"success"}
    assert not set(runs_of(plain)) & set(picky)
    assert set(picky) <= set(runs_of(strong))
    await floor.no_order_left()


@pytest.mark.parametrize("labels", ["", "gpu=2", "region=eu"], ids=["none", "another", "others"])
async def test_a_run_waits_for_an_executor_that_may_take_it(floor: Floor, labels: str) -> None:
    await floor.executor(executor_labels=labels).start()
    (run,) = await floor.order(policy=GPU)

    await given_back(floor, due_consumer("default", 3).name)
    assert await floor.lease(run) is None

    await floor.executor(executor_labels="gpu=1").start()
    assert await floor.finished([run]) == {run: "success"}
    assert floor.probe.begun == [(run, 1)]


async def test_a_run_goes_to_an_executor_that_has_its_action(floor: Floor) -> None:
    _, poor = probed()
    _, rich = probed(Other())
    await floor.executor(actions=rich).start()
    await floor.executor(actions=poor).start()

    runs = await floor.order(20, action="other")

    assert set((await floor.finished(runs)).values()) == {"success"}


async def test_an_executor_of_another_queue_does_not_count_as_one_that_has_the_action(
    floor: Floor,
) -> None:
    _, rich = probed(Other())
    await floor.executor(actions=rich, executor_queues="slow").start()
    await floor.executor().start()

    (run,) = await floor.order(action="other")

    assert await floor.finished([run]) == {run: "failure"}


async def test_an_order_of_a_run_that_is_over_is_not_passed_on_for_ever(floor: Floor) -> None:
    (run,) = await floor.order(policy=GPU)
    leases = floor.leases()
    await floor.pool.execute(
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until, outcome)"
        " VALUES ($1, $1, 1, $1, now(), 'success')",
        run,
    )

    assert await leases.foreign([(run, 1), (run, 2)]) == set()
    await floor.executor().start()
    await floor.no_order_left()


@pytest.mark.parametrize("slots", [1, 4, 30])
async def test_of_a_herd_that_waits_for_slots_the_best_start_first_down_to_the_last(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, slots: int
) -> None:
    """The lowest were ordered first: as they come they would start the other way round."""
    monkeypatch.setattr(waiting_room, "HOLD", 60.0)
    executor = floor.executor(executor_slots=slots)
    await executor.start()
    holders = await floor.order(slots, deed="wait")
    await floor.wait_until_running(slots)
    herd = {}
    for priority in (5, 4, 3, 2, 1):
        for run in await floor.order(max(3, slots // 4), policy=TaskPolicy(priority=priority)):
            herd[run] = priority
    # What the server has stored it has not delivered yet: a slot that is free just then would
    # rightly go to the best that is here.
    await eventually(waits(executor, 1), "the best door has said that it has some")
    # Longer than an answer takes on a busy machine; each order reports how many are left.
    monkeypatch.setattr(doors, "ANSWERED", 0.5)

    floor.probe.go_on.set()

    await floor.finished([*holders, *herd])
    started = [herd[run] for run in runs_of(floor.probe) if run in herd]
    assert started == sorted(started)


@pytest.mark.parametrize("slots", [1, 3, 30])
async def test_a_herd_of_all_priorities_for_few_slots_runs_once_and_to_the_last(
    floor: Floor, slots: int
) -> None:
    for _ in range(2):
        await floor.executor(executor_slots=slots, executor_queues="default,slow").start()
    runs = []
    for priority in (5, 1, 4, 2, 3):
        for queue in ("default", "slow"):
            policy = TaskPolicy(priority=priority, queue=queue)
            runs += await floor.order(8, policy=policy, ordered=1)

    assert set((await floor.finished(runs)).values()) == {"success"}
    assert sorted(runs_of(floor.probe)) == sorted(runs)
    await floor.no_order_left()
