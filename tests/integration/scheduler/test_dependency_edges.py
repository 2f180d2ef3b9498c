"""What depends on what follows the events of the tasks, edits and ends at once included."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

from shared.db.migrate import FOLDER
from shared.domain.dependency import Rule
from tests.integration.scheduler.desk import NOON, Desk, changed, deleted
from tests.integration.scheduler.ends import FIRED, end, hear, needs, outcomes, task


async def edges(desk: Desk) -> list[tuple[Any, ...]]:
    rows = await desk.pool.fetch(
        "SELECT upstream, downstream, kind, rule, window_seconds FROM scheduler.edges"
    )
    return sorted(tuple(row) for row in rows)


async def test_edges_follow_the_events_of_their_tasks(desk: Desk) -> None:
    here, one, other = sorted(uuid4() for _ in range(3))
    await task(desk, one, other, task_id=here, policy=needs(other, rule=Rule.ONE_DONE, window=60))
    assert await edges(desk) == sorted(
        [
            (here, one, "dependent_tasks", "one_success", 86_400),
            (here, other, "dependent_tasks", "one_success", 86_400),
            (other, here, "depends_on", "one_done", 60),
        ]
    )

    newer = changed(here, 3, NOON, dependent_tasks=(one,), policy=needs(other, window=60))
    await desk.applier.tasks_changed([newer])
    await desk.applier.tasks_changed([changed(here, 2, NOON, dependent_tasks=(other,))])  # late
    assert await edges(desk) == sorted(
        [
            (here, one, "dependent_tasks", "one_success", 86_400),
            (other, here, "depends_on", "all_success", 60),
        ]
    )

    await desk.applier.tasks_changed([deleted(one, 2, NOON)])
    assert len(await edges(desk)) == 2  # whose end is missing is found when it is to start
    await desk.applier.tasks_changed([deleted(here, 4, NOON)])
    assert await edges(desk) == []


async def test_an_edit_of_what_a_task_depends_on_begins_a_new_round(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other))
    await hear(desk, end(one))

    same = changed(dependant, 2, NOON, policy=needs(one, other), name="another name")
    await desk.applier.tasks_changed([same])
    await hear(desk, end(other, minute=1))
    assert await outcomes(desk, dependant) == [FIRED]

    await hear(desk, end(one, minute=2))
    edited = changed(dependant, 3, NOON, policy=needs(one, other, rule=Rule.ALL_DONE))
    await desk.applier.tasks_changed([edited])
    await hear(desk, end(other, minute=3))
    assert await outcomes(desk, dependant) == [FIRED]
    await hear(desk, end(one, minute=4))
    assert await outcomes(desk, dependant) == [FIRED] * 2


async def test_edits_and_ends_at_once_do_not_block_each_other(desk: Desk) -> None:
    tasks = [uuid4() for _ in range(6)]
    for each in tasks[1:]:
        await task(desk, task_id=each, policy=needs(tasks[0]))
    await task(desk, *tasks[1:], task_id=tasks[0])

    async def edit(version: int) -> None:
        events = [changed(each, version, NOON, policy=needs(tasks[0])) for each in tasks[1:]]
        top = changed(tasks[0], version, NOON, dependent_tasks=tuple(tasks[1:]))
        await desk.applier.tasks_changed([top, *reversed(events)])

    for version in range(2, 8):
        ends = [end(tasks[0], minute=version * 10 + number) for number in range(3)]
        await asyncio.gather(edit(version), *(hear(desk, each) for each in ends))

    for each in tasks[1:]:
        assert await outcomes(desk, each) == [FIRED] * 18


async def test_edges_of_tasks_from_before_there_were_any_are_taken_over(desk: Desk) -> None:
    last = await task(desk)
    first = await task(desk, last)
    await desk.pool.execute("TRUNCATE scheduler.edges, api.edges")
    await desk.pool.execute(
        "INSERT INTO api.tasks (id, name, task_type, task_action, dependent_tasks)"
        " VALUES ($1, 'first', 'manual', 'probe', ARRAY[$2::uuid, $2::uuid])",
        first,
        last,
    )

    migration = (FOLDER / "0008_pre_dependencies.sql").read_text(encoding="utf-8")
    for statement in migration.split(";"):
        if statement.strip().startswith("INSERT"):
            await desk.pool.execute(statement)

    assert await edges(desk) == [(first, last, "dependent_tasks", "one_success", 86_400)]
    await hear(desk, end(first))
    assert await outcomes(desk, last) == [FIRED]


async def test_both_kinds_of_edges_between_two_tasks_start_one_run(desk: Desk) -> None:
    upstream, dependant = uuid4(), uuid4()
    await task(desk, task_id=dependant, policy=needs(upstream, rule=Rule.ALL_DONE))
    await task(desk, dependant, task_id=upstream)

    await hear(desk, end(upstream))
    await hear(desk, end(upstream, "failure", 1))  # only `all_done` is met

    assert await outcomes(desk, dependant) == [FIRED] * 2


async def test_a_dependant_of_a_hundred_tasks_fits(desk: Desk) -> None:
    upstreams = [uuid4() for _ in range(100)]
    await desk.applier.tasks_changed([changed(each, 1, NOON) for each in upstreams])
    dependant = await task(desk, policy=needs(*upstreams))

    await hear(desk, *(end(each) for each in upstreams))

    (row,) = await desk.rows(dependant)
    assert row["outcome"] == "fired"
    assert json.loads(row["origin"])["run_id"]
