"""Every stored result reaches the log, also when the bus has lost it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.executor.journal import Journal
from services.executor.loops.confirmer import (
    COMMITTED_WITHIN,
    GRACE,
    INTERVAL,
    MOST_REPEATS,
    Confirmer,
)
from services.executor.store.presence import PresenceStore
from services.log_writer.store.runs import RunStore
from shared.bus.publisher import Publisher
from shared.bus.topology import LOG_WRITER_FINISHED
from shared.bus.watch import unread
from shared.contracts.runs import RunFinished, RunStatus
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import Floor, result
from tests.integration.scheduler.desk import SECOND

KEEP = timedelta(days=7)
LONG_AGO = timedelta(minutes=1)


@pytest.fixture
def confirmer(floor: Floor) -> Confirmer:
    executor_id = uuid4()
    return Confirmer(
        executor_id=executor_id,
        reports=floor.reports(),
        presence=PresenceStore(floor.desk.executors, executor_id),
        publisher=Publisher(floor.desk.client),
        unread=lambda: unread(floor.desk.js, LOG_WRITER_FINISHED),
        keep=KEEP,
    )


async def ended(floor: Floor, count: int, ago: timedelta) -> list[RunFinished]:
    """Let runs end, stored and said, some time ago."""
    executor_id = uuid4()
    leases = floor.leases(executor_id)
    journal = Journal(executor_id, leases, Publisher(floor.desk.client))
    await floor.order(count)
    claimed = await leases.claim(count)
    results = [result(run) for run in claimed]
    for each in results:
        journal.ended(each)
    while not journal.is_empty:
        await journal.flush(utc_now())
    await floor.pool.execute(
        "UPDATE executor.leases SET finished_at = now() - $2::interval"
        " WHERE run_id = ANY($1::uuid[])",
        [each.run_id for each in results],
        ago,
    )
    return results


async def wipe(floor: Floor) -> None:
    await floor.desk.js.purge_stream("RUNS")


async def log(floor: Floor, *runs: RunFinished, final: bool = True) -> None:
    await floor.pool.executemany(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, executor) VALUES ($1, $2, 'manual', $3, $4, 1, now(), now(), 'e')",
        [(run.run_id, run.task_id, "success" if final else "running", final) for run in runs],
    )


async def watermark(floor: Floor) -> datetime:
    found: datetime = await floor.pool.fetchval("SELECT until FROM executor.confirmed")
    return found


async def said(floor: Floor) -> set[UUID]:
    return {run.run_id for run in await floor.said()}


async def test_results_that_the_bus_has_lost_are_said_again_word_for_word(
    floor: Floor, confirmer: Confirmer
) -> None:
    results = await ended(floor, 5, LONG_AGO)
    await wipe(floor)

    assert await confirmer.step() == INTERVAL

    assert sorted(await floor.said(), key=lambda run: run.run_id) == sorted(
        results, key=lambda run: run.run_id
    )


async def test_a_result_is_said_again_until_the_log_has_it(
    floor: Floor, confirmer: Confirmer
) -> None:
    (run,) = await ended(floor, 1, LONG_AGO)
    for _ in range(3):
        await wipe(floor)
        await confirmer.step()
        assert await said(floor) == {run.run_id}

    await wipe(floor)
    await log(floor, run)
    await confirmer.step()
    assert await said(floor) == set()


async def test_what_the_bus_does_not_take_is_said_however_long_that_lasts(
    floor: Floor, confirmer: Confirmer
) -> None:
    """Else a disk that is full for minutes would cost the results of these minutes."""
    (run,) = await ended(floor, 1, LONG_AGO)
    await wipe(floor)
    config = (await floor.desk.js.stream_info("RUNS")).config
    await floor.desk.js.update_stream(config, max_msg_size=1)
    for _ in range(MOST_REPEATS + 2):
        await confirmer.step()
    await floor.desk.js.update_stream(config, max_msg_size=-1)

    await confirmer.step()

    assert await said(floor) == {run.run_id}


async def test_nothing_counts_as_lost_while_the_log_writer_is_still_reading(
    floor: Floor, confirmer: Confirmer
) -> None:
    await ended(floor, 3, LONG_AGO)
    before = await watermark(floor)

    assert await confirmer.step() == INTERVAL

    assert set((await floor.times_said()).values()) == {1}
    assert await watermark(floor) == before


async def test_what_is_in_hand_of_the_log_writer_counts_as_unread(
    floor: Floor, confirmer: Confirmer
) -> None:
    await ended(floor, 1, LONG_AGO)
    reader = await floor.desk.js.pull_subscribe_bind(LOG_WRITER_FINISHED.name, stream="RUNS")
    (message,) = await reader.fetch(1, timeout=5)

    await confirmer.step()
    assert set((await floor.times_said()).values()) == {1}

    await message.ack_sync()
    await confirmer.step()
    assert set((await floor.times_said()).values()) == {2}


async def test_a_young_result_may_still_be_on_its_way(floor: Floor, confirmer: Confirmer) -> None:
    await ended(floor, 2, GRACE - 3 * SECOND)
    await wipe(floor)

    await confirmer.step()

    assert await said(floor) == set()


async def test_what_the_log_has_is_passed_over_for_good(floor: Floor, confirmer: Confirmer) -> None:
    runs = await ended(floor, 3, LONG_AGO)
    await wipe(floor)
    await log(floor, *runs)

    await confirmer.step()

    assert await watermark(floor) > utc_now() - LONG_AGO
    await floor.pool.execute("DELETE FROM log.runs")  # by retention, say
    await confirmer.step()
    assert await said(floor) == set()


async def test_the_watermark_stays_behind_what_may_not_be_committed_yet(
    floor: Floor, confirmer: Confirmer
) -> None:
    """A result that took long to commit appears with a time that lies in the past."""
    await confirmer.step()
    assert await watermark(floor) < utc_now() - COMMITTED_WITHIN + 2 * SECOND

    (run,) = await ended(floor, 1, COMMITTED_WITHIN - 2 * SECOND)
    await wipe(floor)
    await confirmer.step()
    assert await said(floor) == {run.run_id}


async def test_the_watermark_never_goes_back(floor: Floor, confirmer: Confirmer) -> None:
    ahead = utc_now() + timedelta(hours=1)
    await floor.pool.execute("UPDATE executor.confirmed SET until = $1", ahead)

    await confirmer.step()

    assert await watermark(floor) == ahead


async def test_a_row_that_is_not_final_is_not_enough(floor: Floor, confirmer: Confirmer) -> None:
    lost, known = await ended(floor, 2, LONG_AGO)
    await wipe(floor)
    await log(floor, lost, final=False)
    await log(floor, known)

    await confirmer.step()

    assert await said(floor) == {lost.run_id}


async def test_a_run_that_has_not_ended_is_never_said(floor: Floor, confirmer: Confirmer) -> None:
    await floor.order()
    await floor.leases().claim(1)

    await confirmer.step()

    assert await said(floor) == set()


async def tried_twice(floor: Floor) -> tuple[RunFinished, RunFinished]:
    """Let the first attempt of a run fail and the second one succeed, both a while ago."""
    (run,) = await floor.order()
    ends = []
    for attempt in (1, 2):
        executor_id = uuid4()
        leases = floor.leases(executor_id)
        journal = Journal(executor_id, leases, Publisher(floor.desk.client))
        (claimed,) = await floor.claim_attempt(run, attempt, leases)
        end = result(claimed, RunStatus.FAILURE if attempt == 1 else RunStatus.SUCCESS)
        ends.append(end.model_copy(update={"retry_at": utc_now()} if attempt == 1 else {}))
        journal.ended(ends[-1])
        while not journal.is_empty:
            await journal.flush(utc_now())
    for table in ("leases", "attempt_ends"):
        await floor.pool.execute(
            f"UPDATE executor.{table} SET finished_at = now() - $1::interval",  # noqa: S608 - ours
            LONG_AGO,
        )
    first, last = ends
    return first, last


async def test_the_end_of_an_attempt_outlives_the_next_claim_and_is_said_until_the_log_has_it(
    floor: Floor, confirmer: Confirmer
) -> None:
    first, last = await tried_twice(floor)
    await log(floor, last)
    before = await watermark(floor)
    for _ in range(2):
        await wipe(floor)
        await confirmer.step()
        assert await floor.said() == [first]
        assert await watermark(floor) == before

    await wipe(floor)
    await RunStore(floor.pool).write_finished([first])
    await confirmer.step()

    assert await floor.said() == []
    assert await watermark(floor) > utc_now() - LONG_AGO


async def test_an_attempt_of_which_the_log_knows_only_the_start_is_said_again(
    floor: Floor, confirmer: Confirmer
) -> None:
    """Its row would say for ever that it is under way, and people would be told it was lost."""
    first, last = await tried_twice(floor)
    await wipe(floor)
    await RunStore(floor.pool).write_started([first, last])
    await RunStore(floor.pool).write_finished([last])

    await confirmer.step()
    assert await floor.said() == [first]
    await RunStore(floor.pool).write_finished(await floor.said())

    rows = await floor.pool.fetch("SELECT attempt, status FROM log.api_attempts ORDER BY attempt")
    assert [tuple(row) for row in rows] == [(1, "failure"), (2, "success")]


async def test_old_ends_of_attempts_are_forgotten(floor: Floor, confirmer: Confirmer) -> None:
    ends = await tried_twice(floor)
    await wipe(floor)
    await RunStore(floor.pool).write_finished(ends)
    await floor.pool.execute(
        "UPDATE executor.attempt_ends SET finished_at = now() - $1::interval", KEEP
    )

    await confirmer.step()

    assert await floor.pool.fetchval("SELECT count(*) FROM executor.attempt_ends") == 0


async def test_old_leases_and_silent_executors_are_forgotten(
    floor: Floor, confirmer: Confirmer
) -> None:
    (old,) = await ended(floor, 1, KEEP + SECOND)
    (young,) = await ended(floor, 1, KEEP - LONG_AGO)
    await wipe(floor)
    await log(floor, old, young)
    for instance, silent_for in (("gone", 25), ("there", 23)):
        await floor.pool.execute(
            "INSERT INTO executor.executors"
            " (executor_id, instance, host, slots, actions, seen_at)"
            " VALUES ($1, $2, 'host', 1, '{}', now() - $3::interval)",
            uuid4(),
            instance,
            timedelta(hours=silent_for),
        )

    await confirmer.step()

    assert await floor.lease(old.run_id) is None
    assert await floor.lease(young.run_id) is not None
    assert await floor.pool.fetchval("SELECT array_agg(instance) FROM executor.executors") == [
        "there"
    ]
