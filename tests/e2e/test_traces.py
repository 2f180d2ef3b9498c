"""One trace per run, from whoever asked to the row in the log, as a collector sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.e2e.place import Place
from tests.support.load import BASE, TASKS
from tests.support.otlp_sink import Span

SERVER, CONSUMER = 2, 5  # as OTLP numbers kinds of spans
HEADER = "00-{trace}-{span}-01"


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole system, and what the collector of its traces has received."""

    place: Place

    async def trace_of(self, run_id: UUID, *, rows: int = 1, root: str = "") -> list[Span]:
        """Wait until a run's trace is told, with so many log rows; return all spans of it."""
        spans = await self.place.collector.wait_for(lambda told: bool(_of_run(told, run_id)))
        return await self.whole(_of_run(spans, run_id)[0].trace_id, rows=rows, root=root)

    async def whole(
        self, trace_id: str, *, runs: int = 1, rows: int | None = None, root: str = ""
    ) -> list[Span]:
        """Wait until a trace is told, in which so many runs are; return all spans of it.

        Each process tells its own, in its own time: what has a parent is told before it at times.
        """
        wanted = {"enter": runs, "run": rows or runs, "record": rows or runs}

        def is_told(spans: list[Span]) -> bool:
            found = [each for each in spans if each.trace_id == trace_id]
            names = [each.name.partition(" ")[0] for each in found]
            known = {each.span_id for each in found} | {root, ""}
            return all(names.count(name) >= times for name, times in wanted.items()) and all(
                each.parent_id in known for each in found
            )

        spans = await self.place.collector.wait_for(is_told)
        return [each for each in spans if each.trace_id == trace_id]

    async def post(self, path: str, *, json: Any = None, trace: str = "") -> httpx.Response:  # noqa: ANN401 - JSON
        """Call the API as somebody who is in a trace."""
        headers = {"Authorization": f"Bearer {self.place.system.token}"}
        if trace:
            headers["traceparent"] = trace
        async with httpx.AsyncClient(headers=headers, timeout=10) as client:
            answer = await client.post(f"{self.place.system.api_url}{path}", json=json)
        assert answer.is_success, answer.text
        return answer


def _of_run(spans: list[Span], run_id: UUID) -> list[Span]:
    return [each for each in spans if each.attributes.get("automation.run_id") == str(run_id)]


def one(spans: list[Span], name: str) -> Span:
    (found,) = [each for each in spans if each.name == name]
    return found


def assert_hangs_together(spans: list[Span], *, root: str = "") -> None:
    """Every span but the first has its parent in the trace, and none ends before it began."""
    known = {each.span_id for each in spans} | {root}
    orphans = [each.name for each in spans if each.parent_id and each.parent_id not in known]
    assert orphans == []
    assert len([each for each in spans if not each.parent_id]) == (0 if root else 1)
    assert all(each.began <= each.ended for each in spans)


@pytest.fixture
def scene(place: Place) -> Scene:
    return Scene(place)


async def test_a_run_by_hand_lies_in_its_callers_trace_up_to_the_log_row(scene: Scene) -> None:
    task_id = await scene.place.calling("traced")
    trace, span = uuid4().hex, uuid4().hex[:16]

    answer = await scene.post(f"{TASKS}/{task_id}/run", trace=HEADER.format(trace=trace, span=span))
    run_id = UUID(answer.json()["run_id"])
    spans = await scene.trace_of(run_id, root=span)

    asked = one(spans, f"POST {BASE}/automation-tasks/{{task_id}}/run")
    entered, ran = one(spans, "enter manual"), one(spans, "run http_request")
    recorded = one(spans, "record run")
    assert {each.trace_id for each in spans} == {trace}
    assert asked.parent_id == span
    assert entered.parent_id == asked.span_id
    assert ran.parent_id == entered.span_id
    assert recorded.parent_id == ran.span_id
    assert_hangs_together(spans, root=span)
    services = [each.service for each in (asked, entered, ran, recorded)]
    executor = "automation-executor"
    assert services == ["automation-api", "automation-scheduler", executor, executor]
    assert [asked.kind, entered.kind, ran.kind] == [SERVER, CONSUMER, CONSUMER]
    assert ran.attributes["automation.status"] == "success"
    # A neighbour that the administrator has named is told; its own spans would go on from there.
    (call,) = [
        each
        for each in scene.place.sink.calls("/traced")
        if each.headers["idempotency-key"] == str(run_id)
    ]
    assert call.headers["traceparent"] == HEADER.format(trace=trace, span=ran.span_id)
    shown = await scene.place.operator.get(f"{BASE}/automation-runs/{run_id}")
    assert shown["trace_id"] == trace


async def test_every_attempt_of_a_run_lies_in_the_same_trace(scene: Scene) -> None:
    retry = {"max_attempts": 3, "initial_interval_seconds": 1, "backoff": 1}
    task_id = await scene.place.operator.create(
        name="twice", **scene.place.action("fails/1/twice"), retry=retry
    )

    run_id = UUID((await scene.post(f"{TASKS}/{task_id}/run")).json()["run_id"])
    spans = await scene.trace_of(run_id, rows=2)

    entered = one(spans, "enter manual")
    attempts = sorted(
        (each for each in spans if each.name == "run http_request"), key=lambda each: each.began
    )
    assert [each.attributes["automation.attempt"] for each in attempts] == [1, 2]
    assert [each.attributes["automation.status"] for each in attempts] == ["retry", "success"]
    assert [each.error for each in attempts] == [True, False]
    assert {each.parent_id for each in attempts} == {entered.span_id}
    rows = {each.parent_id for each in spans if each.name == "record run"}
    assert rows == {each.span_id for each in attempts}
    assert_hangs_together(spans)


@pytest.mark.parametrize("said", ["in the event", "by the request"])
async def test_a_run_by_an_event_lies_in_the_events_trace(scene: Scene, said: str) -> None:
    kind = f"traced.{uuid4().hex[:8]}"
    await scene.place.operator.create(
        name=kind,
        **scene.place.action("by-event"),
        task_type="triggered",
        trigger_config={"subject": f"event.e2e.{kind}"},
    )
    trace, span = uuid4().hex, uuid4().hex[:16]
    header = HEADER.format(trace=trace, span=span)
    event = {"specversion": "1.0", "id": uuid4().hex, "source": "e2e", "type": kind}

    if said == "in the event":
        await scene.post(f"{BASE}/events", json={**event, "traceparent": header})
    else:
        await scene.post(f"{BASE}/events", json=event, trace=header)
    spans = await scene.whole(trace, root=span)

    entered, ran = one(spans, "enter event"), one(spans, "run http_request")
    assert ran.parent_id == entered.span_id
    assert one(spans, "record run").parent_id == ran.span_id
    assert_hangs_together(spans, root=span)
    if said == "in the event":
        assert entered.parent_id == span
    else:
        assert entered.parent_id == one(spans, f"POST {BASE}/events").span_id


async def test_a_fire_of_a_schedule_begins_a_trace_of_its_own(scene: Scene) -> None:
    await scene.place.calling("by-schedule", schedule_config={"interval_seconds": 1})
    calls = await scene.place.called("by-schedule", 2)

    traces = [await scene.trace_of(each.run_id) for each in calls[:2]]

    for spans in traces:
        entered = one(spans, "enter schedule")
        assert entered.parent_id == ""
        assert one(spans, "run http_request").parent_id == entered.span_id
        assert_hangs_together(spans)
    assert traces[0][0].trace_id != traces[1][0].trace_id


async def test_what_follows_from_an_action_that_publishes_lies_in_its_trace(scene: Scene) -> None:
    kind = f"chained.{uuid4().hex[:8]}"
    subject = f"event.e2e.{kind}"
    await scene.place.operator.create(
        name=f"after {kind}",
        **scene.place.action("chained"),
        task_type="triggered",
        trigger_config={"subject": subject},
    )
    first = await scene.place.operator.create(
        name=f"says {kind}",
        task_action="nats_publish",
        action_config={"subject": subject, "data": {"n": 1}},
    )

    run_id = UUID((await scene.post(f"{TASKS}/{first}/run")).json()["run_id"])
    trace_id = (await scene.trace_of(run_id))[0].trace_id
    spans = await scene.whole(trace_id, runs=2)

    assert one(spans, "enter event").parent_id == one(spans, "run nats_publish").span_id
    assert_hangs_together(spans)


async def test_a_traceparent_that_is_none_begins_a_new_trace(scene: Scene) -> None:
    task_id = await scene.place.calling("garbled")

    answer = await scene.post(f"{TASKS}/{task_id}/run", trace="00-xyz-1-01")
    spans = await scene.trace_of(UUID(answer.json()["run_id"]))

    assert_hangs_together(spans)


async def test_a_line_about_a_run_bears_its_ids_and_that_of_its_trace(scene: Scene) -> None:
    task_id = await scene.place.operator.create(
        name="stopped", **scene.place.action("delay/60/stopped")
    )
    run_id = (await scene.post(f"{TASKS}/{task_id}/run")).json()["run_id"]
    await scene.place.called("delay/60/stopped", 1)

    await scene.post(f"{BASE}/automation-runs/{run_id}/cancel", json={"reason": "a test"})
    trace_id = (await scene.trace_of(UUID(run_id)))[0].trace_id

    text = "".join(
        file.read_text(encoding="utf-8")
        for file in (scene.place.system.home / "logs").glob("executor-*.log")
    )
    found = [json.loads(line[line.index("{") :]) for line in text.splitlines() if run_id in line]
    (line,) = [each for each in found if each["message"].startswith("stopping a run")]
    ids = {key: line[key] for key in ("run_id", "task_id", "trace_id", "attempt")}
    assert ids == {
        "run_id": run_id,
        "task_id": str(task_id),
        "trace_id": trace_id,
        "attempt": "1",
    }
