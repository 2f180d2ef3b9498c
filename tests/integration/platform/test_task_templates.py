"""Each shipped template makes a task that the API accepts, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from services.api.templates.filling import BLANK, LANGUAGES, is_pair
from services.api.templates.gallery import Template, gallery
from services.api.templates.parameters import problems_with
from shared.runtime.action_catalog import action_catalog
from tests.integration.api.client import BASE, TASKS, Api, bearer
from tests.integration.platform.secret_desk import put, running_desk

TEMPLATES = f"{BASE}/task-templates"
ZH = {"Accept-Language": "zh-TW"}
HEALTH = f"{TEMPLATES}/url-health-check/tasks"
URL = "https://example.com/healthz"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(module_database: str) -> AsyncIterator[Api]:
    """Serve an API with the actions that ship, and what the examples speak of."""
    async with running_desk(module_database, catalog=action_catalog()) as api:
        yield api


def texts(value: object) -> Iterator[str]:
    """Yield each text in *value* that people read in one language only."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and not is_pair(value):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


async def example(api: Api, template: Template) -> dict[str, Any]:
    """Return the example of *template*, with what it names being there."""
    parameters = dict(template.example)
    for name, below in template.parameters["properties"].items():
        if below.get("x-secret") and name in parameters:
            await put(api, parameters[name])
        if below.get("format") == "uuid" and name in parameters:
            parameters[name] = (await api.create(task_action="noop"))["id"]
    return parameters


async def test_each_template_makes_a_task_of_its_example(api: Api) -> None:
    assert len(gallery()) >= 14
    for name, template in gallery().items():
        parameters = await example(api, template)
        path = f"{TEMPLATES}/{name}/tasks"

        plan = await api.http.post(path, json={"parameters": parameters}, params={"dry_run": "1"})
        made = await api.http.post(path, json={"parameters": parameters})
        again = await api.http.post(path, json={"parameters": parameters}, headers=ZH)

        assert (plan.status_code, made.status_code, again.status_code) == (200, 201, 201), (
            name,
            made.text,
        )
        task = made.json()
        assert plan.json()["task"]["name"] == task["name"]
        assert task["task_action"] == template.task["task_action"]
        assert made.headers["Location"].endswith(task["id"])
        for each in (task, again.json()):
            assert not BLANK.search(str(each["action_config"])), name
            assert "{{" not in each["name"], name
        if is_pair(template.task["name"]):
            assert again.json()["name"] != task["name"], name


def test_each_example_fits_and_each_blank_is_a_parameter_and_the_other_way_round() -> None:
    for name, template in gallery().items():
        used = set(BLANK.findall(str(template.task)))

        assert list(problems_with(template.parameters, template.example)) == [], name
        assert used == template.parameters["properties"].keys(), name
        assert template.parameters["additionalProperties"] is False, name
        for below in template.parameters["properties"].values():
            assert "default" not in below or not list(problems_with(below, below["default"])), name


def test_whatever_people_read_is_there_in_both_languages() -> None:
    for name, template in gallery().items():
        for pair in (template.title, template.description):
            assert pair.keys() == LANGUAGES
            assert pair["zh-TW"] != pair["en"], name
            assert any("\u4e00" <= mark <= "\u9fff" for mark in pair["zh-TW"]), name
        for field, below in template.parameters["properties"].items():
            assert is_pair(below["title"]), (name, field)
        spoken = [template.task["name"], template.task.get("description", "")]
        assert not [each for each in texts(spoken) if BLANK.sub("", each).strip()], name


async def test_templates_are_shown_in_the_language_of_the_caller(api: Api) -> None:
    english = (await api.http.get(TEMPLATES)).json()
    chinese = (await api.http.get(TEMPLATES, headers=ZH)).json()
    one = await api.http.get(f"{TEMPLATES}/url-health-check", headers=ZH)

    assert [each["id"] for each in english["items"]] == sorted(gallery())
    assert one.json() in chinese["items"]
    assert one.headers["Content-Language"] == "zh-TW"
    assert one.json()["parameters"]["properties"]["url"]["title"] == "網址"
    assert not [each for each in english["items"] if "zh-TW" in str(each)]
    assert (await api.http.get(f"{TEMPLATES}/gone")).json()["code"] == "template.not_found"


async def test_the_list_is_filtered_and_paged(api: Api) -> None:
    async def ids(**params: str) -> list[str]:
        found = await api.http.get(TEMPLATES, params=params)
        return [each["id"] for each in found.json()["items"]]

    first = (await api.http.get(TEMPLATES, params={"limit": "5"})).json()
    rest = await ids(cursor=first["next"])

    assert [each["id"] for each in first["items"]] + rest == sorted(gallery())
    assert await ids(category="backups") == ["backup-nightly", "backup-then-notify"]
    assert await ids(task_action="shell") == ["shell-cleanup"]
    odd = await api.http.get(TEMPLATES, params={"category": "x"})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (400, "/query/category")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "/parameters/url", "field.required"),
    ({"parameters": {"url": 5}}, "/parameters/url", "field.string"),
    ({"parameters": {"url": None}}, "/parameters/url", "field.null"),
    ({"parameters": {"url": "x"}}, "/parameters/url", "field.too_short"),
    ({"parameters": {"url": URL, "x/y": 1}}, "/parameters/x~1y", "field.unknown"),
    ({"parameters": {"url": URL, "status": True}}, "/parameters/status", "field.integer"),
    ({"parameters": {"url": URL, "status": 99}}, "/parameters/status", "field.at_least"),
    ({"parameters": {"url": "ftp://example.com"}}, "/parameters/url", "url.scheme"),
    ({"parameters": {"url": URL}, "overrides": {"name": ""}}, "/overrides/name", "text.empty"),
    (
        {"parameters": {"url": URL}, "overrides": {"action_config": {"method": "X"}}},
        "/overrides/action_config/method",
        "field.choice",
    ),
    ({"parameters": {"url": URL}, "overrides": {"x": 1}}, "/overrides/x", "field.unknown"),
    ({"parameters": [], "colour": "red"}, "/parameters", "field.object"),
]


async def test_what_is_wrong_is_told_of_what_the_caller_sent(api: Api) -> None:
    for document, pointer, code in WRONG:
        answer = await api.http.post(HEALTH, json=document)

        assert answer.status_code == 422, (document, answer.text)
        found = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
        assert (pointer, code) in found, document


async def test_a_secret_that_is_not_there_is_told_of_its_parameter(api: Api) -> None:
    parameters = {"subject": "event.a.b", "url": URL, "token_secret": "not-there"}

    answer = await api.http.post(
        f"{TEMPLATES}/webhook-on-event/tasks", json={"parameters": parameters}
    )

    (wrong,) = answer.json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/parameters/token_secret", "secret.unknown")


async def test_what_was_not_given_is_left_out_and_overrides_come_on_top(api: Api) -> None:
    document = {
        "parameters": {"subject": "event.a.b", "url": URL},
        "overrides": {
            "name": "mine",
            "retry": None,
            "enabled": False,
            "action_config": {"method": "PUT"},
        },
    }

    task = (await api.http.post(f"{TEMPLATES}/webhook-on-event/tasks", json=document)).json()

    assert task["action_config"] == {"url": URL, "method": "PUT"}
    assert task["trigger_config"] == {"subject": "event.a.b", "map": {"json": "{{ event }}"}}
    assert (task["name"], task["retry"], task["enabled"]) == ("mine", None, False)


async def test_what_a_parameter_holds_is_no_template(api: Api) -> None:
    parameters = {"at": "2060-01-01T00:00:00Z", "message": "{{ recipients }} {{ at }}"}

    made = await api.http.post(f"{TEMPLATES}/reminder-once/tasks", json={"parameters": parameters})

    assert made.json()["name"] == made.json()["action_config"]["message"] == parameters["message"]


async def test_the_account_of_the_alert_is_mapped_by_its_label(api: Api) -> None:
    parameters = {"rule": "offline", "label": "who"}
    path = f"{TEMPLATES}/accounts-stop-on-alert/tasks"

    task = (await api.http.post(path, json={"parameters": parameters})).json()

    assert task["trigger_config"]["map"] == {"account_ids": ["{{ event.data.labels.who }}"]}
    assert task["trigger_config"]["rate_limit"]["key"] == "data.labels.who"
    injected = {"rule": 'x" || true || "', "label": "who"}
    refused = await api.http.post(path, json={"parameters": injected})
    assert refused.json()["errors"][0]["pointer"] == "/parameters/rule"


async def test_the_same_request_makes_one_task_and_a_dry_run_none(api: Api) -> None:
    once = {"Idempotency-Key": "once"}
    document = {"parameters": {"url": URL}}
    before = await api.count("api.tasks")

    await api.http.post(HEALTH, json=document, params={"dry_run": "true"}, headers=once)
    first, again = [await api.http.post(HEALTH, json=document, headers=once) for _ in range(2)]

    assert first.json()["id"] == again.json()["id"]
    assert await api.count("api.tasks") == before + 1
    noted = await api.pool.fetchval(
        "SELECT after ->> 'template' FROM api.audit WHERE subject_id = $1", first.json()["id"]
    )
    assert noted == "url-health-check"


@pytest.mark.parametrize(("scope", "status"), [("tasks:write", 201), ("tasks:read", 403)])
async def test_who_may_write_tasks_may_make_them_of_templates(
    api: Api, scope: str, status: int
) -> None:
    token = bearer(await api.token(scope))

    made = await api.http.post(HEALTH, json={"parameters": {"url": URL}}, headers=token)

    assert made.status_code == status
    assert TASKS not in made.headers.get("Location", "") or status == 201
