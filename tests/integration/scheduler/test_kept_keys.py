"""What a run was admitted with it keeps to its end, whatever becomes of its task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import Desk, changed, deleted
from tests.integration.scheduler.line import ask, begin, end, put_off, queue, states, task
from tests.support.cases import table

LOCK = "account:{{ params.account.id }}"
SEVEN, EIGHT = {"account": {"id": 7}}, {"account": {"id": 8}}


async def edit(desk: Desk, task_id: UUID, **fields: Any) -> None:  # noqa: ANN401 - whatever the contract takes
    await desk.applier.tasks_changed([changed(task_id, 2, utc_now(), **fields)])


async def live_with_lock(desk: Desk) -> tuple[UUID, UUID]:
    """Give a task, and a run of it that an executor has, with the lock `account:7`."""
    task_id = await task(desk, locks=[{"key": LOCK}])
    (run_id,) = await ask(desk, task_id)
    await desk.admitter().step()
    await begin(desk, run_id)
    return task_id, run_id


@table("what", ["other parameters", "no locks", "deleted", "disabled"])
async def test_a_live_run_keeps_its_lock(desk: Desk, what: str) -> None:
    await desk.empty()
    task_id, live = await live_with_lock(desk)
    if what == "deleted":
        await desk.applier.tasks_changed([deleted(task_id, 2, utc_now())])
    elif what == "no locks":
        await edit(desk, task_id, action_config=SEVEN)
    else:
        policy = {"locks": [{"key": LOCK}]}
        on = what != "disabled"
        await edit(desk, task_id, action_config=EIGHT, policy=policy, enabled=on)

    rival = await ask(desk, await task(desk, locks=[{"key": LOCK}]))
    await desk.admitter().step()
    assert await states(desk, rival) == ["lock"]

    await end(desk, live)
    await desk.admitter().step()
    assert await states(desk, rival) == ["ordered"]


async def test_a_later_attempt_of_a_run_needs_the_lock_that_it_had(desk: Desk) -> None:
    task_id, run_id = await live_with_lock(desk)
    await put_off(desk, run_id)
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET attempt = 2, held = true WHERE run_id = $1", run_id
    )
    await desk.applier.tasks_changed([deleted(task_id, 2, utc_now())])
    rival_task = await task(desk, locks=[{"key": LOCK}])
    (rival,) = await ask(desk, rival_task)
    await desk.pool.execute(  # it comes first
        "UPDATE scheduler.occurrences SET due_at = due_at - interval '1 hour' WHERE run_id = $1",
        rival,
    )

    await desk.admitter().step()

    assert await states(desk, [rival, run_id]) == ["ordered", "lock"]


async def test_a_live_run_keeps_the_slot_of_its_key(desk: Desk) -> None:
    policy = {"concurrency": {"key": LOCK, "limit": 1}}
    task_id = await task(desk, **policy)
    live = await ask(desk, task_id)
    await desk.admitter().step()

    await edit(desk, task_id, action_config=EIGHT, policy=policy)
    seven, eight = await ask(desk, task_id, params=SEVEN) + await ask(desk, task_id)
    await desk.admitter().step()

    assert await states(desk, [*live, seven, eight]) == ["ordered", "concurrency", "ordered"]


async def test_a_run_does_what_it_was_admitted_for(desk: Desk) -> None:
    """Else it would work on one account with the lock of another."""
    task_id = await task(desk, locks=[{"key": LOCK}])
    (run_id,) = await ask(desk, task_id)
    await desk.admitter().step()

    await edit(desk, task_id, action_config=EIGHT, policy={"locks": [{"key": LOCK}]})

    run = await desk.claim(run_id)
    assert run
    assert run.action_config == '{"account": {"id": 7}}'


async def test_what_waits_follows_its_task_into_another_queue(desk: Desk) -> None:
    await queue(desk, "slow", paused=True)
    slow: dict[str, Any] = {"queue": "slow", "priority": 5}
    task_id = await task(desk, **slow)
    waits = await ask(desk, task_id, 2)
    other = await ask(desk, await task(desk, **slow))
    await desk.admitter().step()
    assert await states(desk, waits + other) == ["queue_paused"] * 3

    await edit(desk, task_id, policy={"priority": 1})
    await desk.admitter().step()

    assert await states(desk, waits + other) == ["ordered", "ordered", "queue_paused"]
    row = await desk.row(waits[0])
    assert (row["queue"], row["priority"]) == ("default", 1)


async def test_what_waits_obeys_an_edit(desk: Desk) -> None:
    _, live = await live_with_lock(desk)
    rival_task = await task(desk, locks=[{"key": LOCK}])
    (rival,) = await ask(desk, rival_task)
    await desk.admitter().step()
    assert await states(desk, [rival]) == ["lock"]

    await edit(desk, rival_task)
    await desk.admitter().step()

    assert await states(desk, [live, rival]) == ["ordered", "ordered"]
