"""Only what the leases bear out gets into the log, and one bad record holds up no other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from nats.aio.client import Client

from services.log_writer.recorder import Recorder, Untrue
from services.log_writer.store.dead_runs import DeadRunStore
from services.log_writer.store.leases import LeaseReader
from services.log_writer.store.runs import RunStore
from shared.bus import topology
from shared.contracts.runs import RunFinished, RunsFinished, RunsStarted, RunStatus
from shared.db.pool import Pool, open_pool
from tests.integration.log_writer.builders import (
    EXECUTOR,
    NOON,
    all_heard,
    bear_out,
    finished,
    log_writer,
    started,
    statistics_of,
)
from tests.support.cases import table
from tests.support.swept import Swept

FINISHED = topology.runs_finished(EXECUTOR)
TASK = UUID(int=42)
LATER = NOON + timedelta(minutes=1)


async def rows_of(pool: Pool, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await pool.fetch(query)]


def forged(true: RunFinished) -> dict[str, RunFinished]:
    """Return what somebody might say instead of *true*."""
    run_id = true.run_id
    return {
        "another end": finished(run_id, TASK, RunStatus.FAILURE),
        "an earlier attempt": finished(run_id, TASK, attempt=1),
        "a later attempt": finished(run_id, TASK, attempt=3),
        "not the end": finished(run_id, TASK, RunStatus.FAILURE, attempt=2, retry_at=LATER),
        "a run that there is not": finished(uuid4(), TASK),
    }


@table("lie", forged(finished(uuid4(), TASK)))
async def test_a_lie_is_no_row_but_a_dead_letter_and_the_truth_beside_it_counts(
    database: str, nats_url: str, bus: Client, kept_database: Swept, lie: str
) -> None:
    await kept_database.empty()
    true, victim = finished(uuid4(), TASK), finished(uuid4(), TASK, attempt=2)
    await bear_out(database, true, victim)
    message = RunsFinished(runs=(forged(victim)[lie], true))
    async with log_writer(database, nats_url) as writer:
        await bus.jetstream().publish(FINISHED, message.encode())
        await all_heard(bus)

        assert await rows_of(writer.pool, "SELECT run_id FROM log.runs") == [(true.run_id,)]
        letters = await rows_of(writer.pool, "SELECT reason, payload FROM log.dead_letters")
        assert letters == [("Untrue", message.encode())]
        assert await statistics_of(writer.pool, TASK) == (1, 1, 0)

        await bus.jetstream().publish(FINISHED, RunsFinished(runs=(victim,)).encode())
        await all_heard(bus)

        assert await statistics_of(writer.pool, TASK) == (2, 2, 0)


async def test_a_beginning_without_a_lease_is_no_row(
    database: str, nats_url: str, bus: Client
) -> None:
    held = started(uuid4(), TASK)
    await bear_out(database, held)
    lies = (started(uuid4(), TASK), started(held.run_id, TASK, attempt=2))
    async with log_writer(database, nats_url) as writer:
        subject = topology.runs_started(EXECUTOR)
        await bus.jetstream().publish(subject, RunsStarted(runs=(*lies, held)).encode())
        await all_heard(bus)

        rows = await rows_of(writer.pool, "SELECT run_id, attempt FROM log.runs")
        assert rows == [(held.run_id, 1)]


async def test_an_attempt_that_others_followed_is_true_however_late_it_is_told(
    database: str, nats_url: str, bus: Client
) -> None:
    run_id = uuid4()
    first = finished(run_id, TASK, RunStatus.FAILURE, retry_at=LATER)
    await bear_out(database, started(run_id, TASK, attempt=2))
    async with log_writer(database, nats_url) as writer:
        await bus.jetstream().publish(FINISHED, RunsFinished(runs=(first,)).encode())
        await all_heard(bus)

        rows = await rows_of(writer.pool, "SELECT attempt, status FROM log.attempts")
        assert rows == [(1, "failure")]
        assert not await writer.pool.fetchval("SELECT count(*) FROM log.dead_letters")


async def test_a_record_that_cannot_be_written_holds_up_none_of_the_others(database: str) -> None:
    good = [finished(uuid4(), TASK) for _ in range(3)]
    bad = finished(uuid4(), UUID(int=13))
    await bear_out(database, *good, bad)
    async with await open_pool(database, name="test") as pool:
        await pool.execute(
            "CREATE FUNCTION log.fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'a bug'; END $$;"
            "CREATE TRIGGER fails BEFORE INSERT ON log.runs FOR EACH ROW"
            " WHEN (NEW.task_id = '00000000-0000-0000-0000-00000000000d')"
            " EXECUTE FUNCTION log.fails()"
        )
        recorder = Recorder(RunStore(pool), DeadRunStore(pool), LeaseReader(pool))

        for _ in range(2):  # as when the message comes again
            recorded = await recorder.finished([good[0], bad, *good[1:]])
            assert recorded.trouble is not None
            assert not isinstance(recorded.trouble, Untrue)

        assert await statistics_of(pool, TASK) == (3, 3, 0)
        assert await pool.fetchval("SELECT count(*) FROM log.runs") == len(good)
