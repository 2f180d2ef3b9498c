"""Tasks start what depends on them: once, in one transaction with the end, whoever notices it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.scheduler.dependencies import Dependants
from services.scheduler.job import Entry
from services.scheduler.loops.closer import Closer
from services.scheduler.loops.propagator import Propagator
from services.scheduler.store.ends import Ended, EndStore
from services.scheduler.store.runless import note_runless
from shared.contracts.policy import Concurrency, DependsOn, TaskPolicy
from shared.contracts.runs import Origin, RunFinished, RunStatus
from shared.db.migrate import FOLDER
from shared.db.pool import Connection, Record
from shared.domain.dependency import Rule
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk, changed, deleted, request

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_is_known(desk: Desk) -> None:
    """Begin without edges and ends."""
    await desk.pool.execute(
        "TRUNCATE scheduler.edges, scheduler.upstream_ends, scheduler.runless_ends"
    )


async def task(desk: Desk, *dependent: UUID, task_id: UUID | None = None, **fields: Any) -> UUID:  # noqa: ANN401 - whatever the contract takes
    """Make a task that starts *dependent* ones."""
    task_id = task_id or uuid4()
    event = changed(task_id, 1, NOON, dependent_tasks=dependent, **fields)
    await desk.applier.tasks_changed([event])
    return task_id


def needs(*tasks: UUID, rule: Rule = Rule.ALL_SUCCESS, window: int = 86_400) -> TaskPolicy:
    return TaskPolicy(depends_on=DependsOn(tasks=tasks, rule=rule, window_seconds=window))


def end(task_id: UUID, status: str = "success", minute: int = 0, **fields: Any) -> Ended:  # noqa: ANN401 - as above
    """Return the end of a run of a task."""
    values = {"run_id": uuid4(), "ended_at": NOON + minute * MINUTE, "origin": None, **fields}
    return Ended(task_id=task_id, status=status, **values)


async def hear(desk: Desk, *ended: Ended) -> list[Entry]:
    """Do as whoever closes runs does."""
    dependants = Dependants(desk.jobs, desk.entrance)
    async with desk.pool.acquire() as connection, connection.transaction():
        return await dependants.enter(connection, ended)


async def propagate(desk: Desk) -> None:
    """Let ends without a run be heard, all down the line."""
    propagator = Propagator(
        desk.pool, Dependants(desk.jobs, desk.entrance), desk.entrance, desk.dispatcher
    )
    while await propagator.step() == timedelta(0):
        pass


async def outcomes(desk: Desk, task_id: UUID) -> list[tuple[str, str | None]]:
    return [(row["outcome"], row["reason"]) for row in await desk.rows(task_id)]


FIRED = ("fired", None)
LOST = ("upstream_failed", "dependency.upstream_failed")
NOT_MET = ("skipped_condition", "dependency.not_met")
DISABLED = ("skipped_paused", "dependency.disabled")


async def run_to_its_end(desk: Desk, row: Record, status: RunStatus) -> None:
    executor = desk.executor()
    assert len(await executor.claim([(row["run_id"], 1)])) == 1
    report = RunFinished(
        run_id=row["run_id"],
        task_id=row["task_id"],
        attempt=1,
        trigger=row["trigger"],
        scheduled_for=row["scheduled_for"],
        started_at=NOON,
        executor="executor-1",
        status=status,
        completed_at=NOON,
    )
    await executor.finish([report], [b"{}"])


async def test_a_chain_of_tasks_runs_to_its_end(desk: Desk) -> None:
    last = await task(desk)
    middle = await task(desk, last)
    first = await task(desk, middle)
    await desk.applier.runs_requested([request(first)])
    closer = Closer(
        EndStore(desk.own),
        desk.dispatcher,
        Dependants(desk.jobs, desk.entrance),
        wake_admitter=lambda: None,
    )

    for each in (first, middle, last):
        (row,) = await desk.rows(each)
        await run_to_its_end(desk, row, RunStatus.SUCCESS)
        await closer.step()

    (row,) = await desk.rows(last)
    (before,) = await desk.rows(middle)
    assert (row["trigger"], row["settled"]) == ("dependency", True)
    origin = Origin.model_validate_json(row["origin"])
    assert (origin.run_id, origin.causes) == (before["run_id"], (first, middle))
    assert (row["run_id"], 1) in await desk.orders()


@pytest.mark.parametrize("status", ["failure", "timed_out", "cancelled", "needs_operator"])
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


@pytest.mark.parametrize("was_there", [True, False], ids=["deleted", "unknown"])
async def test_a_missing_dependant_is_skipped_with_a_line_in_the_log(
    desk: Desk, *, was_there: bool, caplog: pytest.LogCaptureFixture
) -> None:
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


RULES: list[tuple[Rule, str, str, tuple[str, str | None]]] = [
    (Rule.ALL_SUCCESS, "success", "success", FIRED),
    (Rule.ALL_SUCCESS, "success", "failure", LOST),
    (Rule.ALL_SUCCESS, "success", "skipped_lock", NOT_MET),
    (Rule.ALL_DONE, "failure", "skipped_lock", FIRED),
    (Rule.ALL_FAILED, "failure", "upstream_failed", FIRED),
    (Rule.ALL_FAILED, "failure", "success", NOT_MET),
    (Rule.ALL_SKIPPED, "skipped_blackout", "expired", FIRED),
    (Rule.ALL_SKIPPED, "skipped_blackout", "failure", NOT_MET),
    (Rule.ONE_SUCCESS, "failure", "success", FIRED),
    (Rule.ONE_SUCCESS, "failure", "timed_out", LOST),
    (Rule.ONE_FAILED, "success", "cancelled", FIRED),
    (Rule.ONE_FAILED, "success", "success", NOT_MET),
    (Rule.ONE_DONE, "skipped_lock", "failure", FIRED),
    (Rule.ONE_DONE, "skipped_lock", "missed", NOT_MET),
    (Rule.NONE_FAILED, "success", "skipped_lock", FIRED),
    (Rule.NONE_FAILED, "success", "failure", LOST),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "skipped_lock", "success", FIRED),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "skipped_lock", "missed", NOT_MET),
]


@pytest.mark.parametrize(
    ("rule", "first", "second", "outcome"),
    RULES,
    ids=[f"{rule}-{first}-{second}" for rule, first, second, _ in RULES],
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


async def test_both_kinds_of_edges_between_two_tasks_start_one_run(desk: Desk) -> None:
    upstream, dependant = uuid4(), uuid4()
    await task(desk, task_id=dependant, policy=needs(upstream, rule=Rule.ALL_DONE))
    await task(desk, dependant, task_id=upstream)

    await hear(desk, end(upstream))
    await hear(desk, end(upstream, "failure", 1))  # only `all_done` is met

    assert await outcomes(desk, dependant) == [FIRED] * 2


async def at_once(desk: Desk, *batches: Sequence[Ended]) -> None:
    """Let several schedulers notice ends at the same time, each in its own transaction."""
    gate = asyncio.Barrier(len(batches))
    dependants = Dependants(desk.jobs, desk.entrance)

    async def notice(ended: Sequence[Ended]) -> None:
        async with desk.pool.acquire() as connection, connection.transaction():
            await connection.fetchval("SELECT 1")
            await gate.wait()
            await dependants.enter(connection, ended)

    await asyncio.gather(*map(notice, batches))


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


async def test_a_failure_runs_down_the_chain(desk: Desk) -> None:
    cleaner, last = uuid4(), await task(desk)
    chain = [last]
    for _ in range(8):
        chain.append(await task(desk, chain[-1]))
    await task(desk, task_id=cleaner, policy=needs(last, rule=Rule.ONE_FAILED))
    failed = end(chain[-1], "failure")

    await hear(desk, failed)
    await propagate(desk)
    await propagate(desk)

    for each in chain[:-1]:
        assert await outcomes(desk, each) == [LOST]
    (row,) = await desk.rows(cleaner)
    assert row["outcome"] == "fired"
    assert (row["run_id"], 1) in await desk.orders()
    origin = Origin.model_validate_json(row["origin"])
    assert origin.causes == tuple(reversed(chain))


async def test_a_skip_runs_down_the_chain_as_such(desk: Desk) -> None:
    regardless, last = uuid4(), await task(desk)
    middle = await task(desk, last, enabled=False)
    first = await task(desk, middle)
    await task(desk, task_id=regardless, policy=needs(first, middle, rule=Rule.NONE_FAILED))

    await hear(desk, end(first, ended_at=utc_now()))
    await propagate(desk)

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
    await propagate(desk)

    assert len(await desk.rows(upstream.task_id)) >= 3
    assert await outcomes(desk, dependant) == await outcomes(desk, gatherer) == []


@pytest.mark.parametrize(
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
    await propagate(desk)

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
    await propagate(desk)

    assert await outcomes(desk, dependant) == [NOT_MET]  # of the third nothing is known yet


async def test_a_run_that_was_taken_back_is_told_once_that_is_certain(desk: Desk) -> None:
    dependant = await task(desk)
    upstream = await task(desk, dependant)
    asked = request(upstream)
    await desk.applier.runs_requested([asked])
    await EndStore(desk.own).cancel([asked.run_id], "ops")
    async with desk.pool.acquire() as connection:
        await note_runless(connection, [asked.run_id])

    await propagate(desk)
    assert await outcomes(desk, dependant) == []

    await desk.time_passes(31 * timedelta(seconds=1))
    await desk.ledger.confirm_cancelled()
    await propagate(desk)
    assert await outcomes(desk, dependant) == [LOST]


async def test_a_loop_is_broken_where_it_closes(desk: Desk) -> None:
    """None can be saved; the copies of two tasks may still disagree for a moment."""
    one, other = uuid4(), uuid4()
    await task(desk, other, task_id=one)
    await task(desk, one, task_id=other)

    (there,) = await hear(desk, end(one))
    (back,) = await hear(desk, end(other, run_id=there.run_id, origin=there.origin, minute=1))
    await propagate(desk)

    assert (there.outcome, back.outcome) == ("fired", "skipped_condition")
    assert await outcomes(desk, one) == [("skipped_condition", "dependency.loop")]
    assert len(await desk.rows(other)) == 1


async def test_a_failure_in_a_loop_comes_to_an_end(desk: Desk) -> None:
    ring = [uuid4() for _ in range(3)]
    for each, following in zip(ring, ring[1:] + ring[:1], strict=True):
        await task(desk, following, task_id=each)

    await hear(desk, end(ring[0], "failure"))
    await propagate(desk)

    assert [len(await desk.rows(each)) for each in ring] == [1, 1, 1]


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


async def test_a_dependant_of_a_hundred_tasks_fits(desk: Desk) -> None:
    upstreams = [uuid4() for _ in range(100)]
    await desk.applier.tasks_changed([changed(each, 1, NOON) for each in upstreams])
    dependant = await task(desk, policy=needs(*upstreams))

    await hear(desk, *(end(each) for each in upstreams))

    (row,) = await desk.rows(dependant)
    assert row["outcome"] == "fired"
    assert json.loads(row["origin"])["run_id"]


async def test_a_dependant_with_limits_waits_to_be_admitted(desk: Desk) -> None:
    dependant = await task(desk, policy=TaskPolicy(concurrency=Concurrency(limit=1)))
    upstream = await task(desk, dependant)

    (entry,) = await hear(desk, end(upstream))

    assert entry.held
    (row,) = await desk.rows(dependant)
    assert (row["outcome"], row["held"]) == ("fired", True)


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
