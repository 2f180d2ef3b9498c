"""Calendars over HTTP: stored whole, refused by name, not deleted while a task uses them."""

from __future__ import annotations

from typing import Any

from services.api.documented import queues as documented_queues
from tests.integration.api.client import BASE, TASKS, Api
from tests.support.cases import cases

CALENDARS = f"{BASE}/calendars"
SPEC: dict[str, Any] = {
    "timezone": "Asia/Taipei",
    "dates": [{"from": "2026-12-30", "to": "2027-01-02"}],
    "weekly": [{"days": ["fri", "sat"], "from": "22:00", "to": "06:00"}],
    "holidays": ["2026-10-10"],
}

SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "", "calendar.empty"),
    ({"name": "x"}, "/name", "field.unknown"),
    ({"description": 5}, "/description", "field.string"),
    ({**SPEC, "timezone": "Asia/Taipeh"}, "/timezone", "tz.unknown"),
    ({"dates": {}}, "/dates", "field.array"),
    ({"dates": ["2026-01-01"]}, "/dates/0", "field.object"),
    ({"dates": [{"from": "2026-01-02"}]}, "/dates/0/to", "field.required"),
    ({"dates": [{"from": "2026-01-02", "to": "2026-01-01"}]}, "/dates/0/to", "calendar.order"),
    ({"dates": [{"from": "1999-12-31", "to": "2000-01-01"}]}, "/dates/0/from", "date.range"),
    (
        {"dates": [{"from": "2026-01-01", "to": "2026-01-01", "x": 1}]},
        "/dates/0/x",
        "field.unknown",
    ),
    ({"holidays": ["2026-02-30"]}, "/holidays/0", "date.invalid"),
    ({"holidays": [20260101]}, "/holidays/0", "field.string"),
    ({"holidays": ["2026-01-01"] * 1001}, "/holidays", "field.too_many"),
    ({"weekly": [{"from": "22:00", "to": "06:00"}]}, "/weekly/0/days", "field.required"),
    (
        {"weekly": [{"days": [], "from": "22:00", "to": "06:00"}]},
        "/weekly/0/days",
        "field.too_few",
    ),
    (
        {"weekly": [{"days": ["friday"], "from": "22:00", "to": "06:00"}]},
        "/weekly/0/days/0",
        "calendar.weekday",
    ),
    (
        {"weekly": [{"days": ["fri", "fri"], "from": "22:00", "to": "06:00"}]},
        "/weekly/0/days/1",
        "field.repeated",
    ),
    (
        {"weekly": [{"days": ["fri"], "from": "24:00", "to": "06:00"}]},
        "/weekly/0/from",
        "time.invalid",
    ),
    (
        {"weekly": [{"days": ["fri"], "from": "8:00", "to": "24:01"}]},
        "/weekly/0/to",
        "time.invalid",
    ),
    (
        {"weekly": [{"days": ["fri"], "from": "08:00", "to": "08:00"}]},
        "/weekly/0/to",
        "calendar.same_time",
    ),
    (
        {
            "weekly": [
                {
                    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                    "from": "00:00",
                    "to": "24:00",
                }
            ]
        },
        "/weekly",
        "calendar.always",
    ),
]


async def test_a_calendar_is_stored_whole_read_and_listed(api: Api) -> None:
    put = await api.http.put(f"{CALENDARS}/feasts", json={**SPEC, "description": "假日"})
    read = await api.http.get(f"{CALENDARS}/feasts")
    listed = await api.http.get(CALENDARS)

    assert put.status_code == 200, put.text
    documented_queues.Calendar.model_validate(put.json())
    assert {name: put.json()[name] for name in SPEC} == SPEC
    assert put.json()["description"] == "假日"
    assert read.json() == put.json()
    assert listed.json() == [put.json()]


async def test_a_second_put_replaces_the_first(api: Api) -> None:
    await api.http.put(f"{CALENDARS}/feasts", json={**SPEC, "description": "x"})

    again = (await api.http.put(f"{CALENDARS}/feasts", json={"holidays": ["2026-05-01"]})).json()

    assert (again["description"], again["timezone"]) == (None, "UTC")
    assert (again["dates"], again["weekly"], again["holidays"]) == ([], [], ["2026-05-01"])


async def test_a_senseless_calendar_is_refused_by_name(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (spec, pointer, code):
            answer = await shared_api.http.put(f"{CALENDARS}/feasts", json=spec)

            assert answer.status_code == 422, answer.text
            assert (pointer, code) in [
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            ]
            assert "…" not in answer.json()["detail"]
            assert (await shared_api.http.get(CALENDARS)).json() == []


async def test_an_odd_name_is_refused(shared_api: Api) -> None:
    for case in cases(["Feasts", "1st", "a_b", "a" * 64, "%00"]):
        with case as name:
            path = f"{CALENDARS}/{name}"
            answers = [
                await shared_api.http.put(path, json=SPEC),
                await shared_api.http.get(path),
                await shared_api.http.delete(path),
            ]

            assert [each.status_code for each in answers] == [422, 404, 404]


async def test_a_calendar_in_use_stays(api: Api) -> None:
    await api.http.put(f"{CALENDARS}/feasts", json=SPEC)
    task = await api.create(blackout={"calendars": ["feasts"]})

    refused = await api.http.delete(f"{CALENDARS}/feasts")
    await api.http.put(f"{TASKS}/{task['id']}", json={"blackout": None})
    deleted = await api.http.delete(f"{CALENDARS}/feasts")
    gone = await api.http.delete(f"{CALENDARS}/feasts")

    assert (refused.status_code, refused.json()["code"]) == (409, "calendar.in_use")
    assert task["id"] in refused.json()["detail"]
    assert (deleted.status_code, gone.status_code) == (204, 404)


async def test_a_stored_calendar_is_what_the_scheduler_reads(api: Api) -> None:
    await api.http.put(f"{CALENDARS}/feasts", json=SPEC)

    row = await api.pool.fetchrow("SELECT name, spec FROM api.scheduler_calendars")

    assert row is not None
    assert row["name"] == "feasts"
    assert '"Asia/Taipei"' in row["spec"]


async def test_a_calendar_tells_its_next_blackouts_and_which_tasks_keep_clear_of_it(
    api: Api,
) -> None:
    put = await api.http.put(f"{CALENDARS}/feasts", json={"holidays": ["2000-01-01", "2099-10-10"]})
    task = await api.create(
        name="not on feasts",
        task_type="scheduled",
        schedule_config={"interval_hours": 1},
        blackout={"calendars": ["feasts"]},
    )

    (listed,) = (await api.http.get(CALENDARS)).json()
    one = (await api.http.get(f"{CALENDARS}/feasts")).json()

    documented_queues.Calendar.model_validate(listed)
    assert put.json()["times"] == [{"from": "2099-10-10T00:00:00Z", "to": "2099-10-11T00:00:00Z"}]
    assert put.json()["used_by"] == []
    assert listed == one
    assert one["used_by"] == [{"id": task["id"], "name": "not on feasts"}]
