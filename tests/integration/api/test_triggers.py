"""Triggers are tried on stored events, or a given one, without starting anything."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from nats.aio.client import Client

from tests.integration.api.client import TASKS, Api, bearer
from tests.integration.api.trigger_desk import (
    CONDITION,
    FIRINGS,
    a_triggered_task,
    store,
    the_last_hour,
    tried,
)
from tests.support.cases import cases


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


async def test_a_trigger_would_have_fired_as_often_as_its_machines_let_it(
    trying: Api, bus: Client
) -> None:
    task = await a_triggered_task(trying)
    for number, rate in enumerate((50, 50, 5, 50, 20, 30, 40, 60)):
        await store(bus, number, rate)
    for case in cases(FIRINGS.values()):
        with case as (config, times):
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
    monkeypatch.setattr("services.api.events.rehearsal._SECONDS", -1)

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


async def test_a_senseless_try_is_refused_by_the_name_of_its_field(shared_api: Api) -> None:
    for case in cases(BAD):
        with case as (body, pointer, code):
            created = await shared_api.create(task_type="triggered", trigger_config=CONDITION)

            answer = await shared_api.http.post(f"{TASKS}/{created['id']}/trigger/test", json=body)

            assert answer.status_code == 422
            assert (pointer, code) in [
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            ]


async def test_there_is_no_trigger_of_a_task_that_is_not_there(shared_api: Api) -> None:
    for case in cases(["test", "replay"]):
        with case as path:
            bodies: dict[str, dict[str, Any]] = {
                "test": {"last": 1},
                "replay": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
            }

            answer = await shared_api.http.post(
                f"{TASKS}/{uuid4()}/trigger/{path}", json=bodies[path]
            )

            assert (answer.status_code, answer.json()["code"]) == (404, "task.not_found")


async def test_a_replay_is_told_by_a_dry_run_and_not_made(trying: Api) -> None:
    task = await a_triggered_task(trying)
    path = f"{TASKS}/{task}/trigger/replay"
    before = await trying.count("api.outbox")

    told = await trying.http.post(path, json=the_last_hour(), params={"dry_run": "true"})
    untouched = await trying.count("api.outbox") == before
    real = await trying.http.post(path, json=the_last_hour())

    assert untouched
    assert (told.json()["status"], told.json()["answer"]["events"]) == (
        real.status_code,
        real.json()["events"],
    )


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
