"""How far an action says that it is, and what becomes of one that promised to and is silent."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.contracts.policy import Retry, TaskPolicy
from shared.contracts.runs import RunStatus
from tests.integration.executor.floor import TITLE, Floor, ProbeParams, RunningExecutor, eventually

LEASE_SECONDS = 600  # so long that only the test beats


@dataclass
class Tells(Action[ProbeParams]):
    """Says what the test gives it, until it is given no more."""

    words: asyncio.Queue[tuple[float, str | None] | None] = field(default_factory=asyncio.Queue)
    heard: int = 0

    name = "tells"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:
        while (words := await self.words.get()) is not None:
            context.progress(*words)
            self.heard += 1
        if params.deed == "fail":
            raise ActionFailed("no answer")
        return Outcome("done")


class Ticks(Action[ProbeParams]):
    """Gives signs of life for longer than it may be silent, then none."""

    name = "ticks"
    title = TITLE
    description = TITLE
    params = ProbeParams
    heartbeat_seconds = 0.5

    async def run(self, params: ProbeParams, context: Context) -> Outcome:
        for _ in range(15):
            await asyncio.sleep(0.1)
            context.heartbeat()
        if params.deed == "wait":
            await asyncio.Event().wait()
        return Outcome("done")


async def started(floor: Floor, action: Action[Any]) -> RunningExecutor:
    executor = floor.executor(actions={action.name: action}, lease_seconds=LEASE_SECONDS)
    await executor.start()
    return executor


async def say(action: Tells, *words: tuple[float, str | None]) -> None:
    wanted = action.heard + len(words)
    for each in words:
        await action.words.put(each)

    async def look() -> bool:
        return action.heard == wanted

    await eventually(look, "it has said so")


async def test_the_last_word_lies_with_the_lease_after_a_beat_and_in_the_end(floor: Floor) -> None:
    action = Tells()
    executor = await started(floor, action)
    (run,) = await floor.order(action="tells")
    await say(action, (10, "reading"), (40.04, "writing\x00"))

    await executor.executor._heartbeat.step()  # noqa: SLF001 - instead of waiting for it

    lease = await floor.lease(run)
    assert lease is not None
    told = json.loads(lease["progress"])
    assert (told["percent"], told["message"]) == (40.0, "writing\ufffd")
    await action.words.put(None)
    said = (await floor.said_of([run]))[run]
    assert said.execution_data["progress"] == told


async def test_a_beat_without_news_leaves_it_as_it_is(floor: Floor) -> None:
    action = Tells()
    executor = await started(floor, action)
    (run,) = await floor.order(action="tells")
    await say(action, (10, None))
    await executor.executor._heartbeat.step()  # noqa: SLF001 - as above
    before = await floor.lease(run)

    await executor.executor._heartbeat.step()  # noqa: SLF001 - as above

    after = await floor.lease(run)
    assert before is not None
    assert after is not None
    assert after["lease_until"] > before["lease_until"]
    assert after["progress"] == before["progress"]
    await action.words.put(None)


async def test_the_next_attempt_begins_anew(floor: Floor) -> None:
    action = Tells()
    executor = await started(floor, action)
    policy = TaskPolicy(retry=Retry(max_attempts=2))
    (run,) = await floor.order(action="tells", deed="fail", policy=policy)
    await say(action, (90, None))
    await executor.executor._heartbeat.step()  # noqa: SLF001 - as above
    await action.words.put(None)
    assert await floor.finished([run]) == {run: "retry"}

    await executor.stop()
    await floor.claim_attempt(run, 2)

    lease = await floor.lease(run)
    assert lease is not None
    assert lease["progress"] is None


async def test_it_stays_between_0_and_100(floor: Floor) -> None:
    action = Tells()
    await started(floor, action)
    for percent, kept in ((-5, 0), (101, 100), (float("inf"), 100), (33.333, 33.3)):
        (run,) = await floor.order(action="tells")
        await say(action, (percent, None))
        await action.words.put(None)

        said = (await floor.said_of([run]))[run]
        assert said.execution_data["progress"]["percent"] == kept


async def test_what_is_no_number_is_a_bug_of_the_action(floor: Floor) -> None:
    action = Tells()
    await started(floor, action)
    (run,) = await floor.order(action="tells")
    await action.words.put((float("nan"), None))

    said = (await floor.said_of([run]))[run]
    assert said.error_message == "ValueError in action tells"


async def test_who_promised_signs_of_life_and_gives_none_is_timed_out(floor: Floor) -> None:
    await started(floor, Ticks())
    (silent,) = await floor.order(action="ticks", deed="wait")
    (lively,) = await floor.order(action="ticks")

    said = await floor.said_of([silent, lively])

    assert said[lively].status is RunStatus.SUCCESS  # though it took three times as long
    assert said[silent].status is RunStatus.TIMED_OUT
    assert said[silent].error_message == "no sign of life for 0.5 seconds"


async def test_signs_of_life_do_not_prolong_the_time_in_all(floor: Floor) -> None:
    await started(floor, Ticks())
    (run,) = await floor.order(action="ticks", timeout_seconds=1)

    said = (await floor.said_of([run]))[run]

    assert (said.status, said.error_message) == (
        RunStatus.TIMED_OUT,
        "not finished within 1 seconds",
    )
