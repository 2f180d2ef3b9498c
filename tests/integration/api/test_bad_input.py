"""Bad input (security.md 5.3): refused by name, nothing stored, nothing said, nothing logged."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.api.documented import tasks as documented
from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import BASE, TASKS, Api, a_task

JSON = {"Content-Type": "application/json"}
PREVIEW = f"{BASE}/schedules/preview"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_changes(shared_api: Api) -> AsyncIterator[None]:
    """Hold the tables against what they were before the test."""
    tables = ("api.tasks", "api.outbox", "api.idempotency", "api.tokens")
    before = [await shared_api.count(table) for table in tables]
    yield
    assert [await shared_api.count(table) for table in tables] == before


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


@pytest.mark.parametrize(
    ("body", "pointer", "code"), SENSELESS, ids=[f"{p}-{c}" for _, p, c in SENSELESS]
)
async def test_a_senseless_task_is_refused_by_field(
    shared_api: Api, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await shared_api.http.post(TASKS, json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = documented.ProblemDocument.model_validate(answer.json())
    assert problem.instance == answer.headers["x-request-id"]
    found = [(error.pointer, error.code) for error in problem.errors]
    assert any(p == pointer and c.startswith(code) for p, c in found), found
    assert problem.errors[0].detail in problem.detail


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


UNREADABLE: list[tuple[bytes, int, str]] = [
    (b"", 400, "json.empty"),
    (b"  \n", 400, "json.empty"),
    (b"[]", 422, "body.object"),
    (b'"x"', 422, "body.object"),
    (b"null", 422, "body.object"),
    (b"{} x", 400, "json.syntax"),
    (b"{}{}", 400, "json.syntax"),
    (b"{'name': 1}", 400, "json.syntax"),
    (b'{"name": "a",}', 400, "json.syntax"),
    (b'{"name":"a","name":"b"}', 400, "json.duplicate_key"),
    (b'{"action_config":{"a":1,"a":2}}', 400, "json.duplicate_key"),
    (b'{"name":"\xff"}', 400, "json.utf8"),
    (b'{"name":"\\ud800"}', 400, "json.surrogate"),
    (b'{"\\udfff":1}', 400, "json.surrogate"),
    (b'{"name":"\\u0000"}', 422, "text.control"),
    (b'{"action_config":{"\\u0000":1}}', 422, "text.control"),
    (b"\xef\xbb\xbf{}", 400, "json.bom"),
    ('{"name":"a"}'.encode("utf-16"), 400, "json.bom"),
    ('{"name":"a"}'.encode("utf-32-le"), 400, "json.syntax"),
    (b'{"timeout_seconds":NaN}', 400, "json.number"),
    (b'{"timeout_seconds":-Infinity}', 400, "json.number"),
    (b'{"action_config":{"x":[1e999]}}', 400, "json.number"),
    (b'{"timeout_seconds":' + b"9" * 5000 + b"}", 422, "int.range"),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, 400, "json.depth"),
    (b"[" * 100_000, 400, "json.depth"),
    (json.dumps({f"k{n}": n for n in range(1001)}).encode(), 400, "json.size"),
    (b"[" + b"1," * 20_000 + b"1]", 400, "json.size"),
    (b'{"a":"' + b"x" * (256 * 1024) + b'"}', 413, "body.too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), UNREADABLE, ids=[u[2] for u in UNREADABLE])
@pytest.mark.parametrize(
    "route", [("POST", TASKS), ("PUT", f"{TASKS}/{UUID(int=7)}"), ("POST", PREVIEW)]
)
async def test_an_unreadable_body_is_refused(
    shared_api: Api, route: tuple[str, str], body: bytes, status: int, code: str
) -> None:
    answer = await shared_api.http.request(*route, content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"] != code


async def test_a_body_is_counted_while_it_comes(shared_api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024
        pytest.fail("10 MiB were read")

    answer = await shared_api.http.post(TASKS, content=endless(), headers=JSON)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json-patch+json"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json, text/plain"},
        {**JSON, "Content-Encoding": "gzip"},
        {**JSON, "Content-Encoding": "br, gzip"},
    ],
)
async def test_other_types_and_codings_are_refused(
    shared_api: Api, headers: dict[str, str]
) -> None:
    body = gzip.compress(b"{}") if "Content-Encoding" in headers else json.dumps(a_task()).encode()

    answer = await shared_api.http.post(TASKS, content=body, headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize("accept", ["text/xml", "text/html", "application/json;q=0", "image/*"])
async def test_other_answers_than_json_are_not_to_be_had(shared_api: Api, accept: str) -> None:
    answer = await shared_api.http.get(TASKS, headers={"Accept": accept})

    assert (answer.status_code, answer.json()["code"]) == (406, "request.not_acceptable")


@pytest.mark.parametrize(
    "query",
    [
        *(
            f"{name}={value}"
            for name in ("page", "page_size")
            for value in ("0", "-1", "1e3", "1_000", "%2B5", "%205", "%D9%A3", "", "9" * 21, "1.0")
        ),
        "page_size=101",
        "page_size=1000000000",
        "page=1&page=2",
        "page_size=5&page_size=5",
        "task_type=weekly",
        "enabled=maybe",
        "enabled=true&enabled=true",
        "task_type=%27%20OR%201=1",
        "task_type=%00",
    ],
)
async def test_an_odd_query_is_refused(shared_api: Api, query: str) -> None:
    answer = await shared_api.http.get(f"{TASKS}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "query.invalid")
    assert answer.json()["errors"][0]["pointer"] == f"/query/{query.partition('=')[0]}"


@pytest.mark.parametrize("path", ["logs", "occurrences"])
@pytest.mark.parametrize("limit", ["0", "501", "-1", "1e2", "", "1&limit=2"])
async def test_an_odd_limit_is_refused(shared_api: Api, path: str, limit: str) -> None:
    answer = await shared_api.http.get(f"{TASKS}/{uuid4()}/{path}?limit={limit}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/query/limit"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("outcome=exploded", "/query/outcome"),
        ("from=yesterday", "/query/from"),
        ("to=2026-01-01", "/query/to"),
        ("to=2026-01-01T00:00:00", "/query/to"),
        ("cursor=x", "/query/cursor"),
        ("cursor=" + "A" * 5000, "/query/cursor"),
        ("cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIngiXQ", "/query/cursor"),
        ("cursor=bnVsbA", "/query/cursor"),
        ("cursor=%00", "/query/cursor"),
    ],
)
async def test_odd_paging_is_refused(shared_api: Api, query: str, pointer: str) -> None:
    answer = await shared_api.http.get(f"{TASKS}/{uuid4()}/occurrences?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "query", ["sort=name;drop", "q=' OR 1=1", "filter[__proto__]=1", "_t=1&_t=2"]
)
async def test_unknown_parameters_are_ignored(shared_api: Api, query: str) -> None:
    assert (await shared_api.http.get(f"{TASKS}?{query}")).status_code == 200


async def test_a_config_beyond_64_kib_is_too_large(shared_api: Api) -> None:
    body = a_task(action_config={"greeting": "x" * (64 * 1024)})

    answer = await shared_api.http.post(TASKS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (413, "config.too_large")


async def test_a_body_where_none_belongs_is_not_taken_for_one(shared_api: Api) -> None:
    run = f"{TASKS}/{uuid4()}/run"

    empty = await shared_api.http.post(run, json={})
    odd = await shared_api.http.post(run, json={"force": True})
    text = await shared_api.http.post(run, content=b"x", headers={"Content-Type": "text/plain"})

    assert [each.status_code for each in (empty, odd, text)] == [404, 422, 415]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc_DEF-123", True), ("a" * 65, False), ("a b", False), ("<x>", False), ("", False)],
)
async def test_a_request_id_is_kept_if_it_is_a_plain_word(
    shared_api: Api, given: str, *, kept: bool
) -> None:
    answer = await shared_api.http.get(TASKS, headers={"X-Request-Id": given})

    assert (answer.headers["x-request-id"] == given) is kept


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


@pytest.mark.parametrize("body", EDGES, ids=range(len(EDGES)))
async def test_what_is_accepted_can_be_said_and_read_again(
    shared_api: Api, body: dict[str, Any]
) -> None:
    created = await shared_api.create(**body)
    try:
        said = await shared_api.pool.fetchval(
            "SELECT payload FROM api.outbox WHERE key = $1", created["id"]
        )
        task = TaskChanged.decode(said).task
        assert task is not None
        assert task.name == created["name"]
        assert task.trigger_config == created["trigger_config"] == body.get("trigger_config")
        assert len(said) < 256 * 1024
    finally:
        await shared_api.pool.execute("DELETE FROM api.tasks")
        await shared_api.pool.execute("DELETE FROM api.outbox")


async def test_the_largest_task_that_is_accepted_fits_the_bus(shared_api: Api) -> None:
    # Control characters take six bytes each, in the body as in the message.
    large = {"type": "a", "map": {"x": "\x01" * 10_890}}
    body = a_task(
        name="\u65e5" * 200,
        description="\u65e5" * 2000,
        task_type="triggered",
        trigger_config=large,
        action_config={"greeting": "\x02" * 10_900},
    )
    try:
        created = await shared_api.create(**body)
        said = await shared_api.pool.fetchval(
            "SELECT octet_length(payload) FROM api.outbox WHERE key = $1", created["id"]
        )
        assert 130_000 < said < 256 * 1024
    finally:
        await shared_api.pool.execute("DELETE FROM api.tasks")
        await shared_api.pool.execute("DELETE FROM api.outbox")


@pytest.mark.parametrize(
    "change",
    [
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
    ],
)
async def test_a_senseless_change_changes_nothing(shared_api: Api, change: dict[str, Any]) -> None:
    task = await shared_api.create()
    try:
        answer = await shared_api.http.put(f"{TASKS}/{task['id']}", json=change)

        (field,) = change
        assert answer.status_code == 422
        pointer = answer.json()["errors"][0]["pointer"]
        assert pointer.split("/")[1] in (field, "schedule_config")
        assert (await shared_api.http.get(f"{TASKS}/{task['id']}")).json() == task
    finally:
        await shared_api.pool.execute("DELETE FROM api.tasks")
        await shared_api.pool.execute("DELETE FROM api.outbox")


async def test_cycles_and_duplicates_of_dependants_are_refused(shared_api: Api) -> None:
    try:
        a, b, c = [(await shared_api.create())["id"] for _ in range(3)]

        async def after(task: str, *others: str) -> tuple[int, list[str]]:
            answer = await shared_api.http.put(
                f"{TASKS}/{task}", json={"dependent_tasks": list(others)}
            )
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
    finally:
        await shared_api.pool.execute("DELETE FROM api.tasks")
        await shared_api.pool.execute("DELETE FROM api.outbox")
