"""What tasks say about each other holds while executors and schedulers are killed.

The witness decides: how many calls were under way at once, and how often each was made.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from shared.bus.topology import EVENTS, SCHEDULER_EVENTS
from tests.faults.bus_stage import client_of, eventually, read_by_all
from tests.faults.stage import Stage
from tests.support.history import Effect, Fault
from tests.support.load import calls

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

#: From the death of an executor until its runs were called again and all others had their turn.
WITHIN = timedelta(seconds=60)

LIMIT = 2
TAKES = 0.5  # seconds, each call of a limited run
LOCKED_TAKES = 0.3
EVENTS_SENT = 100

HOLDERS = """
SELECT e.instance FROM executor.leases l JOIN executor.executors e USING (executor_id)
WHERE l.task_id = ANY($1) AND l.outcome IS NULL
  AND l.claimed_at < clock_timestamp() - interval '0.1 s' AND l.lease_until > clock_timestamp()
ORDER BY l.claimed_at DESC LIMIT 1
"""
ENDED_ATTEMPTS = """
SELECT a.run_id, a.attempt, a.status FROM log.api_attempts a JOIN log.runs r USING (run_id)
WHERE r.task_id = $1 AND a.completed_at IS NOT NULL
"""
KNOWN = "SELECT count(*) >= $2 FROM scheduler.jobs WHERE task_id = ANY($1)"
CAUSED_BY = "SELECT origin::json ->> 'run_id' FROM scheduler.occurrences WHERE task_id = $1"


def most_at_once(effects: Iterable[Effect], seconds: float) -> int:
    """Return how many calls were under way at once, each of them *seconds* long.

    A call that was cut off counts in full: its run keeps its slot until a later attempt has ended.
    """
    length = timedelta(seconds=seconds)
    steps = [step for each in effects for step in ((each.at, 1), (each.at + length, -1))]
    most = now = 0
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    return most


def effects_of(here: Stage, ending: str) -> list[Effect]:
    """Return the calls whose path ends like this."""
    return [each for each in here.witness.sink.effects() if each.path.endswith(ending)]


async def called(here: Stage, ending: str, runs: int) -> None:
    """Wait until so many runs have called a path."""
    await here.witness.sink.wait(
        lambda _: len({each.run_id for each in effects_of(here, ending)}) >= runs or None,
        within=WITHIN,
        what=f"{runs} runs call …{ending}",
    )


async def run_often(here: Stage, tasks: Sequence[UUID], times: int) -> list[UUID]:
    """Run each of these tasks so often by hand."""
    return [await here.operator.run(task) for _ in range(times) for task in tasks]


async def known(here: Stage, tasks: Sequence[UUID]) -> None:
    """Wait until the schedulers have heard of tasks: what happened before starts none of them."""
    await here.until_value(KNOWN, tasks, len(tasks), what="the schedulers know all tasks")


async def kill_holder(here: Stage, tasks: Sequence[UUID]) -> str:
    """Kill the executor that does one of these tasks just now; return its name."""
    name: str = await here.until_value(HOLDERS, tasks, what="an executor does it")
    await here.kill(name)
    return name


async def test_limits_and_locks_hold_and_leak_nothing(here: Stage) -> None:
    limited = await here.operator.create(
        name="limited",
        concurrency={"limit": LIMIT},
        **calls(f"{here.sink.url}/delay/{TAKES}/limited"),
    )
    locked = [
        await here.operator.create(
            name=name, locks=["thing:7"], **calls(f"{here.sink.url}/delay/{LOCKED_TAKES}/locked")
        )
        for name in ("locked one", "locked other")
    ]
    for_limit = await run_often(here, [limited], 16)
    killed = [await kill_holder(here, [limited])]
    for_lock = await run_often(here, locked, 6)
    killed.append(await kill_holder(here, locked))
    await called(here, "/limited", len(for_limit))
    await called(here, "/locked", len(for_lock))
    figures = await here.judge(f"{' and '.join(killed)}, with a limit and a lock")

    in_limit, in_lock = effects_of(here, "/limited"), effects_of(here, "/locked")
    assert most_at_once(in_limit, TAKES) == LIMIT
    assert most_at_once(in_lock, LOCKED_TAKES) == 1
    assert {each.run_id for each in in_limit} == set(for_limit)
    assert {each.run_id for each in in_lock} == set(for_lock)
    assert any(each.attempt > 1 for each in (*in_limit, *in_lock)), "no kill hit a run"
    assert figures.twice


async def test_attempts_follow_each_other_one_at_a_time(here: Stage) -> None:
    task = await here.operator.create(
        name="fails twice",
        retry={"max_attempts": 5, "initial_interval_seconds": 0.5, "backoff": 1, "jitter": 0},
        **calls(f"{here.sink.url}/delay/{TAKES}/fails/2/retried"),
    )
    here.retried.add(task)
    began = len(here.faults)
    runs = await run_often(here, [task], 6)
    await asyncio.gather(kill_holder(here, [task]), here.kill("scheduler-1"))
    runs += await run_often(here, [task], 6)
    await here.kill("scheduler-2")
    await here.judge("schedulers and an executor, with retries")

    kills = [fault for fault in here.faults[began:] if fault.target.startswith("executor")]
    connection = await here.witness.connect()
    try:
        rows = await connection.fetch(ENDED_ATTEMPTS, task)
    finally:
        await connection.close()
    ended: defaultdict[UUID, dict[int, str]] = defaultdict(dict)
    for row in rows:
        ended[row["run_id"]][row["attempt"]] = row["status"]
    seen: defaultdict[UUID, list[Effect]] = defaultdict(list)
    for effect in effects_of(here, "/retried"):
        seen[effect.run_id].append(effect)
    assert set(seen) == set(ended) == set(runs)
    assert sum(map(len, seen.values())) >= 3 * len(runs)
    for run_id in runs:
        _follow_each_other(seen[run_id])
        _are_in_the_log(seen[run_id], ended[run_id], kills)


def _follow_each_other(effects: Sequence[Effect]) -> None:
    """Check that no attempt of a run called before the one before it was answered."""
    for one, other in pairwise(effects):
        assert other.attempt > one.attempt
        assert other.at - one.at >= timedelta(seconds=TAKES)


def _are_in_the_log(
    effects: Sequence[Effect], ended: dict[int, str], kills: Sequence[Fault]
) -> None:
    """Check that the log has each attempt that was not cut off, and how it ended."""
    by_attempt = {each.attempt: each for each in effects}
    assert ended.keys() <= by_attempt.keys()
    for attempt in by_attempt.keys() - ended.keys():
        assert any(_cut_off(by_attempt[attempt].at, kill) for kill in kills), by_attempt[attempt]
    answers = ["failure", "failure", "success"]
    for number, (effect, answer) in enumerate(
        zip(effects, answers + ["success"] * len(effects), strict=False)
    ):
        told = ended.get(effect.attempt)
        assert told in (None, answer), f"call {number + 1} of run {effect.run_id}"
    assert ended[max(ended)] == "success"


def _cut_off(at: datetime, kill: Fault) -> bool:
    slack = timedelta(seconds=0.2)  # from the answer until its end is stored and said
    return kill.began_at - timedelta(seconds=TAKES) - slack <= at <= kill.ended_at


async def test_each_run_is_followed_once_down_the_chain(here: Stage) -> None:
    first, second, third = "/chain-1", "/chain-2", "/chain-3"
    tasks = [await here.operator.create(name=first, **calls(f"{here.sink.url}{first}"))]
    for path in (second, third):
        tasks.append(
            await here.operator.create(
                name=path, depends_on={"tasks": [str(tasks[-1])]}, **calls(f"{here.sink.url}{path}")
            )
        )
    await known(here, tasks)
    runs: list[UUID] = []
    for name in ("scheduler-1", "scheduler-2"):
        kill = asyncio.create_task(here.kill(name))
        runs += await run_often(here, tasks[:1], 10)
        await kill
    await called(here, third, len(runs))
    figures = await here.judge("schedulers, with a chain of tasks")

    assert not figures.twice
    for path in (first, second, third):
        assert len(effects_of(here, path)) == len(runs)
    before = set(map(str, runs))
    for task, path in zip(tasks[1:], (second, third), strict=True):
        connection = await here.witness.connect()
        try:
            causes = [row[0] for row in await connection.fetch(CAUSED_BY, task)]
        finally:
            await connection.close()
        assert Counter(causes) == Counter(before)
        before = {str(each.run_id) for each in effects_of(here, path)}


async def test_each_event_fires_once(here: Stage) -> None:
    listener = await here.operator.create(
        name="listener",
        task_type="triggered",
        trigger_config={
            "subject": "event.faults.>",
            "map": {"url": f"{here.sink.url}/event/{{{{ event.data.number }}}}/heard"},
        },
        **calls(f"{here.sink.url}/heard"),
    )
    await known(here, [listener])

    async def post(numbers: Iterable[int]) -> None:
        for number in numbers:
            event = {"source": "faults", "type": "tick", "data": {"number": number}}
            await here.operator.insist("POST", "/api/v1/group-ai/events", json=event)

    numbers = iter(range(EVENTS_SENT))
    async with asyncio.TaskGroup() as clients:
        for _ in range(2):
            clients.create_task(post(numbers))
        await called(here, "/heard", 1)
        await here.kill("scheduler-1")
        await here.kill("nats")
    await called(here, "/heard", EVENTS_SENT)
    async with client_of(here.system.nats_url) as client:
        # It is declared again, and everything that the stream holds comes once more.
        with here.fault("deleted consumer", "nats"):
            await client.jetstream().delete_consumer(EVENTS.name, SCHEDULER_EVENTS.name)
        await eventually(lambda: read_by_all(client), "all events are read once more")
    await here.steady(1)
    figures = await here.judge("scheduler and nats, with events")

    assert not figures.twice
    heard = Counter(each.path for each in effects_of(here, "/heard"))
    assert heard == Counter(f"/event/{number}/heard" for number in range(EVENTS_SENT))
