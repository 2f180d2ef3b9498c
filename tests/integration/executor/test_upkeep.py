"""What nobody needs any more is cleared away, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from services.executor.loops.upkeep import INTERVAL, Upkeep
from services.executor.store.presence import PresenceStore
from tests.integration.executor.floor import Floor

KEEP = timedelta(days=7)


async def tidy(floor: Floor) -> timedelta:
    presence = PresenceStore(floor.desk.executors, uuid4())
    return await Upkeep(floor.leases(), presence, keep=KEEP).step()


async def test_results_that_came_too_late_are_forgotten_past_their_time(floor: Floor) -> None:
    old, young = uuid4(), uuid4()
    await floor.leases().keep_superseded([(old, 1), (young, 1)], [b"{}", b"{}"])
    await floor.pool.execute(
        "UPDATE executor.superseded SET reported_at = now() - $2::interval WHERE run_id = $1",
        old,
        KEEP,
    )

    assert await tidy(floor) == INTERVAL

    assert await floor.pool.fetchval("SELECT array_agg(run_id) FROM executor.superseded") == [young]


async def test_silent_executors_are_forgotten(floor: Floor) -> None:
    for instance, silent_for in (("gone", 25), ("there", 23)):
        await floor.pool.execute(
            "INSERT INTO executor.executors"
            " (executor_id, instance, host, slots, actions, seen_at)"
            " VALUES ($1, $2, 'host', 1, '{}', now() - $3::interval)",
            uuid4(),
            instance,
            timedelta(hours=silent_for),
        )

    await tidy(floor)

    assert await floor.pool.fetchval("SELECT array_agg(instance) FROM executor.executors") == [
        "there"
    ]


async def test_leases_of_runs_that_are_not_over_stay(floor: Floor) -> None:
    runs = await floor.order(3)
    await floor.leases().claim(3)
    for run, outcome in zip(runs, (None, "retry", "snoozed"), strict=True):
        await floor.pool.execute(
            "UPDATE executor.leases SET lease_until = '-infinity', finished_at = '-infinity',"
            " outcome = $2 WHERE run_id = $1",
            run,
            outcome,
        )

    await tidy(floor)

    assert await floor.pool.fetchval("SELECT count(*) FROM executor.leases") == len(runs)
