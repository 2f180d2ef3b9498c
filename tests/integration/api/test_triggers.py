"""Triggers are tried without starting anything; what is replayed starts a task once per event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.api.documented_events import Replayed, TriggerTested
from services.api.event_stream import BusEvents
from shared.bus import topology
from shared.contracts.runs import RunRequest, RunsRequested
from shared.domain.instant import format_instant
from shared.domain.occurrence import run_id_for
from shared.runtime.conditions import Conditions
from tests.integration.api.client import TASKS, Api, bearer, running_api

CONDITION = {"subject": "event.monitor.>", "condition": "error_rate > 10"}


@pytest_asyncio.fixture(loop_scope="session")
async def trying(database: str, bus: Client) -> AsyncIterator[Api]:
    """Serve the API with a way to the stored events."""
    conditions = Conditions()
    async with running_api(database, events=BusEvents(bus), conditions=conditions) as api:
        yield api
    await conditions.close()


async def store(bus: Client, number: int, rate: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes of an event
    """Put an event into the stream."""
    event = {
        "specversion": "1.0",
        "id": str(number),
        "source": "monitor",
        "type": "metrics.sample",
        "data": {"error_rate": rate},
        **more,
    }
    subject = topology.event_said(event["source"], event["type"])
    await bus.jetstream().publish(subject, json.dumps(event).encode())
    return event


async def a_triggered_task(api: Api, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    config = {"trigger_config": CONDITION, **fields}
    created = await api.create(task_type="triggered", **config)
    await api.pool.execute("DELETE FROM api.outbox")
    task_id: str = created["id"]
    return task_id


async def tried(api: Api, task: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the body
    answer = await api.http.post(f"{TASKS}/{task}/trigger/test", json=body)
    assert answer.status_code == 200, answer.text
    TriggerTested.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def clauses_of(event: dict[str, Any]) -> dict[str, tuple[bool, Any]]:
    return {each["clause"]: (each["matches"], each["seen"]) for each in event["clauses"]}


async def test_an_event_is_tried_clause_by_clause_with_the_values_seen(trying: Api) -> None:
    task = await a_triggered_task(trying, trigger_config={**CONDITION, "type": "metrics.*"})
    event = {"source": "monitor", "type": "metrics.sample", "data": {"error_rate": 12, "x": 1}}

    (hit,) = (await tried(trying, task, event=event))["events"]
    (miss,) = (await tried(trying, task, event={**event, "data": {"error_rate": 9}}))["events"]
    (other,) = (await tried(trying, task, event={**event, "type": "log"}))["events"]
    (far,) = (await tried(trying, task, event={**event, "source": "shop"}))["events"]

    assert hit["matches"]
    assert clauses_of(hit) == {
        "subject": (True, "event.monitor.metrics.sample"),
        "type": (True, "metrics.sample"),
        "condition": (True, {"error_rate": 12}),
    }
    assert clauses_of(miss)["condition"] == (False, {"error_rate": 9})
    assert clauses_of(other)["type"] == (False, "log")
    assert clauses_of(far)["subject"] == (False, "event.shop.metrics.sample")
    assert [each["matches"] for each in (miss, other, far)] == [False, False, False]
    assert await trying.count("api.outbox") == 0
    assert await trying.count("api.events") == 0


async def test_a_field_that_the_event_lacks_is_told_by_name(trying: Api) -> None:
    task = await a_triggered_task(trying)

    answer = await tried(trying, task, event={"source": "monitor", "type": "a", "data": {}})

    clause = answer["events"][0]["clauses"][-1]
    assert (clause["code"], clause["detail"]) == ("condition.missing", "error_rate")


async def test_the_last_events_are_tried_newest_first(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    for number, rate in enumerate((50, 5, 20, 8)):
        await store(bus, number, rate)

    answer = await tried(trying, task, last=3)

    assert [(each["id"], each["matches"]) for each in answer["events"]] == [
        ("3", False),
        ("2", True),
        ("1", False),
    ]
    assert answer["last_24_hours"] == {
        "events": 4,
        "complete": True,
        "matches": 2,
        "would_have_fired": 2,
    }


async def test_an_event_that_is_stored_twice_counts_once(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    for _ in range(2):
        await store(bus, 1, 50)

    assert (await tried(trying, task, last=1))["last_24_hours"]["would_have_fired"] == 1


FIRINGS: dict[str, tuple[dict[str, Any], int]] = {
    "plain": ({}, 7),
    "threshold": ({"threshold": 3, "within_seconds": 60}, 2),
    "threshold-for-each": (
        {"threshold": 3, "within_seconds": 60, "for_each": ["data.error_rate"]},
        1,
    ),
    "rate-limit": ({"rate_limit": {"limit": 4, "period_seconds": 600}}, 4),
    "throttle": ({"throttle": {"limit": 4, "period_seconds": 600}}, 7),
    "full-batches": ({"batch": {"max_size": 3, "timeout_seconds": 3600}}, 2),
    "storm-that-goes-on": ({"debounce_seconds": 3600}, 0),
    "silence-before": ({"posture": "proactive", "within_seconds": 3600}, 1),
}


@pytest.mark.parametrize(("config", "times"), FIRINGS.values(), ids=FIRINGS.keys())
async def test_a_trigger_would_have_fired_as_often_as_its_machines_let_it(
    trying: Api, bus: Client, config: dict[str, Any], times: int
) -> None:
    task = await a_triggered_task(trying)
    for number, rate in enumerate((50, 50, 5, 50, 20, 30, 40, 60)):
        await store(bus, number, rate)

    answer = await tried(trying, task, last=1, trigger_config={**CONDITION, **config})

    assert answer["last_24_hours"] == {
        "events": 8,
        "complete": True,
        "matches": 7,
        "would_have_fired": times,
    }
    assert await trying.count("api.outbox") == 0


async def test_a_rehearsal_that_takes_too_long_says_that_it_did_not_reach_the_end(
    trying: Api, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await a_triggered_task(trying)
    for number in range(3):
        await store(bus, number, 50)
    monkeypatch.setattr("services.api.rehearsal._SECONDS", -1)

    day = (await tried(trying, task, last=1))["last_24_hours"]

    assert (day["matches"], day["would_have_fired"], day["complete"]) == (3, 1, False)


async def test_a_trigger_is_tried_before_it_is_saved(trying: Api) -> None:
    task = (await trying.create())["id"]
    event = {"source": "shop", "type": "order", "data": {"total": 5}}

    answer = await tried(trying, task, event=event, trigger_config={"condition": "total == 5"})

    assert answer["events"][0]["matches"]


async def test_an_event_that_the_task_itself_caused_does_not_match(
    trying: Api, bus: Client
) -> None:
    task = await a_triggered_task(trying)
    await store(bus, 1, 50, automationcauses=f"{uuid4()},{task}")

    answer = await tried(trying, task, last=1)

    assert clauses_of(answer["events"][0])["loop"][0] is False
    assert answer["last_24_hours"]["would_have_fired"] == 0


async def test_a_condition_that_never_ends_is_stopped_and_said_so(trying: Api) -> None:
    task = await a_triggered_task(trying)
    text = "[s]" + ".map(a,a+a+a+a+a+a+a+a+a+a)" * 10 + ".size() > 0"
    event = {"source": "monitor", "type": "a", "data": {"s": "x"}}

    answer = await tried(trying, task, event=event, trigger_config={"condition": text})

    assert answer["events"][0]["clauses"][-1]["code"] == "condition.timeout"


async def test_without_the_bus_a_given_event_is_tried_all_the_same(api: Api) -> None:
    task = (await api.create())["id"]
    body = {"event": {"source": "a", "type": "b"}, "trigger_config": {"type": "b"}}

    answer = await tried(api, task, **body)
    last = await api.http.post(
        f"{TASKS}/{task}/trigger/test", json={"last": 1, "trigger_config": {"type": "b"}}
    )

    assert answer["events"][0]["matches"]
    assert answer["last_24_hours"] is None
    assert (last.status_code, last.json()["code"]) == (503, "events.unavailable")


EVENT = {"source": "a", "type": "b"}
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "", "trigger.one_of"),
    ({"event": EVENT, "last": 5}, "", "trigger.one_of"),
    ({"last": 0}, "/last", "field.at_least"),
    ({"last": 1001}, "/last", "field.at_most"),
    ({"last": "5"}, "/last", "field.integer"),
    ({"event": []}, "/event", "field.object"),
    ({"event": {"source": "a"}}, "/event/type", "field.required"),
    ({"event": EVENT, "trigger_config": {}}, "/trigger_config", "trigger.no_trigger"),
    (
        {"event": EVENT, "trigger_config": {"condition": "1 +"}},
        "/trigger_config/condition",
        "condition.syntax",
    ),
    ({"event": EVENT, "trigger_config": {"tipe": "a"}}, "/trigger_config/tipe", "field.unknown"),
    ({"event": EVENT, "other": 1}, "/other", "field.unknown"),
]


@pytest.mark.parametrize(
    ("body", "pointer", "code"), BAD, ids=[f"{number}-{each[2]}" for number, each in enumerate(BAD)]
)
async def test_a_senseless_try_is_refused_by_the_name_of_its_field(
    shared_api: Api, body: dict[str, Any], pointer: str, code: str
) -> None:
    created = await shared_api.create(task_type="triggered", trigger_config=CONDITION)

    answer = await shared_api.http.post(f"{TASKS}/{created['id']}/trigger/test", json=body)

    assert answer.status_code == 422
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize("path", ["test", "replay"])
async def test_there_is_no_trigger_of_a_task_that_is_not_there(shared_api: Api, path: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "test": {"last": 1},
        "replay": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
    }

    answer = await shared_api.http.post(f"{TASKS}/{uuid4()}/trigger/{path}", json=bodies[path])

    assert (answer.status_code, answer.json()["code"]) == (404, "task.not_found")


async def test_trying_needs_the_right_to_change_tasks_and_replaying_to_run_them(
    trying: Api,
) -> None:
    task = await a_triggered_task(trying)
    statuses = {}
    for scope in ("tasks:read", "tasks:write", "tasks:run"):
        headers = bearer(await trying.token(scope))
        test = await trying.http.post(
            f"{TASKS}/{task}/trigger/test", json={"last": 1}, headers=headers
        )
        again = await trying.http.post(
            f"{TASKS}/{task}/trigger/replay", json=the_last_hour(), headers=headers
        )
        statuses[scope] = (test.status_code, again.status_code)

    assert statuses == {
        "tasks:read": (403, 403),
        "tasks:write": (200, 403),
        "tasks:run": (403, 202),
    }


def the_last_hour() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": format_instant(now - timedelta(hours=1)),
        "to": format_instant(now + timedelta(hours=1)),
    }


async def replayed(api: Api, task: str) -> dict[str, Any]:
    answer = await api.http.post(f"{TASKS}/{task}/trigger/replay", json=the_last_hour())
    assert answer.status_code == 202, answer.text
    Replayed.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def asked(api: Api) -> list[RunRequest]:
    rows = await api.pool.fetch("SELECT payload FROM api.outbox ORDER BY id")
    return [each for row in rows for each in RunsRequested.decode(row["payload"]).requests]


async def test_stored_events_that_match_are_asked_for_with_their_parameters(
    trying: Api, bus: Client
) -> None:
    mapping = {"greeting": "{{ event.data.error_rate }} %"}
    task = await a_triggered_task(
        trying, trigger_config={**CONDITION, "map": mapping}, action_config={"times": 2}
    )
    for number, rate in enumerate((50, 5, 20)):
        await store(bus, number, rate)

    answer = await replayed(trying, task)

    requests = await asked(trying)
    assert (answer["events"], answer["matches"], answer["already_fired"]) == (3, 2, 0)
    assert answer["run_ids"] == [str(each.run_id) for each in requests]
    assert [each.run_id for each in requests] == [
        run_id_for(task, "event", f"monitor|{number}") for number in (0, 2)
    ]
    assert [each.params for each in requests] == [
        {"times": 2, "greeting": "50 %"},
        {"times": 2, "greeting": "20 %"},
    ]
    assert {each.trigger for each in requests} == {"event"}
    assert requests[0].origin is not None
    assert requests[0].origin.event is not None
    assert requests[0].origin.event["id"] == "0"


async def test_an_event_that_has_fired_is_not_fired_again(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    for number in range(3):
        await store(bus, number, 50)
    await trying.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled)"
        " VALUES ($1::uuid, $2, 'event', now(), $1::text, now(), 'fired', 1, 'default', 3, true)",
        str(run_id_for(task, "event", "monitor|1")),
        task,
    )

    answer = await replayed(trying, task)

    assert (answer["matches"], answer["already_fired"]) == (3, 1)
    assert [UUID(each) for each in answer["run_ids"]] == [
        run_id_for(task, "event", f"monitor|{number}") for number in (0, 2)
    ]


async def test_only_the_range_is_replayed(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    await store(bus, 1, 50)
    first = await bus.jetstream().get_msg(topology.EVENTS.name, 1)
    assert first.time is not None
    await store(bus, 2, 50)
    second = await bus.jetstream().get_msg(topology.EVENTS.name, 2)
    assert second.time is not None
    body = {"from": format_instant(first.time), "to": format_instant(second.time)}

    answer = await trying.http.post(f"{TASKS}/{task}/trigger/replay", json=body)

    assert answer.json()["events"] == 1
    assert answer.json()["run_ids"] == [str(run_id_for(task, "event", "monitor|1"))]


RANGES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "/from", "field.required"),
    ({"from": "2026-01-02T00:00:00Z"}, "/to", "field.required"),
    ({"from": 5, "to": "2026-01-02T00:00:00Z"}, "/from", "field.string"),
    ({"from": "now", "to": "2026-01-02T00:00:00Z"}, "/from", "datetime.invalid"),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00"}, "/to", "datetime."),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "/to", "replay.range"),
    ({"earliest": "2026-01-02T00:00:00Z"}, "/earliest", "field.unknown"),
]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    RANGES,
    ids=[f"{number}-{each[2]}" for number, each in enumerate(RANGES)],
)
async def test_a_senseless_range_is_refused_by_the_name_of_its_field(
    shared_api: Api, body: dict[str, Any], pointer: str, code: str
) -> None:
    created = await shared_api.create(task_type="triggered", trigger_config=CONDITION)

    answer = await shared_api.http.post(f"{TASKS}/{created['id']}/trigger/replay", json=body)

    assert answer.status_code == 422
    found = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert any(where == pointer and what.startswith(code) for where, what in found), found


async def test_silence_cannot_be_replayed(trying: Api) -> None:
    task = await a_triggered_task(
        trying, trigger_config={**CONDITION, "posture": "proactive", "within_seconds": 60}
    )

    answer = await trying.http.post(f"{TASKS}/{task}/trigger/replay", json=the_last_hour())

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "trigger.proactive_replay"
