"""Messages come too often, too late or forged, under load; garbage is in `test_poison.py`.

The database is the truth; a message can make things happen sooner, never otherwise.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.bus import topology
from shared.bus.shapes import Stream
from shared.contracts.runs import (
    RunFinished,
    RunsFinished,
    RunsStarted,
    RunStarted,
    RunStatus,
)
from tests.faults.stage import SEED, Stage, stage
from tests.support.load import calls

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

#: It costs the services time; nobody may be later for it than this.
UNTOUCHED = 3  # seconds
SOON = 60  # seconds

COPY = "Test-Copy"
COPIES = 4

#: Kept for their age, so that all that was said can be said again.
FACTS = (topology.TASKS, topology.RUNS, topology.LOGS, topology.EVENTS)

#: Runs whose story is over.
OVER = """
SELECT r.run_id FROM log.runs r JOIN scheduler.occurrences o USING (run_id)
WHERE r.final AND o.settled
"""
#: All that is known of them, and what the scheduler knows of tasks.
KNOWN_OF_RUNS = (
    "log.runs",
    "log.attempts",
    "log.lines",
    "log.dead_runs",
    "scheduler.occurrences",
    "executor.leases",
)
DIGEST = "SELECT md5(coalesce(string_agg(md5(x::text), '' ORDER BY md5(x::text)), '')) FROM"
JOBS = f"""
{DIGEST} (SELECT task_id, version, deleted, enabled, name, action, action_config, schedule
          FROM scheduler.jobs) x
"""  # noqa: S608 - our own words
COUNTED = "SELECT count(*) FROM scheduler.occurrences WHERE task_id = $1"
LETTERS = "SELECT count(*) FROM log.dead_letters"
ROW = "SELECT status, attempt, result FROM log.runs WHERE run_id = $1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two schedulers and two executors."""
    env = {"AUTOMATION_SCHEDULERS": "2", "AUTOMATION_EXECUTORS": "2"}
    async with stage(env, tasks=20) as system:
        yield system


@asynccontextmanager
async def on_bus(here: Stage) -> AsyncIterator[Client]:
    """Be somebody who may say anything on the bus."""
    client = await nats.connect(here.system.nats_url)
    try:
        yield client
    finally:
        await client.close()


async def until(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Look again and again until it is true."""
    deadline = time.monotonic() + SOON
    while not await look():
        assert time.monotonic() < deadline, f"not within {SOON} s: {what}"
        await asyncio.sleep(0.05)


async def over(here: Stage) -> list[UUID]:
    """Return the runs whose story is over."""
    connection = await here.witness.connect()
    try:
        return [row["run_id"] for row in await connection.fetch(OVER)]
    finally:
        await connection.close()


async def digests(here: Stage, runs: Sequence[UUID]) -> dict[str, str]:
    """Return a digest of all that each table says of these runs."""
    connection = await here.witness.connect()
    try:
        found = {
            table: await connection.fetchval(
                f"{DIGEST} (SELECT * FROM {table} WHERE run_id = ANY($1)) x",  # noqa: S608 - ours
                runs,
            )
            for table in KNOWN_OF_RUNS
        }
        found["scheduler.jobs"] = await connection.fetchval(JOBS)
    finally:
        await connection.close()
    return found


async def all_read(client: Client) -> None:
    """Wait until every consumer has read what there was when this was called."""
    js = client.jetstream()
    ends = {
        each.name: (await js.stream_info(each.name)).state.last_seq for each in topology.STREAMS
    }

    async def are_past() -> bool:
        infos = [await js.consumer_info(each.stream, each.name) for each in topology.CONSUMERS]
        return all(
            info.ack_floor is not None
            and (info.ack_floor.stream_seq >= ends[info.stream_name] or not info.num_pending)
            for info in infos
        )

    await until(are_past, "all that was said is read")


async def test_every_hint_comes_five_times(here: Stage) -> None:
    copied = 0

    async with on_bus(here) as client:

        async def again(message: Msg) -> None:
            nonlocal copied
            if message.headers and COPY in message.headers:
                return
            for number in range(COPIES):
                headers = {COPY: str(number), "Nats-Msg-Id": str(uuid4())}
                await client.publish(message.subject, message.data, headers=headers)
            copied += 1

        await client.subscribe(topology.task_due("*"), cb=again)
        with here.fault("hints copied", "bus"):
            await here.steady(10)
    figures = await here.judge("every hint 5 times")

    assert copied >= 10, "one tells of all that is due in a second"
    assert not figures.twice
    assert figures.latest < UNTOUCHED


async def said(client: Client, stream: Stream) -> list[Msg]:
    """Read all that lies in a stream."""
    js = client.jetstream()
    reads = await js.pull_subscribe(
        ">",
        stream=stream.name,
        config=ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL),
    )
    found: list[Msg] = []
    wanted = (await js.stream_info(stream.name)).state.messages
    while len(found) < wanted:
        found += await reads.fetch(min(500, wanted - len(found)), timeout=10)
    await reads.unsubscribe()
    return found


async def test_all_that_was_ever_said_is_said_again_in_any_order(here: Stage) -> None:
    listener = await here.operator.create(
        name="hears again",
        task_type="triggered",
        trigger_config={"subject": "event.again.>"},
        **calls(f"{here.sink.url}/again"),
    )
    fails = await here.operator.create(
        name="fails twice",
        retry={"max_attempts": 3, "initial_interval_seconds": 0.1},
        **calls(f"{here.sink.url}/fails/2/again"),
    )
    here.retried.add(fails)
    edited, deleted = [
        await here.operator.create(name=name, **calls(f"{here.sink.url}/{name}"))
        for name in ("edited", "deleted")
    ]
    await here.operator.edit(edited, name="edited once more")
    await here.operator.delete(deleted)
    for _ in range(5):
        await here.operator.run(fails)
    for number in range(20):
        event = {"source": "again", "type": "tick", "id": f"again-{number}", "data": {}}
        await here.operator.insist("POST", "/api/v1/group-ai/events", json=event)
    await until(lambda: fired(here, listener, 20), "20 events have fired")
    assert not await here.drained(datetime.now(UTC))

    async with on_bus(here) as client:
        runs = await over(here)
        before = await digests(here, runs)
        facts = [message for stream in FACTS for message in await said(client, stream)]
        random.Random(SEED).shuffle(facts)  # noqa: S311 - no secret
        with here.fault("facts said again", "bus"):
            for fact in facts:
                headers = {**(fact.headers or {}), "Nats-Msg-Id": str(uuid4())}
                await client.jetstream().publish(fact.subject, fact.data, headers=headers)
            await all_read(client)
    figures = await here.judge(f"{len(facts)} facts said again")

    assert await digests(here, runs) == before
    assert await here.value(COUNTED, listener) == 20
    assert not figures.twice
    assert figures.latest < UNTOUCHED


async def fired(here: Stage, task: UUID, times: int) -> bool:
    """Return whether a task has so many rows in the ledger."""
    return bool(await here.value(COUNTED, task) >= times)


def forged(
    run_id: UUID, task_id: UUID, *, attempt: int, status: RunStatus, again: bool = False
) -> bytes:
    """Return what an executor would say of a run that had ended so."""
    now = datetime.now(UTC)
    run = RunFinished(
        run_id=run_id,
        task_id=task_id,
        attempt=attempt,
        trigger="manual",
        scheduled_for=now,
        started_at=now,
        completed_at=now,
        executor="a-liar",
        status=status,
        result="a lie",
        error_message="a lie",
        retry_at=now if again else None,
    )
    return RunsFinished(runs=(run,)).encode()


async def test_forged_facts_change_nothing(here: Stage) -> None:
    """Whoever may speak for executors can lie about any run: what counts is what they store."""
    slow = await here.operator.create(name="lied about", **calls(f"{here.sink.url}/delay/8/truth"))
    dependant = await here.operator.create(
        name="follows the truth",
        depends_on={"tasks": [str(slow)], "rule": "all_done"},
        **calls(f"{here.sink.url}/follows"),
    )
    ended = await here.operator.run(slow)
    await until(lambda: fired(here, dependant, 1), "the dependant runs")
    assert not await here.drained(datetime.now(UTC))
    before = await digests(here, [ended])
    letters = await here.value(LETTERS)
    running = await here.operator.run(slow)
    await here.witness.sink.wait(
        lambda calls: any(call.run_id == running for call in calls) or None,
        within=timedelta(seconds=SOON),
        what="the run that is lied about is under way",
    )

    lies = [
        forged(run_id, slow, attempt=attempt, status=status, again=again)
        for run_id in (ended, running, uuid4())
        for attempt in (1, 2)
        for status, again in (
            (RunStatus.FAILURE, False),
            (RunStatus.CANCELLED, False),
            (RunStatus.FAILURE, True),
        )
    ]
    async with on_bus(here) as client:
        js = client.jetstream()
        for lie in lies:
            await js.publish(topology.runs_finished(uuid4()), lie)
        for run_id in (running, uuid4()):
            known = dict(RunsFinished.decode(lies[0]).runs[0])
            said = RunStarted(**{**known, "run_id": run_id, "attempt": 9})
            await js.publish(topology.runs_started(uuid4()), RunsStarted(runs=(said,)).encode())
        await all_read(client)
    assert await here.value(COUNTED, dependant) == 1, "a lie has started a dependant"
    await until(lambda: fired(here, dependant, 2), "the truth has")
    figures = await here.judge("forged facts")

    assert await digests(here, [ended]) == before
    assert await here.value(LETTERS) - letters == 2, "of lies about beginnings"
    assert not figures.twice
    connection = await here.witness.connect()
    try:
        row = await connection.fetchrow(ROW, running)
    finally:
        await connection.close()
    assert row is not None
    assert (row["status"], row["attempt"]) == ("success", 1)
    assert "lie" not in row["result"]
