"""Requests that cannot be read (security.md 5.3) are refused, and nothing is stored."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from tests.integration.api.client import BASE, TASKS, Api, a_task

JSON = {"Content-Type": "application/json"}
PREVIEW = f"{BASE}/schedules/preview"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_stored(shared_api: Api) -> AsyncIterator[None]:
    yield
    assert await shared_api.count("api.tasks") == await shared_api.count("api.outbox") == 0


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Return what is said of the first thing that is wrong."""
    problem = answer.json()
    return answer.status_code, problem["code"], problem["errors"][0]["pointer"]


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


async def test_an_unreadable_body_is_refused(shared_api: Api) -> None:
    otherwise = []
    for route in ("POST", TASKS), ("PUT", f"{TASKS}/{UUID(int=7)}"), ("POST", PREVIEW):
        for body, status, code in UNREADABLE:
            answer = await shared_api.http.request(*route, content=body, headers=JSON)
            told = answer.json()
            if (answer.status_code, told["code"]) != (status, code) or told["detail"] == code:
                otherwise.append((route, body[:50], code, answer.status_code, told))

    assert otherwise == []


async def test_a_body_is_counted_while_it_comes(shared_api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024
        pytest.fail("10 MiB were read")

    answer = await shared_api.http.post(TASKS, content=endless(), headers=JSON)

    assert answer.status_code == 413


async def test_other_types_and_codings_are_refused(shared_api: Api) -> None:
    refused: list[dict[str, str]] = [
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
    ]
    packed, plain = gzip.compress(b"{}"), json.dumps(a_task()).encode()
    for headers in refused:
        body = packed if "Content-Encoding" in headers else plain
        answer = await shared_api.http.post(TASKS, content=body, headers=headers)
        assert answer.status_code == 415, headers


async def test_other_answers_than_json_are_not_to_be_had(shared_api: Api) -> None:
    for accept in ("text/xml", "text/html", "application/json;q=0", "image/*"):
        answer = await shared_api.http.get(TASKS, headers={"Accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (406, "request.not_acceptable")


async def test_an_odd_query_is_refused(shared_api: Api) -> None:
    queries = [
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
    ]
    refusals = {query: refusal(await shared_api.http.get(f"{TASKS}?{query}")) for query in queries}

    assert refusals == {
        query: (400, "query.invalid", f"/query/{query.partition('=')[0]}") for query in queries
    }


async def test_an_odd_limit_or_paging_is_refused(shared_api: Api) -> None:
    task = f"{TASKS}/{uuid4()}"
    limits = ("0", "501", "-1", "1e2", "", "1&limit=2")
    pointers = {
        f"{task}/{path}?limit={limit}": "/query/limit"
        for path in ("logs", "occurrences")
        for limit in limits
    }
    for query, pointer in (
        ("outcome=exploded", "/query/outcome"),
        ("from=yesterday", "/query/from"),
        ("to=2026-01-01", "/query/to"),
        ("to=2026-01-01T00:00:00", "/query/to"),
        ("cursor=x", "/query/cursor"),
        ("cursor=" + "A" * 5000, "/query/cursor"),
        ("cursor=WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIngiXQ", "/query/cursor"),
        ("cursor=bnVsbA", "/query/cursor"),
        ("cursor=%00", "/query/cursor"),
    ):
        pointers[f"{task}/occurrences?{query}"] = pointer

    refusals = {path: refusal(await shared_api.http.get(path)) for path in pointers}

    assert {path: (each[0], each[2]) for path, each in refusals.items()} == {
        path: (400, pointer) for path, pointer in pointers.items()
    }


async def test_unknown_parameters_are_ignored(shared_api: Api) -> None:
    for query in ("sort=name;drop", "q=' OR 1=1", "filter[__proto__]=1", "_t=1&_t=2"):
        assert (await shared_api.http.get(f"{TASKS}?{query}")).status_code == 200, query


async def test_a_body_where_none_belongs_is_not_taken_for_one(shared_api: Api) -> None:
    run = f"{TASKS}/{uuid4()}/run"

    empty = await shared_api.http.post(run, json={})
    odd = await shared_api.http.post(run, json={"force": True})
    text = await shared_api.http.post(run, content=b"x", headers={"Content-Type": "text/plain"})

    assert [each.status_code for each in (empty, odd, text)] == [404, 422, 415]


async def test_a_request_id_is_kept_if_it_is_a_plain_word(shared_api: Api) -> None:
    kept = set()
    for given in ("abc_DEF-123", "a" * 65, "a b", "<x>", ""):
        answer = await shared_api.http.get(TASKS, headers={"X-Request-Id": given})
        if answer.headers["x-request-id"] == given:
            kept.add(given)

    assert kept == {"abc_DEF-123"}
