"""Queues, priorities and labels: which executor takes which run, and which run first."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from services.executor.store.leases import Abilities
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


async def all_in_line(floor: Floor, most: int = 1) -> list[list[UUID]]:
    """Claim what waits, so many at a time; return which runs each claim got."""
    leases, batches = floor.leases(), []
    while claimed := await leases.claim(most):
        batches.append([run.run_id for run in claimed])
    return batches


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


async def test_the_best_are_claimed_first_however_few_at_a_time(floor: Floor) -> None:
    """The lowest were ordered first: as they come they would be claimed the other way round."""
    herd = {}
    for priority in (5, 4, 3, 2, 1):
        for run in await floor.order(3, policy=TaskPolicy(priority=priority)):
            herd[run] = priority

    batches = await all_in_line(floor, 4)

    claimed = [priority for each in batches for priority in sorted(herd[run] for run in each)]
    assert claimed == sorted(herd.values())


async def test_of_one_priority_who_waits_longest_is_first(floor: Floor) -> None:
    runs = [(await floor.order())[0] for _ in range(5)]

    assert await all_in_line(floor) == [[run] for run in runs]


@pytest.mark.parametrize(("seconds", "place"), [(119, 1), (121, 0)])
async def test_a_minute_of_waiting_makes_up_for_a_step_of_priority(
    floor: Floor, seconds: int, place: int
) -> None:
    (low,) = await floor.order(policy=TaskPolicy(priority=5))
    await floor.pool.execute(
        "UPDATE scheduler.orders SET rank = rank - $1 * interval '1 second'", float(seconds)
    )
    await floor.order(policy=TaskPolicy(priority=3))

    assert (await all_in_line(floor)).index([low]) == place


async def test_priorities_count_across_queues(floor: Floor) -> None:
    last, first, second = [
        (await floor.order(policy=TaskPolicy(queue=queue, priority=priority)))[0]
        for queue, priority in (("slow", 4), ("nightly", 1), ("slow", 2))
    ]
    leases = floor.leases(abilities=Abilities(("slow", "nightly")))

    claims = [await leases.claim(1) for _ in range(3)]

    assert [run.run_id for each in claims for run in each] == [first, second, last]


async def test_a_late_order_of_high_priority_overtakes_low_ones_that_wait_for_a_slot(
    floor: Floor,
) -> None:
    (first,) = await floor.order(deed="wait")
    await floor.executor(executor_slots=1).start()
    await floor.wait_until_running(1)
    low = await floor.order(3, policy=TaskPolicy(priority=5))
    (high,) = await floor.order(policy=TaskPolicy(priority=1))

    floor.probe.go_on.set()

    await floor.finished([first, high, *low])
    assert runs_of(floor.probe)[:2] == [first, high]


async def test_what_waits_while_one_is_full_goes_to_an_executor_with_room(floor: Floor) -> None:
    busy, actions = probed()
    (first,) = await floor.order(deed="wait")
    await floor.executor(actions=actions, executor_slots=1).start()

    async def busy_running() -> bool:
        return bool(busy.begun)

    await eventually(busy_running, "its slot is taken")
    (second,) = await floor.order()

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
    executor = floor.executor(executor_labels=labels)
    await executor.start()
    (run,) = await floor.order(policy=GPU)
    (easy,) = await floor.order()  # and holds up nobody

    await floor.finished([easy])
    await executor.look()
    assert await floor.lease(run) is None

    await floor.executor(executor_labels="gpu=1").start()
    assert await floor.finished([run]) == {run: "success"}
    assert runs_of(floor.probe) == [easy, run]


async def test_a_run_goes_to_an_executor_that_has_its_action(floor: Floor) -> None:
    _, poor = probed()
    _, rich = probed(Other())
    able, unable = floor.executor(actions=rich, executor_slots=1), floor.executor(actions=poor)
    await able.start()
    await unable.start()

    runs = await floor.order(20, action="other")
    await unable.look()

    assert set((await floor.finished(runs)).values()) == {"success"}


async def test_a_run_that_is_to_end_unbegun_is_anybody_s(floor: Floor) -> None:
    (run,) = await floor.order(policy=GPU)
    await floor.pool.execute("UPDATE scheduler.occurrences SET cancel_reason = 'enough'")

    await floor.executor().start()

    assert await floor.finished([run]) == {run: "cancelled"}


async def test_an_executor_of_another_queue_does_not_count_as_one_that_has_the_action(
    floor: Floor,
) -> None:
    _, rich = probed(Other())
    await floor.executor(actions=rich, executor_queues="slow").start()
    await floor.executor().start()

    (run,) = await floor.order(action="other")

    assert await floor.finished([run]) == {run: "failure"}


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
            runs += await floor.order(8, policy=policy)

    assert set((await floor.finished(runs)).values()) == {"success"}
    assert sorted(runs_of(floor.probe)) == sorted(runs)
    await floor.no_order_left()
