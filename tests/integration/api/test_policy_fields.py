"""How a task is to be run, over HTTP: every field, its defaults, partial changes, bad input."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from services.api.documented import tasks as documented
from shared.contracts.policy import TaskPolicy
from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import BASE, TASKS, Api, a_task
from tests.support.cases import cases

DEFAULTS: dict[str, Any] = {
    "overlap": None,
    "retry": None,
    "start_deadline_seconds": None,
    "queue": "default",
    "priority": 3,
    "concurrency": None,
    "rate_limit": None,
    "unique": None,
    "locks": [],
    "depends_on": None,
    "blackout": None,
    "selector": None,
    "notify": [],
}
RETRY = {
    "max_attempts": 5,
    "initial_interval_seconds": 0.5,
    "backoff": 3.0,
    "max_interval_seconds": 60.0,
    "jitter": 0.2,
    "non_retryable": ["ValidationError"],
    "retry_on": ["TimeoutError", "not finished within"],
}
GIVEN: dict[str, Any] = {
    "overlap": "buffer_one",
    "retry": RETRY,
    "start_deadline_seconds": 300,
    "queue": "reports",
    "priority": 1,
    "concurrency": {"limit": 2, "key": "{{ params.greeting }}", "strategy": "round_robin"},
    "rate_limit": {"limit": 10, "period_seconds": 60},
    "unique": {
        "period_seconds": 60,
        "fields": ["params"],
        "states": "all",
        "on_conflict": "reject",
    },
    "locks": [{"key": "account:{{ params.greeting }}", "on_conflict": "supersede"}],
    "selector": {"labels": {"region": "eu"}},
    "notify": [
        {"on": ["failure"], "channels": ["a@example.com"], "after_failures": 3, "exact": True}
    ],
}
#: What an object says that leaves everything out.
FILLED: dict[str, tuple[Any, Any]] = {
    "retry": (
        {},
        {
            "max_attempts": 3,
            "initial_interval_seconds": 1.0,
            "backoff": 2.0,
            "max_interval_seconds": 100.0,
            "jitter": 0.1,
            "non_retryable": [],
            "retry_on": [],
        },
    ),
    "concurrency": ({"limit": 1}, {"limit": 1, "key": None, "strategy": "queue"}),
    "unique": (
        {},
        {
            "period_seconds": None,
            "fields": ["task", "params"],
            "states": "incomplete",
            "on_conflict": "return_existing",
        },
    ),
    "locks": (["a", {"key": "b"}], [{"key": k, "on_conflict": "wait"} for k in ("a", "b")]),
    "notify": (
        [{"on": ["dead"]}],
        [{"on": ["dead"], "channels": [], "after_failures": 1, "exact": False}],
    ),
}

SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({"overlap": "sometimes"}, "/overlap", "field.choice"),
    ({"overlap": True}, "/overlap", "field.choice"),
    ({"retry": []}, "/retry", "field.object"),
    ({"retry": {"max_attempts": 0}}, "/retry/max_attempts", "field.at_least"),
    ({"retry": {"max_attempts": 101}}, "/retry/max_attempts", "field.at_most"),
    ({"retry": {"max_attempts": True}}, "/retry/max_attempts", "field.integer"),
    ({"retry": {"max_attempts": "3"}}, "/retry/max_attempts", "field.integer"),
    ({"retry": {"max_attempts": None}}, "/retry/max_attempts", "field.null"),
    ({"retry": {"backoff": True}}, "/retry/backoff", "field.number"),
    ({"retry": {"backoff": 0.5}}, "/retry/backoff", "field.at_least"),
    ({"retry": {"jitter": 1.5}}, "/retry/jitter", "field.at_most"),
    ({"retry": {"attempts": 3}}, "/retry/attempts", "field.unknown"),
    (
        {"retry": {"initial_interval_seconds": 60, "max_interval_seconds": 5}},
        "/retry/max_interval_seconds",
        "retry.intervals",
    ),
    ({"retry": {"non_retryable": [""]}}, "/retry/non_retryable/0", "text.empty"),
    ({"retry": {"retry_on": [""]}}, "/retry/retry_on/0", "text.empty"),
    ({"start_deadline_seconds": 0}, "/start_deadline_seconds", "field.at_least"),
    ({"queue": "Reports"}, "/queue", "field.pattern"),
    ({"queue": "reports\n"}, "/queue", "field.pattern"),
    ({"queue": "a" * 64}, "/queue", "field.pattern"),
    ({"priority": 0}, "/priority", "field.at_least"),
    ({"priority": 6}, "/priority", "field.at_most"),
    ({"priority": False}, "/priority", "field.integer"),
    ({"priority": 2.0}, "/priority", "field.integer"),
    ({"concurrency": {}}, "/concurrency/limit", "field.required"),
    ({"concurrency": {"limit": 0}}, "/concurrency/limit", "field.at_least"),
    ({"concurrency": {"limit": 1, "key": "{{ event.x }}"}}, "/concurrency/key", "key.syntax"),
    ({"concurrency": {"limit": 1, "strategy": "x"}}, "/concurrency/strategy", "field.choice"),
    ({"rate_limit": {"limit": 1}}, "/rate_limit/period_seconds", "field.required"),
    ({"unique": {"fields": []}}, "/unique/fields", "field.too_few"),
    ({"unique": {"fields": ["task", "task"]}}, "/unique/fields/1", "field.repeated"),
    ({"unique": {"period_seconds": 0}}, "/unique/period_seconds", "field.at_least"),
    ({"locks": "account"}, "/locks", "field.array"),
    ({"locks": [5]}, "/locks/0", "field.object"),
    ({"locks": [""]}, "/locks/0", "key.empty"),
    ({"locks": ["a" * 201]}, "/locks/0", "key.too_long"),
    ({"locks": ["{{ params.a"]}, "/locks/0", "key.syntax"),
    ({"locks": [{"key": "a\nb"}]}, "/locks/0/key", "text.control"),
    ({"locks": ["a", "a"]}, "/locks/1", "field.repeated"),
    ({"locks": [{"key": "a", "on_conflict": "steal"}]}, "/locks/0/on_conflict", "field.choice"),
    ({"depends_on": {"tasks": []}}, "/depends_on/tasks", "field.too_few"),
    ({"depends_on": {"tasks": ["x"]}}, "/depends_on/tasks/0", "deps.unknown"),
    (
        {"depends_on": {"tasks": [str(uuid4())], "rule": "most_success"}},
        "/depends_on/rule",
        "field.choice",
    ),
    ({"blackout": {"calendars": []}}, "/blackout/calendars", "field.too_few"),
    ({"blackout": {"calendars": ["nowhere"]}}, "/blackout/calendars/0", "calendar.unknown"),
    (
        {"blackout": {"calendars": ["nowhere"], "on_blackout": "x"}},
        "/blackout/on_blackout",
        "field.choice",
    ),
    ({"selector": {"labels": {}}}, "/selector/labels", "field.too_few"),
    ({"selector": {"labels": {"a": 1}}}, "/selector/labels/a", "field.string"),
    ({"selector": {"labels": {"1a": "x"}}}, "/selector/labels/1a", "field.pattern"),
    ({"selector": {"tags": ["x"]}}, "/selector/tags", "field.unknown"),
    ({"notify": [{"on": []}]}, "/notify/0/on", "field.too_few"),
    ({"notify": [{"on": ["never"]}]}, "/notify/0/on/0", "field.choice"),
    ({"notify": [{"on": ["dead", "dead"]}]}, "/notify/0/on/1", "field.repeated"),
    ({"notify": [{"on": ["dead"], "exact": 1}]}, "/notify/0/exact", "field.boolean"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def nothing_changes(shared_api: Api) -> AsyncIterator[None]:
    """Hold the tables against what they were before the test."""
    tables = ("api.tasks", "api.outbox")
    before = [await shared_api.count(table) for table in tables]
    yield
    assert [await shared_api.count(table) for table in tables] == before


@pytest.mark.usefixtures("nothing_changes")
async def test_a_senseless_field_is_refused_by_name(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (fields, pointer, code):
            answer = await shared_api.http.post(TASKS, json=a_task(**fields))

            assert answer.status_code == 422, answer.text
            assert (pointer, code) in [
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            ]
            assert "…" not in answer.json()["detail"]


@pytest.mark.usefixtures("nothing_changes")
async def test_all_problems_are_told_at_once(shared_api: Api) -> None:
    answer = await shared_api.http.post(
        TASKS, json=a_task(task_action="nope", priority=9, locks=["", "{{"], retry={"x": 1})
    )

    assert {each["pointer"] for each in answer.json()["errors"]} == {
        "/task_action",
        "/priority",
        "/locks/0",
        "/locks/1",
        "/retry/x",
    }


async def test_a_task_that_says_nothing_shows_the_defaults(shared_api: Api) -> None:
    task = await shared_api.create()

    documented.Task.model_validate(task)
    assert {name: task[name] for name in DEFAULTS} == DEFAULTS


async def test_every_field_is_stored_shown_and_announced(shared_api: Api) -> None:
    task = await shared_api.create(**GIVEN)

    again = (await shared_api.http.get(f"{TASKS}/{task['id']}")).json()
    said = await shared_api.pool.fetchval(
        "SELECT payload FROM api.outbox WHERE key = $1", task["id"]
    )
    told = TaskChanged.decode(said).task
    assert {name: again[name] for name in GIVEN} == GIVEN
    assert told is not None
    assert told.policy == TaskPolicy.model_validate(GIVEN)


async def test_what_an_object_leaves_out_is_filled(shared_api: Api) -> None:
    for case in cases(FILLED):
        with case as name:
            sent, shown = FILLED[name]

            task = await shared_api.create(**{name: sent})

            assert task[name] == shown


async def test_a_long_first_interval_lengthens_the_longest(shared_api: Api) -> None:
    task = await shared_api.create(retry={"initial_interval_seconds": 600})

    assert task["retry"]["max_interval_seconds"] == 600


async def test_a_put_changes_one_field_and_null_takes_it_back(shared_api: Api) -> None:
    for case in cases(GIVEN):
        with case as name:
            task = await shared_api.create(**GIVEN)
            path = f"{TASKS}/{task['id']}"

            untouched = (await shared_api.http.put(path, json={"description": "x"})).json()
            taken_back = (await shared_api.http.put(path, json={name: None})).json()
            given_again = (await shared_api.http.put(path, json={name: GIVEN[name]})).json()

            assert {each: untouched[each] for each in GIVEN} == GIVEN
            assert {each: taken_back[each] for each in GIVEN} == {**GIVEN, name: DEFAULTS[name]}
            assert {each: given_again[each] for each in GIVEN} == GIVEN


async def test_a_form_sent_back_unchanged_changes_nothing(shared_api: Api) -> None:
    task = await shared_api.create(**GIVEN)
    answer = await shared_api.http.put(
        f"{TASKS}/{task['id']}", json={name: task[name] for name in DEFAULTS}
    )

    assert answer.status_code == 200
    assert answer.json()["version"] == task["version"]


async def test_a_task_keeps_clear_of_calendars_that_exist(shared_api: Api) -> None:
    await shared_api.http.put(f"{BASE}/calendars/feasts", json={"holidays": ["2026-10-10"]})

    task = await shared_api.create(blackout={"calendars": ["feasts"]})

    assert task["blackout"] == {"calendars": ["feasts"], "on_blackout": "skip"}
