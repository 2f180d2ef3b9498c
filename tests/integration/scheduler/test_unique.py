"""The same run twice: of a task with `unique` it is there once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from services.scheduler.apply import request_entry
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk, changed, request
from tests.integration.scheduler.line import ask, begin, fires, states, task
from tests.support.cases import table


async def test_the_second_one_is_deduped_and_names_the_first(desk: Desk) -> None:
    task_id = await task(desk, unique={})
    first, second = await ask(desk, task_id, 2)

    assert await states(desk, [first, second]) == ["ordered", "deduped"]
    assert (await desk.row(second))["reason"] == f"unique.existing:{first}"
    assert await desk.orders() == {first: 1}


async def test_other_parameters_make_another_run(desk: Desk) -> None:
    task_id = await task(desk, unique={})
    first = await ask(desk, task_id)
    other = await ask(desk, task_id, params={"x": 1}) + await ask(desk, task_id, params={"x": 2})
    same = await ask(desk, task_id, params={"x": 1})

    assert await states(desk, first + other + same) == ["ordered"] * 3 + ["deduped"]


async def test_fields_choose_what_is_compared(desk: Desk) -> None:
    task_id = await task(desk, unique={"fields": ["task"]})

    first = await ask(desk, task_id, params={"x": 1})
    second = await ask(desk, task_id, params={"x": 2})

    assert await states(desk, first + second) == ["ordered", "deduped"]


@table(("unique", "expected"), [({}, "ordered"), ({"fields": ["params"]}, "deduped")])
async def test_tasks_are_told_apart_unless_only_parameters_are_compared(
    desk: Desk, unique: dict[str, list[str]], expected: str
) -> None:
    await desk.empty()
    one, other = await task(desk, unique=unique), await task(desk, unique=unique)

    assert await states(desk, await ask(desk, one)) == ["ordered"]
    assert await states(desk, await ask(desk, other)) == [expected]


async def test_after_its_end_it_may_run_again(desk: Desk) -> None:
    task_id = await task(desk, unique={})
    first = await ask(desk, task_id)
    await desk.pool.execute("UPDATE scheduler.occurrences SET settled = true")

    second = await ask(desk, task_id)

    assert await states(desk, first + second) == ["ordered"] * 2


@table(("ago", "expected"), [(MINUTE / 2, "deduped"), (2 * MINUTE, "ordered")])
async def test_states_all_reaches_back_for_the_period(
    desk: Desk, ago: timedelta, expected: str
) -> None:
    task_id = await task(desk, unique={"states": "all", "period_seconds": 60})
    await ask(desk, task_id)
    await desk.pool.execute("UPDATE scheduler.occurrences SET settled = true")
    await desk.time_passes(ago)

    assert await states(desk, await ask(desk, task_id)) == [expected]


async def test_a_live_run_of_before_the_period_is_none(desk: Desk) -> None:
    task_id = await task(desk, unique={"period_seconds": 60})
    first = await ask(desk, task_id)
    await begin(desk, first[0])
    await desk.time_passes(2 * MINUTE)

    second, third = await ask(desk, task_id, 2)

    assert await states(desk, [*first, second, third]) == ["ordered", "ordered", "deduped"]


async def test_states_scheduled_lets_one_run_beside_one_that_has_begun(desk: Desk) -> None:
    task_id = await task(desk, unique={"states": "scheduled"})
    (first,) = await ask(desk, task_id)
    await begin(desk, first)

    second, third = await ask(desk, task_id, 2)

    assert await states(desk, [first, second, third]) == ["ordered", "ordered", "deduped"]


async def test_replace_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    task_id = await task(desk, unique={"on_conflict": "replace"})
    first, second = await ask(desk, task_id, 2)

    assert await states(desk, [first, second]) == ["superseded", "ordered"]
    assert (await desk.row(first))["reason"] == f"unique.replaced:{second}"
    assert await desk.claim(first) is None
    await begin(desk, second)
    assert await states(desk, await ask(desk, task_id)) == ["deduped"]


async def test_reject_says_so(desk: Desk) -> None:
    task_id = await task(desk, unique={"on_conflict": "reject"})
    first, second = await ask(desk, task_id, 2)

    assert (await desk.row(second))["reason"] == f"unique.rejected:{first}"


async def test_many_at_once_are_one(desk: Desk) -> None:
    task_id = await task(desk, unique={})
    requests = [[request(task_id) for _ in range(3)] for _ in range(5)]

    await asyncio.gather(*(desk.applier.runs_requested(each) for each in requests))

    rows = await desk.rows(task_id)
    assert sorted(row["outcome"] for row in rows) == ["deduped"] * 14 + ["fired"]
    assert await desk.waiting() == 1


async def test_of_two_tasks_at_once_the_second_waits_for_the_commit_of_the_first(
    desk: Desk,
) -> None:
    """No lock that both take keeps them apart: the index does."""
    policy = {"unique": {"fields": ["params"]}}
    first, second = request(await task(desk, **policy)), request(await task(desk, **policy))

    async with desk.pool.acquire() as connection, connection.transaction():
        jobs = await desk.jobs.lock(connection, [first.task_id])
        entry = request_entry(first, jobs[first.task_id])
        assert await desk.entrance.enter(connection, [entry], jobs)
        rival = asyncio.create_task(desk.applier.runs_requested([second]))
        async with asyncio.timeout(10):
            while not rival.done() and not await desk.pool.fetchval(  # noqa: ASYNC110 - a server is asked
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
            ):
                await asyncio.sleep(0.01)
    await rival

    assert await states(desk, [first.run_id, second.run_id]) == ["ordered", "deduped"]


async def test_what_cannot_be_written_is_not_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked hears of it and tries again, with all that he brought."""
    asked = request(await task(desk, unique={}))
    monkeypatch.setattr("services.scheduler.entering.TRIES", 0)

    with pytest.raises(RuntimeError):
        await desk.applier.runs_requested([asked])
    assert not await desk.rows()

    monkeypatch.undo()
    await desk.applier.runs_requested([asked])
    assert await states(desk, [asked.run_id]) == ["ordered"]


async def test_a_request_heard_twice_is_no_duplicate_of_itself(desk: Desk) -> None:
    task_id = await task(desk, unique={})
    asked = request(task_id)

    for _ in range(2):
        await desk.applier.runs_requested([asked])

    assert await states(desk, [asked.run_id]) == ["ordered"]


async def test_fires_of_a_schedule_are_never_the_same(desk: Desk) -> None:
    event = changed(
        uuid4(),
        1,
        utc_now() - 4 * SECOND,
        {"interval_seconds": 1},
        policy={"unique": {}, "overlap": "allow_all"},
    )

    rows = await fires(desk, event)

    assert {row["outcome"] for row in rows} == {"fired"}
