"""Actions are listed in the caller's language, and what may be filled into a task with samples."""

from __future__ import annotations

from typing import Any

import pytest_asyncio
from nats.aio.client import Client

from services.api.documented.actions import Action, TemplateVariables
from services.api.events.stream import BusEvents
from services.executor.actions.http.request import HttpRequest
from tests.integration.api.client import BASE, Api, bearer, running_api
from tests.integration.api.trigger_desk import store

VARIABLES = f"{BASE}/template-variables"


@pytest_asyncio.fixture(loop_scope="session")
async def listing(database: str, bus: Client) -> Any:  # noqa: ANN401 - a fixture
    """Serve the API with one action of ours, and a way to the stored events."""
    catalog = {"http_request": HttpRequest()}
    async with running_api(database, events=BusEvents(bus), catalog=catalog) as api:
        yield api


async def shown(api: Api, language: str) -> dict[str, Any]:
    answer = await api.http.get(f"{BASE}/automation-actions", headers={"Accept-Language": language})
    assert answer.headers["content-language"] == language
    (action,) = answer.json()
    Action.model_validate(action)
    found: dict[str, Any] = action
    return found


async def test_the_form_of_an_action_is_in_the_callers_language(listing: Api) -> None:
    chinese, english = [await shown(listing, each) for each in ("zh-TW", "en")]

    assert chinese["parameters"]["properties"]["url"]["title"] == "網址"
    assert english["parameters"]["properties"]["url"]["title"] == "URL"
    kind = chinese["parameters"]["$defs"]["Auth"]["properties"]["type"]
    assert kind["x-choices"]["basic"] == "帳號與密碼（basic）"
    assert (chinese["category"], chinese["has_dry_run"]) == ("web", True)
    assert chinese["parameters"]["properties"]["headers"]["x-widget"] == "key-value"


async def places(api: Api, **params: str) -> dict[str, dict[str, Any]]:
    answer = await api.http.get(VARIABLES, params=params)
    TemplateVariables.model_validate(answer.json())
    return {
        each["place"]: {one["insert"]: one["sample"] for one in each["variables"]}
        for each in answer.json()["places"]
    }


async def test_variables_are_told_with_what_the_newest_event_has(listing: Api, bus: Client) -> None:
    await store(bus, 1, 12)

    found = await places(listing, subject="event.monitor.>", task_action="http_request")
    elsewhere = await places(listing, subject="event.shop.>")

    assert found["map"]["{{ event.data.error_rate }}"] == 12
    assert found["map"]["{{ event.source }}"] == "monitor"
    assert found["condition"]["error_rate"] == 12
    assert found["path"]["data.error_rate"] == 12
    assert found["key"]["{{ params.method }}"] == "GET"
    assert "AUTOMATION_RUN_ID" in found["environment"]
    assert "{{ event.data.error_rate }}" not in elsewhere["map"]
    assert elsewhere["key"] == {}


async def test_without_the_bus_variables_are_told_without_samples(api: Api) -> None:
    found = await places(api)

    assert found["map"]["{{ event.source }}"] is None


async def test_variables_take_the_right_to_read_tasks(listing: Api) -> None:
    for scope, status in (("tasks:read", 200), ("events:write", 403)):
        headers = bearer(await listing.token(scope))

        assert (await listing.http.get(VARIABLES, headers=headers)).status_code == status
