"""Results are stored, then said; whatever is away meanwhile, none is lost and none is made up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.client import Client
from pydantic_core import to_json

from services.executor import journal as module
from services.executor.claimed import ClaimedRun
from services.executor.journal import Journal
from services.executor.store.leases import LeaseStore
from shared.bus import topology
from shared.bus.announcing import Announcer
from shared.bus.publisher import Publisher
from shared.contracts.runs import LogLine, RunFinished, RunsStarted, RunStatus
from shared.runtime.clock import utc_now
from shared.runtime.metrics import REGISTRY
from tests.integration.executor.floor import Floor, ended, eventually, told
from tests.integration.scheduler.desk import LEASE, SECOND
from tests.support.servers import Running

LATER = timedelta(seconds=1)


@dataclass
class Desk:
    """One executor's journal and leases, without its loops."""

    floor: Floor
    leases: LeaseStore
    journal: Journal

    async def claim(self, count: int = 1) -> list[ClaimedRun]:
        await self.floor.order(count)
        return await self.leases.claim(count)

    async def flush(self) -> None:
        """Flush until everything is said."""
        while not self.journal.is_empty:
            await self.journal.flush(utc_now())

    async def evidence(self) -> dict[tuple[UUID, int], RunFinished]:
        rows = await self.floor.pool.fetch(
            "SELECT run_id, attempt, report FROM executor.superseded"
        )
        return {
            (row["run_id"], row["attempt"]): RunFinished.model_validate_json(row["report"])
            for row in rows
        }


@pytest_asyncio.fixture(loop_scope="session")
async def mine(floor: Floor, client: Client) -> Desk:
    executor_id = uuid4()
    leases = floor.leases(executor_id)
    journal = Journal(executor_id, leases, Publisher(client), Announcer(client))
    return Desk(floor, leases, journal)


def line(run: UUID, seq: int, text: str) -> LogLine:
    return LogLine(run_id=run, attempt=1, seq=seq, at=utc_now(), level="info", text=text)


def begin(mine: Desk, run: ClaimedRun, ago: timedelta = timedelta(0)) -> datetime:
    at = utc_now() - ago
    mine.journal.begun(run, at, "executor-1")
    return at


async def test_a_result_is_stored_and_said(mine: Desk) -> None:
    (run,) = await mine.claim()
    end = ended(run)
    mine.journal.ended(end)

    assert await mine.journal.flush(utc_now()) == module.REST

    assert mine.journal.is_empty
    assert await mine.floor.lease(run.run_id) is None
    assert await mine.floor.outcome(run.run_id) == "success"
    assert await mine.floor.said() == [told(end)]


async def test_open_pages_are_told_once_it_is_in_the_log(mine: Desk, client: Client) -> None:
    (run,) = await mine.claim()
    heard = await client.subscribe("task.logged.*")
    await client.flush()
    mine.journal.ended(ended(run))

    await mine.journal.flush(utc_now())

    assert (await heard.next_msg(timeout=10)).subject == topology.task_logged(run.task_id)


async def test_what_is_stored_is_counted(mine: Desk) -> None:
    def counts() -> list[float]:
        return [
            REGISTRY.get_sample_value(name, {"kind": "finished"} if "log" in name else {}) or 0
            for name in ("automation_log_batch_records_sum", "automation_dead_runs_total")
        ]

    before = counts()
    for run, status in zip(
        await mine.claim(2), (RunStatus.SUCCESS, RunStatus.NEEDS_OPERATOR), strict=True
    ):
        mine.journal.ended(ended(run, status))

    await mine.journal.flush(utc_now())

    assert [now - then for now, then in zip(counts(), before, strict=True)] == [2, 1]


async def test_each_end_wakes_the_journal(mine: Desk) -> None:
    woken: list[int] = []
    mine.journal.wake = lambda: woken.append(1)
    (run,) = await mine.claim()

    mine.journal.ended(ended(run))

    assert woken == [1]


async def test_what_could_not_be_stored_is_not_said_and_not_forgotten(mine: Desk) -> None:
    (run,) = await mine.claim()
    mine.journal.ended(ended(run))
    await mine.floor.pool.execute("ALTER TABLE executor.leases RENAME TO leases_away")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
            await mine.journal.flush(utc_now())
    finally:
        await mine.floor.pool.execute("ALTER TABLE executor.leases_away RENAME TO leases")
    assert mine.journal.unstored() == [(run.run_id, 1)]
    assert await mine.floor.said() == []

    await mine.flush()

    assert mine.journal.unstored() == []
    assert [said.run_id for said in await mine.floor.said()] == [run.run_id]


async def test_while_a_result_is_being_stored_its_lease_counts_as_held(mine: Desk) -> None:
    (run,) = await mine.claim()
    mine.journal.ended(ended(run))
    async with mine.floor.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE executor.leases IN EXCLUSIVE MODE")
        flushing = asyncio.create_task(mine.journal.flush(utc_now()))
        emptied = asyncio.create_task(mine.journal.emptied())

        async def stuck() -> object:
            return await mine.floor.pool.fetchval(
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )

        await eventually(stuck, "the store waits")
        assert mine.journal.unstored() == [(run.run_id, 1)]
        assert not mine.journal.is_empty
        assert not emptied.done()

    await flushing
    await asyncio.wait_for(emptied, timeout=5)
    assert mine.journal.is_empty


async def test_a_locked_lease_keeps_its_own_result_waiting_and_no_other(mine: Desk) -> None:
    locked, free = await mine.claim(2)
    for run in (locked, free):
        mine.journal.ended(ended(run))
    async with mine.floor.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await somebody.execute(
            "SELECT FROM executor.leases WHERE run_id = $1 FOR UPDATE", locked.run_id
        )

        assert await mine.journal.flush(utc_now()) == module.REST

        assert mine.journal.unstored() == [(locked.run_id, 1)]
        assert not mine.journal.is_empty
        assert [said.run_id for said in await mine.floor.said()] == [free.run_id]

    await mine.flush()

    assert [said.run_id for said in await mine.floor.said()] == [free.run_id, locked.run_id]
    assert await mine.evidence() == {}


async def test_without_a_bus_results_are_stored_and_said_when_it_is_back(
    mine: Desk, client: Client, own_server: Running
) -> None:
    runs = await mine.claim(450)
    await own_server.kill()
    for run in runs:
        mine.journal.ended(ended(run))

    for _ in range(2):
        with pytest.raises(ConnectionError):
            await mine.journal.flush(utc_now())

    assert mine.journal.unstored() == []  # all of them, though nothing can be said
    assert not mine.journal.is_empty
    assert await mine.floor.pool.fetchval(
        "SELECT count(*) = 450 FROM log.runs WHERE status = 'success'"
    )

    await own_server.start()

    async def connected() -> bool:
        return client.is_connected

    await eventually(connected, "connected again")
    await mine.flush()
    js = client.jetstream()
    mine.floor.desk.js = js
    assert set((await mine.floor.times_said()).values()) == {1}
    assert len(await mine.floor.said()) == 450


async def test_a_result_whose_lease_is_gone_is_kept_as_evidence_and_not_said(mine: Desk) -> None:
    (old,) = await mine.claim()
    await mine.floor.desk.time_passes(LEASE + SECOND)
    other = mine.floor.leases()
    (new,) = await mine.floor.claim_attempt(old.run_id, 2, other)
    mine.journal.ended(late := ended(old))

    await mine.flush()

    assert await mine.evidence() == {(old.run_id, 1): told(late)}
    assert await mine.floor.said() == []
    assert await mine.floor.outcome(old.run_id) is None

    await other.store([ended(new)])
    assert await mine.floor.outcome(old.run_id) == "success"


async def test_of_two_attempts_that_end_together_only_the_later_is_said(mine: Desk) -> None:
    (old,) = await mine.claim()
    await mine.leases.release([(old.run_id, 1)])
    (new,) = await mine.floor.claim_attempt(old.run_id, 2, mine.leases)
    mine.journal.ended(first := ended(old))
    mine.journal.ended(second := ended(new))

    await mine.flush()

    assert await mine.floor.said() == [told(second)]
    assert await mine.evidence() == {(old.run_id, 1): told(first)}


async def test_a_result_that_was_stored_though_the_answer_got_lost_is_said(mine: Desk) -> None:
    runs = await mine.claim(2)
    first, second = map(ended, runs)
    await mine.leases.store([first])  # and no answer came
    mine.journal.ended(first)
    mine.journal.ended(second)

    await mine.flush()

    assert await mine.floor.said() == [told(first), told(second)]
    assert await mine.evidence() == {}
    assert await mine.floor.pool.fetchval("SELECT run_count FROM log.task_statistics") == 2


async def test_a_result_of_a_lease_that_never_was_is_evidence(mine: Desk) -> None:
    (run,) = await mine.claim()
    mine.journal.ended(forged := ended(run._replace(run_id=uuid4())))

    await mine.flush()

    assert await mine.evidence() == {(forged.run_id, 1): told(forged)}
    assert await mine.floor.said() == []


async def test_many_results_are_few_messages(mine: Desk) -> None:
    runs = await mine.claim(450)
    for run in runs:
        mine.journal.ended(ended(run))

    await mine.flush()

    assert len(await mine.floor.payloads("RUNS", "finished")) == 3
    assert sorted(run.run_id for run in await mine.floor.said()) == sorted(
        run.run_id for run in runs
    )


async def test_large_results_are_spread_over_messages_that_the_server_takes(
    mine: Desk, client: Client
) -> None:
    runs = await mine.claim(20)
    data = to_json({"result": {"text": "字" * 21_000}}).decode()  # as much as is kept
    for run in runs:
        mine.journal.ended(ended(run, execution_data=data))

    await mine.flush()

    assert len(await mine.floor.said()) == 20
    assert client.stats["reconnects"] == 0
    sizes = [len(payload) for payload in await mine.floor.payloads("RUNS", "finished")]
    assert max(sizes) < client.max_payload - 100_000


async def test_a_result_that_cannot_be_stored_is_stored_bare_and_takes_no_other_with_it(
    mine: Desk,
) -> None:
    first, bad, last = await mine.claim(3)
    mine.journal.ended(ended(first))
    mine.journal.ended(ended(bad, result="nul \0", execution_data='{"result": "odd"}'))
    mine.journal.ended(ended(last))

    await mine.flush()

    rows = await mine.floor.pool.fetch(
        "SELECT run_id, status, result, execution_data FROM log.runs"
    )
    assert {row["run_id"]: tuple(row)[1:] for row in rows} == {
        first.run_id: ("success", "attempt 1", "{}"),
        bad.run_id: ("success", "its result could not be stored", "{}"),
        last.run_id: ("success", "attempt 1", "{}"),
    }
    assert len(await mine.floor.said()) == 3


async def test_long_lines_are_spread_over_messages_that_the_server_takes(
    mine: Desk, client: Client
) -> None:
    enough = {
        "x": 150,
        "字": 60,
        "\x01": 30,
    }  # lines for more than one message, as they are encoded
    wrote = [
        line(run, seq, letter * 8192)
        for letter, lines in enough.items()
        for run in [uuid4()]
        for seq in range(1, lines + 1)
    ]
    for each in wrote:
        mine.journal.wrote(each)
        if each.seq == enough[each.text[0]]:
            await mine.flush()

    assert await mine.floor.lines() == wrote
    assert client.stats["reconnects"] == 0


async def test_lines_and_results_both_get_through(mine: Desk) -> None:
    (run,) = await mine.claim()
    for seq in range(1, 5001):
        mine.journal.wrote(line(run.run_id, seq, "hello"))
    mine.journal.ended(ended(run))

    await mine.flush()

    assert len(await mine.floor.lines()) == 5000
    assert len(await mine.floor.said()) == 1


async def test_lines_that_nobody_can_take_do_not_fill_the_memory(
    mine: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINE_BYTES", 50_000)
    run = uuid4()
    for seq in range(1, 1001):
        mine.journal.wrote(line(run, seq, "x" * 1000))

    await mine.flush()
    kept = [each.seq for each in await mine.floor.lines()]
    assert kept == list(range(1, len(kept) + 1))
    assert 30 < len(kept) < 60

    mine.journal.wrote(line(run, 1001, "there is room again"))
    await mine.flush()
    assert (await mine.floor.lines())[-1].seq == 1001


async def test_a_run_that_goes_on_is_told_to_have_begun(mine: Desk) -> None:
    (run,) = await mine.claim()
    at = begin(mine, run, ago=LATER)

    await mine.journal.flush(utc_now())
    await mine.journal.flush(utc_now() + LATER)

    (payload,) = await mine.floor.payloads("RUNS", "started")
    (told,) = RunsStarted.decode(payload).runs
    assert (told.run_id, told.attempt, told.started_at) == (run.run_id, 1, at)


async def test_a_short_run_is_told_once_by_its_end(mine: Desk) -> None:
    short, abandoned, young = await mine.claim(3)
    for run in (short, abandoned, young):
        begin(mine, run)
    mine.journal.ended(ended(short))
    mine.journal.abandoned(abandoned.run_id, 1)

    await mine.journal.flush(utc_now())

    assert await mine.floor.payloads("RUNS", "started") == []
    await mine.journal.flush(utc_now() + LATER)
    (payload,) = await mine.floor.payloads("RUNS", "started")
    assert [run.run_id for run in RunsStarted.decode(payload).runs] == [young.run_id]


async def test_the_end_of_an_old_attempt_does_not_hide_that_the_next_began(mine: Desk) -> None:
    (run,) = await mine.claim()
    begin(mine, run, ago=LATER)
    begin(mine, run._replace(attempt=2), ago=LATER)
    mine.journal.abandoned(run.run_id, 1)

    await mine.journal.flush(utc_now())

    (payload,) = await mine.floor.payloads("RUNS", "started")
    assert [each.attempt for each in RunsStarted.decode(payload).runs] == [2]


async def test_an_empty_journal_is_emptied_at_once(mine: Desk) -> None:
    await asyncio.wait_for(mine.journal.emptied(), timeout=1)


async def test_an_end_that_cannot_be_stored_at_all_holds_up_no_other(mine: Desk) -> None:
    (bad,) = await mine.claim()
    good = await mine.claim(3)
    await mine.floor.pool.execute(
        "CREATE FUNCTION log.fails() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a bug'; END $$;"
        "CREATE TRIGGER fails BEFORE INSERT ON log.runs FOR EACH ROW"
        f" WHEN (NEW.run_id = '{bad.run_id}') EXECUTE FUNCTION log.fails()"
    )
    try:
        for run in (good[0], bad, good[1]):
            mine.journal.ended(ended(run))
        await mine.journal.flush(utc_now())
        mine.journal.ended(ended(good[2]))
        await mine.journal.flush(utc_now())
        outcomes = await mine.floor.outcomes([run.run_id for run in good])
        assert set(outcomes) == {run.run_id for run in good}
        assert mine.journal.unstored() == [(bad.run_id, 1)], "its lease is kept alive"
    finally:
        await mine.floor.pool.execute("DROP TRIGGER fails ON log.runs; DROP FUNCTION log.fails")
    await mine.flush()
    assert bad.run_id in await mine.floor.outcomes([bad.run_id])
