"""A trigger is tried before any task has it: part by part, over hours, with the fields seen."""

from __future__ import annotations

from typing import Any

from nats.aio.client import Client

from services.api.documented.events import TriggerTried
from tests.integration.api.client import BASE, Api, bearer
from tests.integration.api.trigger_desk import CONDITION, FIRINGS, a_triggered_task, store
from tests.support.cases import cases

TRY = f"{BASE}/triggers/test"
SAMPLE = {"source": "monitor", "type": "metrics.sample", "data": {"error_rate": 12, "host": "a"}}


async def tried(api: Api, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the question
    answer = await api.http.post(TRY, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    TriggerTried.model_validate(found)
    return found


async def test_each_part_of_a_condition_is_told_with_the_value_that_it_saw(trying: Api) -> None:
    condition = "(error_rate > 10 && host == 'b') || event.source == 'monitor'"

    answer = await tried(trying, trigger_config={"condition": condition}, event=SAMPLE)

    (event,) = answer["events"]
    clause = event["clauses"][-1]
    assert event["matches"]
    assert [(each["group"], each["matches"], each["seen"]) for each in clause["parts"]] == [
        (0, True, {"error_rate": 12}),
        (0, False, {"host": "a"}),
        (1, True, {"event.source": "monitor"}),
    ]


async def test_a_part_that_has_no_answer_says_why(trying: Api) -> None:
    condition = "error_rate > 10 && level == 'high'"

    answer = await tried(trying, trigger_config={"condition": condition}, event=SAMPLE)

    parts = answer["events"][0]["clauses"][-1]["parts"]
    assert [(each["code"], each["detail"]) for each in parts] == [
        (None, None),
        ("condition.missing", "level"),
    ]


async def test_a_condition_of_one_part_has_no_parts(trying: Api) -> None:
    answer = await tried(trying, trigger_config=CONDITION, event=SAMPLE)

    assert answer["events"][0]["clauses"][-1]["parts"] == []


async def test_it_is_told_how_often_and_when_it_would_have_fired(trying: Api, bus: Client) -> None:
    for number, rate in enumerate((50, 50, 5, 50, 20, 30, 40, 60)):
        await store(bus, number, rate)
    for case in cases(FIRINGS.values()):
        with case as (config, times):
            answer = await tried(trying, trigger_config={**CONDITION, **config}, last=3, hours=2)

            window = answer["window"]
            assert (window["hours"], window["events"], window["matches"]) == (2, 8, 7)
            assert (window["would_have_fired"], len(window["fired_at"])) == (times, times)
            assert window["fired_at"] == sorted(window["fired_at"], reverse=True)
            assert len(answer["events"]) == 3
            assert await trying.count("api.outbox") == 0


async def test_the_fields_of_the_events_that_it_hears_are_told(trying: Api, bus: Client) -> None:
    await store(bus, 1, 50)

    stored = await tried(trying, trigger_config=CONDITION, last=1)
    given = await tried(trying, trigger_config={"subject": "event.else.>"}, event=SAMPLE)

    assert [each["expression"] for each in stored["fields"]] == ["error_rate"]
    assert [each["expression"] for each in given["fields"]] == ["error_rate", "host"]


async def test_events_that_its_own_task_caused_do_not_match(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    await store(bus, 1, 50, automationcauses=task)

    its_own = await tried(trying, trigger_config=CONDITION, last=1, task_id=task)
    of_nobody = await tried(trying, trigger_config=CONDITION, last=1)

    assert [each["events"][0]["matches"] for each in (its_own, of_nobody)] == [False, True]


async def test_without_the_bus_a_given_event_is_tried_all_the_same(api: Api) -> None:
    answer = await tried(api, trigger_config={"type": "metrics.*"}, event=SAMPLE)

    assert answer["events"][0]["matches"]
    assert answer["window"] is None


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"last": 1}, "/trigger_config", "field.required"),
    ({"trigger_config": {}, "last": 1}, "/trigger_config", "trigger.no_trigger"),
    ({"trigger_config": {"type": "a"}}, "", "trigger.one_of"),
    ({"trigger_config": {"condition": "a >"}, "last": 1}, "/trigger_config/condition", "condition"),
    ({"trigger_config": {"type": "a"}, "last": 201}, "/last", "field.at_most"),
    ({"trigger_config": {"type": "a"}, "last": 1, "hours": 0}, "/hours", "field.at_least"),
    ({"trigger_config": {"type": "a"}, "last": 1, "task_id": "x"}, "/task_id", "field"),
    ({"trigger_config": {"type": "a"}, "event": {"source": "a"}}, "/event/type", "field.required"),
]


async def test_a_senseless_try_is_refused_by_the_name_of_its_field(shared_api: Api) -> None:
    for case in cases(BAD):
        with case as (body, pointer, code):
            answer = await shared_api.http.post(TRY, json=body)

            assert answer.status_code == 422
            (first,) = answer.json()["errors"]
            assert (first["pointer"], first["code"].startswith(code)) == (pointer, True)


async def test_trying_needs_the_right_to_change_tasks(trying: Api) -> None:
    body = {"trigger_config": {"type": "a"}, "event": SAMPLE}
    for scope, status in (("tasks:write", 200), ("tasks:read", 403)):
        headers = bearer(await trying.token(scope))

        assert (await trying.http.post(TRY, json=body, headers=headers)).status_code == status
