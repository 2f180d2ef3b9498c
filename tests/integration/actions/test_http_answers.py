"""How the HTTP action says who it is, and what it makes of an answer's content."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from services.executor.actions.http.request import HttpRequest
from tests.integration.actions.http_calls import failure, params
from tests.integration.actions.odd_server import Seen, serving
from tests.support.context import RecordingContext

TOKEN = "t0ken-+++-secret"  # noqa: S105 - a test's


def answer(body: object, status: int = 200, *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(content)}", *headers))
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + content


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(egress_allow="127.0.0.1,127.0.0.2", secrets={"api-token": TOKEN})


@pytest.mark.parametrize(
    ("auth", "header", "sent"),
    [
        ({"type": "bearer"}, "authorization", f"Bearer {TOKEN}"),
        (
            {"type": "basic", "username": "ada"},
            "authorization",
            "Basic " + base64.b64encode(f"ada:{TOKEN}".encode()).decode(),
        ),
        ({"type": "header", "header": "X-Api-Key"}, "x-api-key", TOKEN),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
async def test_a_secret_is_sent_and_never_told(
    action: HttpRequest,
    context: RecordingContext,
    auth: dict[str, str],
    header: str,
    sent: str,
) -> None:
    """Not even if the server repeats what it was sent."""

    async def repeat(seen: Seen, writer: object) -> None:
        writer.write(answer({"you said": seen.headers[header]}))  # type: ignore[attr-defined]

    async with serving(repeat) as server:
        asked = params(server.url(), auth={"secret": "api-token", **auth})
        outcome = await action.run(asked, context)

    assert server.seen[0].headers[header] == sent
    said = f"{outcome}{context.text}"
    assert TOKEN not in said
    assert sent not in said
    assert "you said" in said


async def test_the_key_of_a_signature_can_be_a_secret(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        asked = params(server.url(), method="POST", body="x", hmac={"secret": "api-token"})
        await action.run(asked, context)

    signed = f"1700000000.{context.run_id}.x".encode()
    expected = hmac.new(TOKEN.encode(), signed, hashlib.sha256).hexdigest()
    assert server.seen[0].headers["x-automation-signature"] == f"sha256={expected}"


@pytest.mark.parametrize("auth", [{"type": "bearer"}, {"type": "header", "header": "X-Api-Key"}])
async def test_another_host_does_not_get_the_secret(
    action: HttpRequest, context: RecordingContext, auth: dict[str, str]
) -> None:
    async with serving(host="127.0.0.2") as other:
        moved = f"HTTP/1.1 307 X\r\nContent-Length: 0\r\nLocation: {other.url()}\r\n\r\n".encode()
        async with serving(moved) as server:
            await action.run(params(server.url(), auth={"secret": "api-token", **auth}), context)

    assert TOKEN in str(server.seen[0].headers)
    assert TOKEN not in str(other.seen[0].headers)


async def test_a_secret_that_cannot_be_sent_sends_nothing(action: HttpRequest) -> None:
    secrets: list[dict[str, str]] = [{}, {"api-token": "a\r\nHost: evil"}, {"api-token": "密"}]
    async with serving() as server:
        for each in secrets:
            context = RecordingContext(egress_allow="127.0.0.1", secrets=each)
            asked = params(server.url(), auth={"type": "bearer", "secret": "api-token"})
            failed = await failure(action, asked, context)

            assert failed.permanent, each
            assert server.seen == [], each


async def test_what_is_expected_of_the_answer_decides(
    action: HttpRequest, context: RecordingContext
) -> None:
    claim = {"path": "$.queue.length", "op": "lt", "value": 10}
    async with serving(answer({"queue": {"length": 3}})) as server:
        good = await action.run(params(server.url(), expect_json=[claim]), context)
        server.respond = answer({"queue": {"length": 12}})
        bad = await failure(action, params(server.url(), expect_json=[claim]), context)

    assert good.data["failed_expectations"] == []
    assert "$.queue.length is 12; expected: lt 10" in str(bad)
    assert bad.data["failed_expectations"] == [{**claim, "found": True, "seen": "12"}]
    assert not bad.permanent  # the next attempt may see something better


async def test_values_of_the_answer_become_part_of_the_result(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving(answer({"items": [{"id": "a"}, {"id": "b"}]})) as server:
        asked = params(server.url(), capture={"first": "/items/0/id", "ids": "$.items[*].id"})
        outcome = await action.run(asked, context)

    assert outcome.data["captured"] == {"first": "a", "ids": ["a", "b"]}


async def test_an_answer_that_is_no_json_fails(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        for body in (b"{", b"", b'{"a": NaN}', b"[" * 100_000):
            head = f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\n\r\n"
            server.respond = head.encode() + body
            failed = await failure(action, params(server.url(), capture={"a": "$.a"}), context)

            assert "but no JSON" in str(failed), body[:10]
            assert failed.data["status"] == 200


async def test_a_server_that_is_busy_for_a_moment_is_asked_again_within_the_run(
    action: HttpRequest, context: RecordingContext
) -> None:
    answers = iter([answer({}, 503, "Retry-After: 0"), answer({}, 429, "Retry-After: 0")])

    async def respond(_: Seen, writer: object) -> None:
        writer.write(next(answers, answer({"ok": True})))  # type: ignore[attr-defined]

    async with serving(respond) as server:
        outcome = await action.run(params(server.url()), context)

    assert outcome.data["status"] == 200
    assert len(server.seen) == 3
    assert len({seen.headers["idempotency-key"] for seen in server.seen}) == 1
    assert "503 Service Unavailable: once more in 0 s" in context.text


async def test_who_stays_busy_is_left_to_the_retry_of_the_task(
    action: HttpRequest, context: RecordingContext
) -> None:
    cases: dict[str, tuple[str, dict[str, object], int]] = {
        "not wanted": ("0", {"busy_retries": 0}, 1),
        "in vain": ("0", {"busy_retries": 2}, 3),
        "too long for a slot": ("6", {}, 1),
        "longer than the time limit": ("4", {"timeout_seconds": 2}, 1),
    }
    async with serving() as server:
        for name, (retry_after, more, calls) in cases.items():
            server.seen.clear()
            server.respond = answer({}, 503, f"Retry-After: {retry_after}")
            failed = await failure(action, params(server.url(), **more), context)

            assert (len(server.seen), failed.retry_after) == (calls, float(retry_after)), name


async def test_a_plan_calls_nobody(action: HttpRequest, context: RecordingContext) -> None:
    async with serving() as server:
        asked = params(
            server.url("/a"), dry_run=True, auth={"type": "bearer", "secret": "not-there"}
        )
        outcome = await action.run(asked, context)

    assert server.seen == []
    assert outcome.data["plan"][0]["url"] == server.url("/a")
