"""Whatever an action does, its run gets one result that can be stored and read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from services.executor.attempt import Attempt
from services.executor.claimed import MAX_LOST
from services.executor.context import MAX_LINE
from services.executor.report import MAX_TEXT
from services.executor.speaker import Speaker
from shared.bus.topology import task_changed
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.contracts.runs import Origin, RunFinished, RunStatus
from tests.integration.executor.floor import TITLE, Floor, ProbeParams, Stubborn


@dataclass
class Says(Action[ProbeParams]):
    """Ends with what the test gave it."""

    outcome: Any
    lines: tuple[str, ...] = ()

    name = "says"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        for text in self.lines:
            context.log(text, "warning")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome  # type: ignore[no-any-return]


class Speaks(Action[ProbeParams]):
    """Says something on the bus."""

    name = "speaks"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        await context.publish("lamp.kitchen", b"on", {"X-Y": "z"})
        return Outcome("said")


async def ran(
    floor: Floor,
    action: Action[Any] | None = None,
    **params: Any,  # noqa: ANN401 - whatever the action takes
) -> RunFinished:
    """Run one order of *action*; return what was said of it."""
    action = action or floor.probe
    await floor.executor(actions={action.name: action}).start()
    (run,) = await floor.order(action=action.name, **params)
    return (await floor.said_of([run]))[run]


async def test_success(floor: Floor) -> None:
    said = await ran(floor, text="備份完成")
    row = await floor.desk.row(said.run_id)

    assert said.status is RunStatus.SUCCESS
    assert (said.result, said.error_message) == ("備份完成", None)
    assert said.execution_data == {
        "action": "probe",
        "version": 1,
        "attempt": 1,
        "requested_by": "ops",
        "result": {"attempt": 1},
    }
    assert (said.task_id, said.trigger, said.attempt) == (row["task_id"], "manual", 1)
    assert said.scheduled_for == row["scheduled_for"]
    assert said.started_at <= said.completed_at
    assert said.executor == "executor-1"


async def test_a_failure_keeps_its_words_and_its_data(floor: Floor) -> None:
    said = await ran(floor, deed="fail", text="no such host")

    assert said.status is RunStatus.FAILURE
    assert (said.result, said.error_message) == (None, "no such host")
    assert said.execution_data["result"] == {"code": 7}


async def test_a_bug_is_named_but_not_quoted(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    said = await ran(floor, deed="break", text="hunter2")

    assert said.status is RunStatus.FAILURE
    assert said.error_message == "RuntimeError in action probe"
    assert "hunter2" not in said.model_dump_json()
    assert "hunter2" in caplog.text  # the log of this process may not leave here


async def test_odd_ends_are_failures_and_the_executor_goes_on(floor: Floor) -> None:
    await floor.executor().start()
    odd = {
        "exit": "SystemExit in action probe",
        "cancel itself": "CancelledError in action probe",
        "return nothing": "TypeError in action probe",
    }
    for deed, message in odd.items():
        (run,) = await floor.order(deed=deed)
        said = (await floor.said_of([run]))[run]
        assert (said.status, said.error_message) == (RunStatus.FAILURE, message)

    (run,) = await floor.order()
    assert await floor.finished([run]) == {run: "success"}


async def test_what_takes_too_long_is_stopped(floor: Floor) -> None:
    actions: dict[str, Action[Any]] = {"probe": floor.probe, "stubborn": Stubborn()}
    await floor.executor(actions=actions).start()
    (plain,) = await floor.order(deed="wait", timeout_seconds=1)
    (stubborn,) = await floor.order(action="stubborn", timeout_seconds=1)

    said = await floor.said_of([plain, stubborn])

    for run in (plain, stubborn):
        assert said[run].status is RunStatus.TIMED_OUT
        assert said[run].error_message == "not finished within 1 seconds"
        seconds = (said[run].completed_at - said[run].started_at).total_seconds()
        assert 0.9 < seconds < 5
    assert floor.probe.cancelled == [(plain, 1)]


async def test_a_timeout_inside_the_action_is_not_the_run_s(floor: Floor) -> None:
    said = await ran(floor, Says(TimeoutError()))

    assert said.status is RunStatus.FAILURE
    assert said.error_message == "TimeoutError in action says"


async def test_an_action_that_is_not_installed_here(floor: Floor) -> None:
    await floor.executor().start()
    (run,) = await floor.order(action="unheard_of")

    said = (await floor.said_of([run]))[run]

    assert said.status is RunStatus.FAILURE
    assert said.error_message == "this executor has no action unheard_of"


async def test_parameters_that_do_not_fit_are_named_but_not_quoted(floor: Floor) -> None:
    said = await ran(floor, deed="hunter2", text=5, unheard_of="hunter2")

    assert said.status is RunStatus.FAILURE
    assert said.error_message == "parameters do not fit the action: deed, text, unheard_of"
    assert "hunter2" not in said.model_dump_json()
    assert floor.probe.begun == []


async def test_texts_that_cannot_be_stored_are_mended(floor: Floor) -> None:
    said = await ran(
        floor,
        Says(
            Outcome("a\x00b\ud800", {"k\x00": "v\x00", "lone": "\udfff"}), ("line\x00 \ud800 end",)
        ),
    )

    assert said.result == "a\ufffdb?"
    assert said.execution_data["result"] == {"k\ufffd": "v\ufffd", "lone": "?"}
    (line,) = await floor.lines()
    assert (line.text, line.level, line.seq) == ("line\ufffd ? end", "warning", 1)


async def test_what_is_too_large_is_cut(floor: Floor) -> None:
    large = {
        "ascii": Outcome("x" * 100_000, {"text": "x" * 500_000}),
        "chinese": Outcome("字" * 100_000, {"text": "字" * 500_000}),
        "control": ActionFailed("x" * 100_000, data={"text": "\x01" * 500_000}),
    }
    action = Says(None, ("x" * 100_000,))
    await floor.executor(actions={action.name: action}).start()
    for name, action.outcome in large.items():
        (run,) = await floor.order(action=action.name)
        said = (await floor.said_of([run]))[run]

        summary = said.result or said.error_message or ""
        assert len(summary) == MAX_TEXT, name
        assert summary.endswith("…"), name
        assert "result" not in said.execution_data, name
        assert len(said.execution_data["result_truncated"]) == MAX_TEXT, name
        assert len(said.model_dump_json().encode()) < 100_000, name
    assert [len(line.text) for line in await floor.lines()] == [MAX_LINE] * len(large)


async def test_data_that_is_no_json_costs_only_itself(floor: Floor) -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    said = await ran(floor, Says(Outcome("done", {"deep": deep})))

    assert (said.status, said.result) == (RunStatus.SUCCESS, "done")
    assert "result" not in said.execution_data


async def test_lines_are_numbered_within_the_attempt(floor: Floor) -> None:
    said = await ran(floor, lines=250, text="line")

    lines = await floor.lines()
    assert [(line.seq, line.text) for line in lines] == [
        (number + 1, f"line {number}") for number in range(250)
    ]
    assert {(line.run_id, line.attempt, line.level) for line in lines} == {(said.run_id, 1, "info")}


async def test_a_run_that_was_lost_with_its_executors_too_often_is_given_up(floor: Floor) -> None:
    (run,) = await floor.order()
    runner = floor.executor().executor.under_way._runner  # noqa: SLF001 - as a claim would
    for attempt in range(1, MAX_LOST + 2):
        await floor.pool.execute("UPDATE executor.leases SET lease_until = '-infinity'")
        (claimed,) = await floor.claim_attempt(run, attempt)
    await floor.pool.execute("UPDATE executor.leases SET executor_id = $1", floor.executors[0].id)

    await floor.executors[0].executor._heartbeat.step()  # noqa: SLF001 - it reads the clock
    await runner.run(Attempt(claimed))
    await floor.executors[0].executor.journal.flush(claimed.scheduled_for)

    (said,) = await floor.said()
    assert (said.status, said.attempt) == (RunStatus.FAILURE, MAX_LOST + 1)
    assert said.error_message == f"lost with its executor {MAX_LOST} times; given up"
    assert floor.probe.begun == []


async def test_what_an_action_says_tells_which_tasks_led_to_it(floor: Floor) -> None:
    heard = asyncio.Queue[dict[str, str]]()

    async def listen(message: Any) -> None:  # noqa: ANN401 - a core message
        await heard.put(message.headers)

    await floor.desk.client.subscribe("lamp.kitchen", cb=listen)
    (run,) = await floor.order(action="speaks")
    before, task = uuid4(), (await floor.desk.row(run))["task_id"]
    await floor.pool.execute(
        "UPDATE scheduler.occurrences SET origin = $1", Origin(causes=(before,)).model_dump_json()
    )
    await floor.executor(actions={"speaks": Speaks()}).start()

    async with asyncio.timeout(10):
        assert await heard.get() == {"automationcauses": f"{before},{task}", "X-Y": "z"}


async def test_speaking_to_a_stream_is_acknowledged_by_it(floor: Floor) -> None:
    subject = task_changed("created", (await floor.order())[0])
    deaf_listener: list[bytes] = []

    async def listen(message: Any) -> None:  # noqa: ANN401 - a core message
        deaf_listener.append(message.data)

    await floor.desk.client.subscribe(subject, cb=listen)
    await Speaker(floor.desk.client).publish(subject, b"payload", {"X-Y": "z"})

    message = await floor.desk.js.get_last_msg("TASKS", subject)
    assert (message.data, (message.headers or {})["X-Y"]) == (b"payload", "z")


async def test_speaking_to_listeners_needs_no_stream(floor: Floor) -> None:
    heard = asyncio.Queue[bytes]()

    async def listen(message: Any) -> None:  # noqa: ANN401 - a core message
        await heard.put(message.data)

    await floor.desk.client.subscribe("lamp.kitchen", cb=listen)

    async with asyncio.timeout(3):
        await Speaker(floor.desk.client).publish("lamp.kitchen", b"on", None)
        assert await heard.get() == b"on"


async def test_speaking_to_nobody_is_no_failure(floor: Floor) -> None:
    async with asyncio.timeout(3):
        await Speaker(floor.desk.client).publish("nobody.listens", b"on", None)


async def test_speaking_too_loudly_is_a_failure_and_not_the_end_of_the_connection(
    floor: Floor,
) -> None:
    with pytest.raises(ActionFailed, match="not published"):
        await Speaker(floor.desk.client).publish("lamp.kitchen", b"x" * (1 << 20), None)

    assert floor.desk.client.is_connected
