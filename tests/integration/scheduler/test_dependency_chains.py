"""Ends without a run are heard all down the line: failures, skips, what was taken back, loops."""

from __future__ import annotations

from uuid import uuid4

from services.scheduler.store.ends import EndStore
from services.scheduler.store.run_ends import note_runless
from shared.contracts.runs import Origin
from shared.db.pool import Connection
from shared.domain.dependency import Rule
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import SECOND, Desk, changed, deleted, request
from tests.integration.scheduler.ends import (
    DISABLED,
    FIRED,
    LOST,
    NOT_MET,
    end,
    hear,
    needs,
    outcomes,
    task,
)
from tests.support.cases import table


async def test_a_failure_runs_down_the_chain(desk: Desk) -> None:
    cleaner, last = uuid4(), await task(desk)
    chain = [last]
    for _ in range(8):
        chain.append(await task(desk, chain[-1]))
    await task(desk, task_id=cleaner, policy=needs(last, rule=Rule.ONE_FAILED))
    failed = end(chain[-1], "failure")

    await hear(desk, failed)
    await desk.closer().step()
    await desk.closer().step()

    for each in chain[:-1]:
        assert await outcomes(desk, each) == [LOST]
    (row,) = await desk.rows(cleaner)
    assert row["outcome"] == "fired"
    assert await desk.orders() == {row["run_id"]: 1}
    origin = Origin.model_validate_json(row["origin"])
    assert origin.causes == tuple(reversed(chain))


async def test_a_skip_runs_down_the_chain_as_such(desk: Desk) -> None:
    regardless, last = uuid4(), await task(desk)
    middle = await task(desk, last, enabled=False)
    first = await task(desk, middle)
    await task(desk, task_id=regardless, policy=needs(first, middle, rule=Rule.NONE_FAILED))

    await hear(desk, end(first, ended_at=utc_now()))
    await desk.closer().step()

    assert await outcomes(desk, middle) == [DISABLED]
    assert await outcomes(desk, last) == [NOT_MET]
    assert await outcomes(desk, regardless) == [FIRED]


async def test_a_schedule_that_is_switched_off_tells_its_dependants_nothing(desk: Desk) -> None:
    dependant, gatherer = await task(desk), uuid4()
    seconds = {"interval_seconds": 1}
    upstream = changed(
        uuid4(), 1, utc_now() - 5 * SECOND, seconds, dependent_tasks=(dependant,), enabled=False
    )
    await desk.applier.tasks_changed([upstream])
    await task(desk, task_id=gatherer, policy=needs(upstream.task_id))

    await desk.catch_up()
    await desk.closer().step()

    assert len(await desk.rows(upstream.task_id)) >= 3
    assert await outcomes(desk, dependant) == await outcomes(desk, gatherer) == []


@table(
    ("rule", "outcome"),
    [
        (Rule.ALL_SUCCESS, "skipped_condition"),
        (Rule.NONE_FAILED, "fired"),
        (Rule.ALL_DONE, "fired"),
    ],
)
async def test_a_deleted_upstream_counts_as_skipped_and_is_named(
    desk: Desk, rule: Rule, outcome: str
) -> None:
    """Else its dependant would wait for it for ever, and nobody would know."""
    stays, goes, dependant = await task(desk), await task(desk), uuid4()
    await task(desk, task_id=dependant, policy=needs(stays, goes, rule=rule))
    await desk.applier.tasks_changed([deleted(goes, 2, utc_now())])
    await desk.pool.execute(
        "UPDATE scheduler.jobs SET changed_at = changed_at - interval '15 days' WHERE task_id = $1",
        goes,
    )
    await desk.jobs.forget_tombstones(100)

    await hear(desk, end(stays))

    reason = f"dependency.upstream_gone:{goes}" if outcome == "skipped_condition" else None
    assert await outcomes(desk, dependant) == [(outcome, reason)]


async def test_a_fire_that_another_run_stands_for_spoils_no_round(desk: Desk) -> None:
    first, second, dependant = await task(desk), await task(desk), uuid4()
    await task(desk, task_id=dependant, policy=needs(first, second))
    skipped = request(first)
    await desk.applier.runs_requested([skipped])
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'skipped_overlap', settled = true"
        " WHERE run_id = $1",
        skipped.run_id,
    )
    async with desk.pool.acquire() as connection:
        await note_runless(connection, [skipped.run_id])
    await desk.closer().step()

    await hear(desk, end(first, ended_at=utc_now()))
    await hear(desk, end(second, ended_at=utc_now()))

    assert await outcomes(desk, dependant) == [FIRED]


async def test_a_row_that_started_nothing_can_be_told_by_whoever_wrote_it(desk: Desk) -> None:
    dependant = await task(desk)
    upstream = await task(desk, dependant)
    lonely = await task(desk)
    runs = [request(each) for each in (upstream, lonely, upstream)]
    await desk.applier.runs_requested(runs)
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'skipped_lock', settled = true"
        " WHERE run_id = ANY($1::uuid[])",
        [each.run_id for each in runs[:2]],
    )

    async def note(connection: Connection) -> None:
        await note_runless(connection, [each.run_id for each in runs])

    async with desk.pool.acquire() as connection:
        await note(connection)
        await note(connection)
    await desk.closer().step()

    assert await outcomes(desk, dependant) == [NOT_MET]  # of the third nothing is known yet


async def test_a_run_that_was_taken_back_is_told_once(desk: Desk) -> None:
    dependant = await task(desk)
    upstream = await task(desk, dependant)
    asked = request(upstream)
    await desk.applier.runs_requested([asked])
    await EndStore(desk.own).cancel([asked.run_id], "ops")
    async with desk.pool.acquire() as connection:
        await note_runless(connection, [asked.run_id])

    await desk.closer().step()

    assert await outcomes(desk, dependant) == [LOST]


async def test_a_loop_is_broken_where_it_closes(desk: Desk) -> None:
    """None can be saved; the copies of two tasks may still disagree for a moment."""
    one, other = uuid4(), uuid4()
    await task(desk, other, task_id=one)
    await task(desk, one, task_id=other)

    (there,) = await hear(desk, end(one))
    (back,) = await hear(desk, end(other, run_id=there.run_id, origin=there.origin, minute=1))
    await desk.closer().step()

    assert (there.outcome, back.outcome) == ("fired", "skipped_condition")
    assert await outcomes(desk, one) == [("skipped_condition", "dependency.loop")]
    assert len(await desk.rows(other)) == 1


async def test_a_failure_in_a_loop_comes_to_an_end(desk: Desk) -> None:
    ring = [uuid4() for _ in range(3)]
    for each, following in zip(ring, ring[1:] + ring[:1], strict=True):
        await task(desk, following, task_id=each)

    await hear(desk, end(ring[0], "failure"))
    await desk.closer().step()

    assert [len(await desk.rows(each)) for each in ring] == [1, 1, 1]
