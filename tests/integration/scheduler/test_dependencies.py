"""Tasks start what depends on them: once for each end, whoever takes it."""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

import pytest

from services.scheduler.dependencies import Dependants
from shared.contracts.policy import Concurrency, TaskPolicy
from shared.contracts.runs import Origin
from shared.domain.dependency import Rule
from tests.integration.scheduler import line
from tests.integration.scheduler.desk import MINUTE, NOON, Desk, deleted, request
from tests.integration.scheduler.ends import (
    DISABLED,
    FIRED,
    LOST,
    NOT_MET,
    at_once,
    end,
    hear,
    needs,
    outcomes,
    task,
)
from tests.support.cases import table


async def test_a_chain_of_tasks_runs_to_its_end(desk: Desk) -> None:
    last = await task(desk)
    middle = await task(desk, last)
    first = await task(desk, middle)
    await desk.applier.runs_requested([request(first)])

    for each in (first, middle, last):
        (row,) = await desk.rows(each)
        await line.begin(desk, row["run_id"])
        await line.end(desk, row["run_id"])
        await desk.closer().step()

    (row,) = await desk.rows(last)
    (before,) = await desk.rows(middle)
    assert (row["trigger"], row["settled"]) == ("dependency", True)
    origin = Origin.model_validate_json(row["origin"])
    assert (origin.run_id, origin.causes) == (before["run_id"], (first, middle))


@table("status", ["failure", "timed_out", "cancelled", "needs_operator"])
async def test_a_dependant_runs_after_success_only(desk: Desk, status: str) -> None:
    dependant = await task(desk)
    upstream = await task(desk, dependant)

    await hear(desk, end(upstream, status))
    assert await outcomes(desk, dependant) == [LOST]
    await hear(desk, end(upstream, minute=1))

    assert await outcomes(desk, dependant) == [LOST, FIRED]


async def test_every_success_starts_the_dependant_anew_and_each_only_once(desk: Desk) -> None:
    dependant = await task(desk)
    upstream = await task(desk, dependant)
    ends = [end(upstream, minute=minute) for minute in range(3)]

    assert len(await hear(desk, *ends[:2])) == 2
    assert await hear(desk, *ends[:2]) == []
    assert len(await hear(desk, *ends)) == 1

    assert await outcomes(desk, dependant) == [FIRED] * 3


async def test_a_disabled_dependant_is_skipped_with_a_reason(desk: Desk) -> None:
    dependant = await task(desk, enabled=False)
    upstream = await task(desk, dependant)

    await hear(desk, end(upstream))

    assert await outcomes(desk, dependant) == [DISABLED]


@table("was_there", [True, False])
async def test_a_missing_dependant_is_skipped_with_a_line_in_the_log(
    desk: Desk, *, was_there: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    dependant = uuid4()
    if was_there:
        await task(desk, task_id=dependant)
        await desk.applier.tasks_changed([deleted(dependant, 2, NOON)])
    other = await task(desk)
    upstream = await task(desk, dependant, other)

    with caplog.at_level(logging.WARNING):
        await hear(desk, end(upstream))

    assert await outcomes(desk, dependant) == []
    assert await outcomes(desk, other) == [FIRED]
    (line,) = [each for each in caplog.records if "does not exist" in each.message]
    assert getattr(line, "task_id") == str(dependant)  # noqa: B009 - an extra of ours


async def test_a_task_that_depends_on_several_waits_for_all_of_them(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other))

    assert await hear(desk, end(one)) == []
    (entry,) = await hear(desk, end(other, minute=5))

    assert (entry.task_id, entry.outcome) == (dependant, "fired")
    assert entry.scheduled_for == NOON + 5 * MINUTE
    assert await hear(desk, end(other, minute=6)) == []  # the ends were spent
    assert len(await hear(desk, end(one, minute=7))) == 1
    assert await outcomes(desk, dependant) == [FIRED] * 2


async def test_the_ends_of_a_round_may_come_in_one_batch(desk: Desk) -> None:
    upstreams = [await task(desk) for _ in range(20)]
    dependant = await task(desk, policy=needs(*upstreams))

    ends = [end(each, minute=minute) for minute, each in enumerate(upstreams)]
    await hear(desk, *reversed(ends))

    assert await outcomes(desk, dependant) == [FIRED]


async def test_ends_outside_the_window_do_not_meet(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other, window=600))

    await hear(desk, end(one))
    await hear(desk, end(other, minute=11))
    assert await outcomes(desk, dependant) == []
    await hear(desk, end(one, minute=20))

    assert await outcomes(desk, dependant) == [FIRED]


#: Each rule is kept with its edge and asked; what it says is in `tests/unit/test_dependency.py`.
RULES: list[tuple[Rule, str, str, tuple[str, str | None]]] = [
    (Rule.ALL_SUCCESS, "success", "failure", LOST),
    (Rule.ALL_SUCCESS, "success", "skipped_lock", NOT_MET),
    (Rule.ALL_DONE, "failure", "skipped_lock", FIRED),
    (Rule.ALL_FAILED, "failure", "upstream_failed", FIRED),
    (Rule.ALL_SKIPPED, "skipped_blackout", "expired", FIRED),
    (Rule.ONE_SUCCESS, "failure", "success", FIRED),
    (Rule.ONE_FAILED, "success", "cancelled", FIRED),
    (Rule.ONE_DONE, "skipped_lock", "failure", FIRED),
    (Rule.NONE_FAILED, "success", "skipped_lock", FIRED),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "skipped_lock", "missed", NOT_MET),
]


@table(
    ("rule", "first", "second", "outcome"),
    RULES,
)
async def test_rules(
    desk: Desk, rule: Rule, first: str, second: str, outcome: tuple[str, str | None]
) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other, rule=rule))

    await hear(desk, end(one, first))
    await hear(desk, end(other, second, minute=1))

    assert await outcomes(desk, dependant) == [outcome]


async def test_always_runs_after_every_end(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other, rule=Rule.ALWAYS))

    await hear(desk, end(one, "failure"), end(other, "skipped_lock", 1), end(one, minute=2))

    assert await outcomes(desk, dependant) == [FIRED] * 3


async def test_two_upstreams_that_end_at_once_start_their_dependant_once(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependants = [await task(desk, policy=needs(one, other)) for _ in range(5)]

    for minute in range(10):
        await at_once(desk, [end(one, minute=minute)], [end(other, minute=minute)])

    for each in dependants:
        assert await outcomes(desk, each) == [FIRED] * 10


async def somebody_waits_for_a_lock(desk: Desk) -> None:
    while True:
        if await desk.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        ):
            return
        await asyncio.sleep(0.01)


async def test_who_comes_second_waits_for_the_commit_of_the_first(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other))
    entering = Dependants(desk.jobs, desk.entrance)

    async with desk.pool.acquire() as first, first.transaction():
        assert await entering.enter(first, [end(one)]) == []
        second = asyncio.create_task(hear(desk, end(other, minute=1)))
        await somebody_waits_for_a_lock(desk)
        assert not second.done()

    assert [each.task_id for each in await second] == [dependant]


async def test_the_same_end_noticed_twice_at_once_counts_once(desk: Desk) -> None:
    one, other = await task(desk), await task(desk)
    dependant = await task(desk, policy=needs(one, other))
    after_one = await task(desk)
    upstream = await task(desk, after_one)
    ends = [end(one), end(other), end(upstream)]

    await at_once(desk, ends, ends, ends)

    assert await outcomes(desk, dependant) == [FIRED]
    assert await outcomes(desk, after_one) == [FIRED]


async def test_a_dependant_with_limits_waits_to_be_admitted(desk: Desk) -> None:
    dependant = await task(desk, policy=TaskPolicy(concurrency=Concurrency(limit=1)))
    upstream = await task(desk, dependant)

    (entry,) = await hear(desk, end(upstream))

    assert entry.held
    (row,) = await desk.rows(dependant)
    assert (row["outcome"], row["held"]) == ("fired", True)
