"""Only what the leases bear out gets into the log, and one bad record holds up no other."""

from __future__ import annotations

from uuid import UUID, uuid4

from nats.aio.client import Client

from services.log_writer.recorder import Recorder, Untrue
from services.log_writer.store.runs import RunStore
from shared.bus import topology
from shared.contracts.runs import RunsStarted
from shared.db.pool import open_pool
from tests.integration.ends.builders import ended, record
from tests.integration.log_writer.builders import (
    EXECUTOR,
    all_heard,
    bear_out,
    log_writer,
    running,
    started,
)

STARTED = topology.runs_started(EXECUTOR)
TASK = UUID(int=42)


async def test_a_lie_is_no_row_but_a_dead_letter_and_the_truth_beside_it_counts(
    database: str, nats_url: str, bus: Client
) -> None:
    held, true = started(uuid4(), TASK), started(uuid4(), TASK)
    await bear_out(database, held, true)
    lies = (started(uuid4(), TASK), started(held.run_id, TASK, attempt=2))
    message = RunsStarted(runs=(*lies, true))
    async with log_writer(database, nats_url) as writer:
        await bus.jetstream().publish(STARTED, message.encode())
        await all_heard(bus)

        rows = await writer.pool.fetch("SELECT run_id FROM log.runs")
        assert [row["run_id"] for row in rows] == [true.run_id]
        letters = await writer.pool.fetch("SELECT reason, payload FROM log.dead_letters")
        assert [tuple(letter) for letter in letters] == [("Untrue", message.encode())]


async def test_a_start_is_true_however_late_it_is_heard(
    database: str, nats_url: str, bus: Client
) -> None:
    followed, over = started(uuid4(), TASK), started(uuid4(), TASK)
    await bear_out(database, started(followed.run_id, TASK, attempt=2))
    async with log_writer(database, nats_url) as writer:
        await record(writer.pool, ended(over.run_id, TASK))
        await bus.jetstream().publish(STARTED, RunsStarted(runs=(followed, over)).encode())
        await all_heard(bus)

        rows = await writer.pool.fetch("SELECT run_id, status FROM log.runs")
        assert {row["run_id"]: row["status"] for row in rows} == {
            followed.run_id: "running",
            over.run_id: "success",
        }
        assert not await writer.pool.fetchval("SELECT count(*) FROM log.dead_letters")


async def test_a_record_that_cannot_be_written_holds_up_none_of_the_others(database: str) -> None:
    good = [started(uuid4(), TASK) for _ in range(3)]
    bad = started(uuid4(), UUID(int=13))
    await bear_out(database, *good, bad)
    async with await open_pool(database, name="test") as pool:
        await pool.execute(
            "CREATE FUNCTION log.fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'a bug'; END $$;"
            "CREATE TRIGGER fails BEFORE INSERT ON log.runs FOR EACH ROW"
            " WHEN (NEW.task_id = '00000000-0000-0000-0000-00000000000d')"
            " EXECUTE FUNCTION log.fails()"
        )
        try:
            recorder = Recorder(RunStore(pool))

            for _ in range(2):  # as when the message comes again
                recorded = await recorder.started([good[0], bad, *good[1:]])
                assert recorded.trouble is not None
                assert not isinstance(recorded.trouble, Untrue)

            assert await running(pool, TASK) == len(good)
            assert await pool.fetchval("SELECT count(*) FROM log.runs") == len(good)
        finally:
            await pool.execute("DROP TRIGGER fails ON log.runs; DROP FUNCTION log.fails")
