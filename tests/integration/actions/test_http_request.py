"""What the HTTP action sends, and how it judges the answer."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from services.executor.actions.http.request import HttpRequest
from tests.integration.actions.http_calls import KEY, failure, params
from tests.integration.actions.odd_server import serving
from tests.support.context import RecordingContext


async def test_a_plain_get_tells_what_came_back(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        outcome = await action.run(params(server.url("/a?b=c"), query={"d": "é", "n": 1}), context)

    assert server.seen[0].line == "GET /a?b=c&d=%C3%A9&n=1 HTTP/1.1"
    assert server.seen[0].headers["host"] == f"127.0.0.1:{server.port}"
    assert outcome.summary.startswith("200 OK from 127.0.0.1 in ")
    assert outcome.data["excerpt"] == "ok"
    assert outcome.data["bytes"] == 2
    assert outcome.data["truncated"] is False
    json.dumps(outcome.data)


async def test_a_json_body_is_sent_with_its_type(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        await action.run(params(server.url(), method="POST", json={"名": [1, None]}), context)

    assert server.seen[0].headers["content-type"] == "application/json"
    assert json.loads(server.seen[0].body) == {"名": [1, None]}


async def test_a_text_body_and_own_headers_are_sent(
    action: HttpRequest, context: RecordingContext
) -> None:
    headers = {"content-type": "text/csv", "X-Api-Key": "k"}
    async with serving() as server:
        await action.run(params(server.url(), method="PUT", body="a;b", headers=headers), context)

    seen = server.seen[0]
    assert (seen.line, seen.body) == ("PUT / HTTP/1.1", b"a;b")
    assert (seen.headers["content-type"], seen.headers["x-api-key"]) == ("text/csv", "k")


async def test_the_idempotency_key_is_the_same_in_all_attempts(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        await action.run(params(server.url()), context)
        await action.run(params(server.url()), context.another_attempt())

    assert {seen.headers["idempotency-key"] for seen in server.seen} == {str(context.run_id)}
    assert [seen.headers["x-automation-attempt"] for seen in server.seen] == ["1", "2"]


async def test_the_receiver_can_verify_the_signature(
    action: HttpRequest, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "s3cret-+++-value")
    async with serving() as server:
        outcome = await action.run(
            params(server.url(), method="POST", json={"a": 1}, hmac={"secret_env": KEY}), context
        )

    seen = server.seen[0]
    timestamp, run_id = seen.headers["x-automation-timestamp"], seen.headers["idempotency-key"]
    signed = f"{timestamp}.{run_id}.".encode() + seen.body
    expected = hmac.new(b"s3cret-+++-value", signed, hashlib.sha256).hexdigest()
    assert timestamp == "1700000000"
    assert seen.headers["x-automation-signature"] == f"sha256={expected}"
    assert "s3cret" not in f"{outcome}{context.text}"


async def test_a_missing_key_sends_nothing(action: HttpRequest, context: RecordingContext) -> None:
    async with serving() as server:
        failed = await failure(
            action, params(server.url(), hmac={"secret_env": "AUTOMATION_SECRET_NONE"}), context
        )

    assert failed.permanent
    assert server.seen == []


async def test_connections_are_used_again(action: HttpRequest, context: RecordingContext) -> None:
    async with serving() as server:
        for _ in range(5):
            await action.run(params(server.url()), context)

    assert server.connections == 1


async def test_the_status_decides(action: HttpRequest, context: RecordingContext) -> None:
    good, permanent, busy = (204, 299), (400, 404), (304, 408, 425, 429, 500, 503)
    async with serving() as server:
        for status in (*good, *permanent, *busy):
            head = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n"
            server.respond = head.encode()
            if status in good:
                outcome = await action.run(params(server.url()), context)
                assert outcome.data["status"] == status
                continue
            failed = await failure(action, params(server.url()), context)

            assert failed.permanent is (status in permanent), status
            assert failed.data["status"] == status
            assert failed.data["retry_after"] == "7", status


async def test_expected_statuses_can_be_named(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n") as server:
        outcome = await action.run(params(server.url(), expect_status=[200, "403-404"]), context)

    assert outcome.data["status"] == 404


#: The clock of the action stands at 2023-11-14 22:13:20.
COMES_AGAIN: list[tuple[int, str, float | None]] = [
    (429, "7", 7),
    (503, "0", 0),
    (503, "Tue, 14 Nov 2023 22:13:50 GMT", 30),
    (503, "Tue, 14 Nov 2023 22:13:50", 30),
    (503, "Tue, 14 Nov 2023 22:00:00 GMT", 0),
    (429, "86400", 3600),
    (429, "Tue, 14 Nov 2034 22:13:50 GMT", 3600),
    (429, "soon", None),
    (429, "-1", None),
    (500, "7", None),
    (404, "7", None),
]


async def test_a_server_that_says_when_to_come_again_is_heard(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        for status, header, seconds in COMES_AGAIN:
            head = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nRetry-After: {header}\r\n\r\n"
            server.respond = head.encode()
            failed = await failure(action, params(server.url()), context)

            # Dates have no fractions of a second; the clock has.
            expected = seconds and pytest.approx(seconds, abs=1)
            assert failed.retry_after == expected, (status, header)
