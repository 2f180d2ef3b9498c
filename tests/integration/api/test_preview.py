"""What a person sees before they save a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.documented import tasks as documented
from tests.integration.api.client import BASE, Api

PREVIEW = f"{BASE}/schedules/preview"


async def preview(api: Api, language: str = "en", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a request
    answer = await api.http.post(PREVIEW, json=body, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented.Preview.model_validate(shown)
    return shown


async def test_the_next_fires_in_utc_and_local_time(shared_api: Api) -> None:
    shown = await preview(
        shared_api,
        schedule_config={"cron": "0 9 * * *", "timezone": "Asia/Taipei"},
        count=2,
        after="2026-01-01T09:00:00+08:00",
    )

    assert shown["fires"] == [
        {"at": "2026-01-02T01:00:00Z", "local": "2026-01-02T09:00:00+08:00", "note": None},
        {"at": "2026-01-03T01:00:00Z", "local": "2026-01-03T09:00:00+08:00", "note": None},
    ]
    assert shown["description"]["zh-TW"] != shown["description"]["en"]


async def test_ten_from_now_on_unless_asked_otherwise(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"interval_hours": 1})

    assert len(shown["fires"]) == 10
    assert datetime.fromisoformat(shown["fires"][0]["at"]) > datetime.now(UTC)


async def test_a_thousand_and_no_more(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"cron": "* * * * * *"}, count=1000)

    assert len(shown["fires"]) == 1000


async def test_daylight_saving_is_explained_in_the_callers_language(shared_api: Api) -> None:
    asked = {
        "schedule_config": {"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
        "after": "2026-03-28T12:00:00Z",
        "count": 1,
    }

    english = await preview(shared_api, "en", **asked)
    chinese = await preview(shared_api, "zh-TW,en;q=0.5", **asked)

    assert "does not exist" in english["fires"][0]["note"]
    assert "不存在" in chinese["fires"][0]["note"]


async def test_a_schedule_that_is_over_has_no_fires(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"at": "2026-01-01T00:00:00Z"})

    assert shown["fires"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/schedule_config"),
        ({"schedule_config": {"cron": "60 * * * *"}}, "/schedule_config/cron"),
        ({"schedule_config": {}}, "/schedule_config"),
        ({"schedule_config": {"interval_hours": 1}, "count": 0}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "count": 1001}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "count": "5"}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "after": "tomorrow"}, "/after"),
        ({"schedule_config": {"interval_hours": 1}, "after": "2026-01-01T00:00:00"}, "/after"),
        ({"schedule_config": {"interval_hours": 1}, "before": "x"}, "/before"),
    ],
)
async def test_odd_questions_are_refused_by_field(
    shared_api: Api, body: dict[str, Any], pointer: str
) -> None:
    answer = await shared_api.http.post(PREVIEW, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_actions_are_listed_with_their_parameters(shared_api: Api) -> None:
    (greet,) = (await shared_api.http.get(f"{BASE}/automation-actions")).json()

    documented.Action.model_validate(greet)
    assert greet["name"] == "greet"
    assert greet["title"] == {"zh-TW": "打招呼", "en": "Greet"}
    assert greet["parameters"]["properties"]["times"]["type"] == "integer"
    assert greet["parameters"]["additionalProperties"] is False
