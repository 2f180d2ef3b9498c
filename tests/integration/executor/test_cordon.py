"""An executor that is drained takes nothing more, ends what it has, and goes on when told."""

from __future__ import annotations

from services.executor.store.presence import PresenceStore
from tests.integration.executor.floor import Floor, RunningExecutor, eventually

QUICK = 1.0  # the lease in seconds; it beats three times as often


async def drain(floor: Floor, executor: RunningExecutor) -> None:
    """Do as the API does."""
    await floor.pool.execute(
        "INSERT INTO api.drains (executor_id, instance) VALUES ($1, 'one')", executor.id
    )


async def resume(floor: Floor, executor: RunningExecutor) -> None:
    await floor.pool.execute("DELETE FROM api.drains WHERE executor_id = $1", executor.id)


async def until(floor: Floor, executor: RunningExecutor, *, cordoned: bool) -> None:
    async def look() -> bool:
        row = await floor.pool.fetchrow(
            "SELECT cordoned, draining FROM executor.executors WHERE executor_id = $1", executor.id
        )
        assert row is None or not row["draining"]  # it does not stop
        return row is not None and row["cordoned"] is cordoned

    await eventually(look, "it has heard of it")


async def test_a_drained_executor_takes_nothing_and_ends_what_it_has(floor: Floor) -> None:
    first, second = (
        floor.executor(instance=name, lease_seconds=QUICK) for name in ("first", "second")
    )
    await first.start()
    (at_work,) = await floor.order(deed="wait")
    await floor.wait_until_running(1)

    await drain(floor, first)
    await until(floor, first, cordoned=True)
    waiting = await floor.order(20)
    await second.start()
    await floor.finished(waiting)

    assert await floor.workers() == {"second"}
    assert await floor.outcome(at_work) is None
    floor.probe.go_on.set()
    await floor.finished([at_work])
    assert await floor.workers() == {"first", "second"}


async def test_what_nobody_else_takes_waits_until_it_is_resumed(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=QUICK)
    await executor.start()
    await drain(floor, executor)
    await until(floor, executor, cordoned=True)

    runs = await floor.order(5)
    await executor.executor.intake.step()
    assert [await floor.lease(run_id) for run_id in runs] == [None] * 5
    await resume(floor, executor)

    assert set((await floor.finished(runs)).values()) == {"success"}
    await until(floor, executor, cordoned=False)
    await floor.no_order_left()


async def test_an_executor_without_the_action_leaves_it_to_the_drained_one(floor: Floor) -> None:
    able = floor.executor(lease_seconds=QUICK)
    unable = floor.executor(actions={}, lease_seconds=QUICK)
    await able.start()
    await drain(floor, able)
    await until(floor, able, cordoned=True)
    await unable.start()

    (run_id,) = await floor.order()
    await unable.look()
    assert await floor.lease(run_id) is None
    await resume(floor, able)

    assert await floor.finished([run_id]) == {run_id: "success"}


async def test_it_stays_closed_while_the_api_and_the_bus_are_away(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=QUICK)
    await drain(floor, executor)
    await executor.start()  # a fact in the database: nobody needs to say it again

    await until(floor, executor, cordoned=True)
    (run_id,) = await floor.order()
    await executor.executor.intake.step()
    assert await floor.lease(run_id) is None


async def test_a_drained_executor_can_stop(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=QUICK)
    await executor.start()
    await drain(floor, executor)
    await until(floor, executor, cordoned=True)
    await floor.order(3)

    await executor.stop()

    assert await floor.pool.fetchval("SELECT count(*) FROM executor.executors") == 0
    assert await floor.orders_left() == 3


async def test_it_tells_its_version_and_how_its_clock_differs(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=QUICK)
    await executor.start()

    row = await floor.pool.fetchrow(
        "SELECT version, clock_offset FROM executor.executors WHERE executor_id = $1", executor.id
    )
    assert row is not None
    assert row["version"]
    assert abs(row["clock_offset"]) < 5.0  # one host, one clock
    assert not await PresenceStore(floor.desk.executors, executor.id).is_cordoned()
