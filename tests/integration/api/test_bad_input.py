"""Tasks that make no sense (security.md 5.3): refused by field, nothing stored, said or logged."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.api.documented import tasks as documented
from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import TASKS, Api, a_task


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_changes(shared_api: Api) -> AsyncIterator[None]:
    """Hold the tables against what they were before the test."""
    tables = ("api.tasks", "api.outbox", "api.idempotency", "api.tokens")
    before = [await shared_api.count(table) for table in tables]
    yield
    assert [await shared_api.count(table) for table in tables] == before


@pytest_asyncio.fixture(loop_scope="session")
async def emptied(shared_api: Api) -> AsyncIterator[Api]:
    """Take away what the test has made."""
    yield shared_api
    await shared_api.pool.execute("DELETE FROM api.tasks")
    await shared_api.pool.execute("DELETE FROM api.outbox")


def scheduled(**config: object) -> dict[str, Any]:
    return a_task(task_type="scheduled", schedule_config=config)


def cron(expression: object) -> dict[str, Any]:
    return scheduled(cron=expression)


def triggered(**config: object) -> dict[str, Any]:
    return a_task(task_type="triggered", trigger_config=config)


HOURLY = {"interval_hours": 1}

SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    # 1-17: cron
    *((cron(each), "/schedule_config/cron", "cron.empty") for each in ("", "   ")),
    *(
        (cron(each), "/schedule_config/cron", "cron.fields")
        for each in ("* * * *", "0 0 0 1 1 * 2030", "*")
    ),
    *(
        (cron(each), "/schedule_config/cron", "cron.range")
        for each in ("60 * * * *", "* 24 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8")
    ),
    *((cron(f"*/{step} * * * *"), "/schedule_config/cron", "cron.step") for step in (0, 100)),
    *(
        (cron(each), "/schedule_config/cron", "cron.never_fires")
        for each in ("0 0 30 2 *", "0 0 31 4,6,9,11 *")
    ),
    *(
        (cron(each), "/schedule_config/cron", "cron.")
        for each in (
            "1,,2 * * * *",
            "1-5-7 * * * *",
            "*/5/2 * * * *",
            "1.5 * * * *",
            "-1 * * * *",
            "0 0 W * *",
            "0 0 ? * *",
            "@reboot",
            "٣ * * * *",
            "＊ * * * *",
            "0 0 * MÄR *",
        )
    ),
    (cron("0 0 * * *\n"), "/schedule_config/cron", "text.control"),
    (cron("0\t0 * * *"), "/schedule_config/cron", "text.control"),
    (cron(5), "/schedule_config/cron", "field.string"),
    (cron("0 " * 5000), "/schedule_config/cron", "cron.too_long"),
    # 20-22: intervals
    *(
        (scheduled(interval_seconds=each), "/schedule_config/interval_seconds", "interval.min")
        for each in (0, -5, 0.0000001)
    ),
    (scheduled(interval_seconds=10**15), "/schedule_config/interval_seconds", "interval.max"),
    *(
        (scheduled(interval_hours=each), "/schedule_config/interval_hours", "interval.syntax")
        for each in ("PT", "P1Y", "1 week", "5m5m", "1")
    ),
    (scheduled(interval_minutes=True), "/schedule_config/interval_minutes", "field.integer"),
    (scheduled(), "/schedule_config", "schedule.no_kind"),
    (scheduled(cron="* * * * *", interval_hours=1), "/schedule_config", "schedule.several_kinds"),
    (scheduled(cron="* * * * *", colour="red"), "/schedule_config/colour", "field.unknown"),
    # 24-27: one time
    *(
        (scheduled(at=each), "/schedule_config/at", code)
        for each, code in (
            ("2026-02-30T00:00:00Z", "datetime.invalid"),
            ("2030-01-01T24:00:00Z", "datetime.invalid"),
            ("2030-01-01T23:59:60Z", "datetime.invalid"),
            ("2030-01-01T00:00:00", "datetime.zone_required"),
            ("0001-01-01T00:00:00+14:00", "datetime.range"),
            ("9999-12-31T23:59:59-12:00", "datetime.range"),
            ("2020-01-01T00:00:00Z", "datetime.range"),
        )
    ),
    # 29-30: zones
    *(
        (scheduled(**HOURLY, timezone=each), "/schedule_config/timezone", "tz.unknown")
        for each in ("localtime", "posixrules", "Factory", "../../etc/passwd", "/etc/localtime")
    ),
    (scheduled(**HOURLY, timezone="A" * 5000), "/schedule_config/timezone", "tz.unknown"),
    # 32: windows
    (
        scheduled(**HOURLY, start_at="2031-01-01T00:00:00Z", end_at="2030-01-01T00:00:00Z"),
        "/schedule_config/end_at",
        "schedule.empty",
    ),
    (
        scheduled(**HOURLY, end_at="2021-01-01T00:00:00Z"),
        "/schedule_config/end_at",
        "schedule.empty",
    ),
    (a_task(task_type="scheduled"), "/schedule_config", "schedule.required"),
    (a_task(task_type="scheduled", schedule_config=[]), "/schedule_config", "field.object"),
    # 34-36: names and texts
    (a_task(name=""), "/name", "text.empty"),
    (a_task(name="   "), "/name", "text.empty"),
    (a_task(name="\u200b\u200d"), "/name", "text.empty"),
    (a_task(name="x" * 201), "/name", "text.too_long"),
    (a_task(name="x" * 10_000), "/name", "text.too_long"),
    (a_task(name="a\u202eb"), "/name", "text.bidi"),
    (a_task(name="a\nb"), "/name", "text.control"),
    (a_task(name="a\u2028b"), "/name", "text.control"),
    (a_task(name="a\x7f"), "/name", "text.control"),
    (a_task(name="a\x00"), "/name", "text.control"),
    (a_task(name=None), "/name", "field.null"),
    (a_task(name=5), "/name", "field.string"),
    (a_task(description="x" * 2001), "/description", "text.too_long"),
    (a_task(description="a\x1bb"), "/description", "text.control"),
    # 44, mass assignment
    *(
        (a_task(**{each: None}), f"/{each}", "field.read_only")
        for each in ("id", "next_run_at", "version", "owner_id", "status", "run_count")
    ),
    (a_task(is_admin=True), "/is_admin", "field.unknown"),
    # types
    (a_task(enabled="true"), "/enabled", "field.boolean"),
    (a_task(enabled=1), "/enabled", "field.boolean"),
    (a_task(notify_on_failure=None), "/notify_on_failure", "field.null"),
    (a_task(task_type="hourly"), "/task_type", "field.choice"),
    (a_task(task_type="triggered"), "/trigger_config", "trigger.required"),
    (a_task(trigger_config={"condition": 5}), "/trigger_config/condition", "field.string"),
    # 61, and the other fields of a trigger
    *(
        (triggered(condition=each), "/trigger_config/condition", code)
        for each, code in (
            (5, "field.string"),
            ("error_rate >", "condition.syntax"),
            ("1 + 1", "condition.not_boolean"),
            ("x > 1 && " * 200 + "true", "condition.too_long"),
            ("(" * 500 + "x" + ")" * 500, "condition.syntax"),
        )
    ),
    (triggered(), "/trigger_config", "trigger.required"),
    (triggered(subject=""), "/trigger_config", "trigger.every_event"),
    (triggered(subject="a..b"), "/trigger_config/subject", "trigger.subject"),
    (triggered(subject=">.a"), "/trigger_config/subject", "trigger.subject"),
    (triggered(type="a b"), "/trigger_config/type", "trigger.type"),
    (triggered(type="a", for_each=["data."]), "/trigger_config/for_each/0", "trigger.path"),
    (triggered(type="a", for_each="data.a"), "/trigger_config/for_each", "trigger.paths"),
    (triggered(type="a", threshold=0), "/trigger_config/threshold", "field.range"),
    (triggered(type="a", threshold=5), "/trigger_config/within_seconds", "trigger."),
    (triggered(type="a", posture="lazy"), "/trigger_config/posture", "field.choice"),
    (
        triggered(type="a", posture="proactive", within_seconds=5),
        "/trigger_config/within_seconds",
        "field.range",
    ),
    (
        triggered(type="a", throttle={"limit": 1}),
        "/trigger_config/throttle/period_seconds",
        "field.",
    ),
    (triggered(type="a", map={"x": "{{ 7*7 }}"}), "/trigger_config/map/x", "trigger.template"),
    (triggered(type="a", nonsense=1), "/trigger_config/nonsense", "field.unknown"),
    ({}, "/name", "field.required"),
    # 46
    (a_task(timeout_seconds=2**53 + 1), "/timeout_seconds", "int.range"),
    (a_task(action_config={"deep": [2**63]}), "/action_config/deep/0", "int.range"),
    (a_task(timeout_seconds=-(2**63) - 1), "/timeout_seconds", "int.range"),
    # 52-54: actions
    *(
        (a_task(task_action=each), "/task_action", "action.unknown")
        for each in ("rm", "__import__", "greet ", "Greet", "")
    ),
    *(
        (a_task(task_action=each), "/task_action", "action.not_installed")
        for each in ("alert_check", "account_start", "account_stop", "script_publish")
    ),
    (a_task(task_action=None), "/task_action", "field.null"),
    (a_task(action_config={"script_id": "s1"}), "/action_config/script_id", "field.unknown"),
    (a_task(action_config={"times": "3"}), "/action_config/times", "field.integer"),
    (a_task(action_config={"times": True}), "/action_config/times", "field.integer"),
    (a_task(action_config=[]), "/action_config", "field.object"),
    # 56
    (a_task(timeout_seconds=0), "/timeout_seconds", "field.at_least"),
    (a_task(timeout_seconds=-1), "/timeout_seconds", "field.at_least"),
    (a_task(timeout_seconds=10**9), "/timeout_seconds", "field.at_most"),
    (a_task(timeout_seconds=1.5), "/timeout_seconds", "field.integer"),
    (a_task(timeout_seconds="60"), "/timeout_seconds", "field.integer"),
    # 59
    (a_task(dependent_tasks=["abc"]), "/dependent_tasks/0", "deps.unknown"),
    (a_task(dependent_tasks=[str(UUID(int=7))]), "/dependent_tasks/0", "deps.unknown"),
    (a_task(dependent_tasks=[5]), "/dependent_tasks/0", "field.string"),
    (a_task(dependent_tasks="abc"), "/dependent_tasks", "field.array"),
    (a_task(dependent_tasks=["x"] * 101), "/dependent_tasks", "field.too_many"),
    # recipients
    (a_task(notify_recipients=["a"] * 51), "/notify_recipients", "field.too_many"),
    (a_task(notify_recipients=["a" * 321]), "/notify_recipients/0", "text.too_long"),
    (a_task(notify_recipients=[""]), "/notify_recipients/0", "text.empty"),
    (a_task(notify_recipients=["a\r\nBcc: b"]), "/notify_recipients/0", "text.control"),
]


async def test_a_senseless_task_is_refused_by_field(shared_api: Api) -> None:
    otherwise = []
    for body, pointer, code in SENSELESS:
        answer = await shared_api.http.post(TASKS, json=body)
        problem = documented.ProblemDocument.model_validate(answer.json())
        found = [(error.pointer, error.code) for error in problem.errors]
        if not (
            answer.status_code == 422
            and answer.headers["content-type"] == "application/problem+json"
            and problem.instance == answer.headers["x-request-id"]
            and any(p == pointer and c.startswith(code) for p, c in found)
            and problem.errors[0].detail in problem.detail
        ):
            otherwise.append((body, pointer, code, answer.text))

    assert otherwise == []


async def test_everything_that_is_wrong_is_told_at_once(shared_api: Api) -> None:
    body = {
        "name": "",
        "id": "x",
        "task_type": "scheduled",
        "task_action": "rm",
        "schedule_config": {"cron": "60 * * * *", "timezone": "Nowhere", "jitter_seconds": -1},
        "timeout_seconds": 0,
        "dependent_tasks": ["abc"],
    }

    answer = await shared_api.http.post(TASKS, json=body)

    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/name",
        "/id",
        "/task_action",
        "/schedule_config/cron",
        "/schedule_config/timezone",
        "/schedule_config/jitter_seconds",
        "/timeout_seconds",
        "/dependent_tasks/0",
    }


async def test_a_config_beyond_64_kib_is_too_large(shared_api: Api) -> None:
    body = a_task(action_config={"greeting": "x" * (64 * 1024)})

    answer = await shared_api.http.post(TASKS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (413, "config.too_large")


async def test_neither_answer_nor_log_repeats_what_was_sent(
    shared_api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2-hunter2"  # noqa: S105 - not one
    bodies: list[dict[str, Any]] = [
        a_task(action_config={"secret": [secret]}),
        a_task(action_config={"password": secret}),
        a_task(name=secret + "\n"),
        a_task(task_action=secret),
        a_task(task_type=secret),
        scheduled(**HOURLY, timezone=secret),
        a_task(dependent_tasks=[secret]),
        a_task(notify_recipients=[secret + "\n"]),
    ]
    with caplog.at_level(logging.DEBUG):
        for body in bodies:
            answer = await shared_api.http.post(TASKS, json=body)
            assert answer.status_code == 422
            assert secret not in answer.text
    assert secret not in caplog.text


EDGES: list[dict[str, Any]] = [
    cron("0 0 29 2 *"),
    cron("0 30 2 * * MON"),
    scheduled(at="2030-03-31T02:30:00+01:00"),
    scheduled(interval_seconds=1, start_at="2030-01-01T00:00:00Z", jitter_seconds=86_400),
    a_task(name="👩‍👩‍👧 測試 " + "x" * 190),
    a_task(name="x" * 200, description="y" * 2000, timeout_seconds=86_400),
    a_task(action_config={"greeting": "\x01" * 10_000}),
    triggered(type="a", map={"big": [1e300] * 6000, "tiny": 5e-324}),
    triggered(type="a", map={"deep": json.loads("[" * 28 + "]" * 28)}),
]


async def test_what_is_accepted_can_be_said_and_read_again(emptied: Api) -> None:
    for body in EDGES:
        created = await emptied.create(**body)
        said = await emptied.pool.fetchval(
            "SELECT payload FROM api.outbox WHERE key = $1", created["id"]
        )
        task = TaskChanged.decode(said).task
        assert task is not None
        assert task.name == created["name"]
        assert task.trigger_config == created["trigger_config"] == body.get("trigger_config")
        assert len(said) < 256 * 1024


async def test_the_largest_task_that_is_accepted_fits_the_bus(emptied: Api) -> None:
    # Control characters take six bytes each, in the body as in the message.
    large = {"type": "a", "map": {"x": "\x01" * 10_890}}
    body = a_task(
        name="\u65e5" * 200,
        description="\u65e5" * 2000,
        task_type="triggered",
        trigger_config=large,
        action_config={"greeting": "\x02" * 10_900},
    )

    created = await emptied.create(**body)

    said = await emptied.pool.fetchval(
        "SELECT octet_length(payload) FROM api.outbox WHERE key = $1", created["id"]
    )
    assert 130_000 < said < 256 * 1024


async def test_a_senseless_change_changes_nothing(emptied: Api) -> None:
    task = await emptied.create()
    path = f"{TASKS}/{task['id']}"
    changes: list[dict[str, Any]] = [
        {"name": None},
        {"task_type": None},
        {"task_action": None},
        {"action_config": None},
        {"enabled": None},
        {"dependent_tasks": None},
        {"notify_recipients": None},
        {"timeout_seconds": None},
        {"id": str(uuid4())},
        {"created_by": "me"},
        {"colour": "red"},
        {"task_type": "scheduled"},
        {"task_action": "rm"},
        {"action_config": {"times": []}},
    ]
    for change in changes:
        answer = await emptied.http.put(path, json=change)

        (field,) = change
        assert answer.status_code == 422, change
        pointer = answer.json()["errors"][0]["pointer"]
        assert pointer.split("/")[1] in (field, "schedule_config")
        assert (await emptied.http.get(path)).json() == task, change


async def test_cycles_and_duplicates_of_dependants_are_refused(emptied: Api) -> None:
    a, b, c = [(await emptied.create())["id"] for _ in range(3)]

    async def after(task: str, *others: str) -> tuple[int, list[str]]:
        answer = await emptied.http.put(f"{TASKS}/{task}", json={"dependent_tasks": list(others)})
        errors = answer.json().get("errors", [])
        return answer.status_code, [f"{e['code']} {e['detail']}" for e in errors]

    assert await after(a, b) == (200, [])
    assert await after(b, c) == (200, [])
    assert (await after(b, c, c))[0] == 422
    assert (await after(a, a))[0] == 422
    status, errors = await after(c, a)
    assert status == 422
    assert errors[0].startswith("deps.cycle")
    assert f"{c} → {a} → {b} → {c}" in errors[0]
