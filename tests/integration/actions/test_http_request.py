"""The HTTP action against real servers, well-behaved and hostile ones."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import process_time
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError

from services.executor.actions.address import Address
from services.executor.actions.http_params import READ_MAX, HttpRequestParams
from services.executor.actions.http_request import HttpRequest
from shared.contracts.action import ActionFailed, Outcome
from tests.support.context import RecordingContext

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
KEY = "AUTOMATION_SECRET_HOOK"

connected: list[str] = []


def _note_connects(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        connected.append(arguments[1][0])


sys.addaudithook(_note_connects)  # can never be removed, hence once and cheap


@dataclass
class Seen:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


Respond = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A web server of which we control every byte."""

    respond: Respond | bytes = OK
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    host: str = "127.0.0.1"
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a client has gone."""

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                seen = await _request(reader)
                self.seen.append(seen)
                if isinstance(self.respond, bytes):
                    writer.write(self.respond)
                else:
                    await self.respond(seen, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.gone.set()
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.strip().split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (each.partition(":") for each in rest)}
    return Seen(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def serving(respond: Respond | bytes = OK, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    server = Server(respond, host=host)
    listening = await asyncio.start_server(server.serve, host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


@pytest_asyncio.fixture(loop_scope="session")
async def action() -> AsyncIterator[HttpRequest]:
    """Give the action, and see that no connection is left behind."""
    made = HttpRequest(now=lambda: 1_700_000_000.9)
    yield made
    await made.close()
    await asyncio.sleep(0)  # lets the servers see that their clients have gone


@pytest.fixture
def context() -> RecordingContext:
    connected.clear()
    return RecordingContext(egress_allow="127.0.0.1")


def params(url: str, **more: object) -> HttpRequestParams:
    return HttpRequestParams.model_validate({"url": url, **more})


async def failure(
    action: HttpRequest, asked: HttpRequestParams, context: RecordingContext
) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        await action.run(asked, context)
    return caught.value


# -- what is sent and what is told ----------------------------------------------------------------


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


async def test_a_call_costs_less_than_3_ms_of_cpu(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        await action.run(params(server.url()), context)
        began = process_time()
        for _ in range(100):
            await action.run(params(server.url()), context)
        spent = process_time() - began  # the server's part as well

    assert spent / 100 < 0.003


# -- judging the status ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *((status, True) for status in (400, 404)),
        *((status, False) for status in (304, 408, 425, 429, 500, 503)),
        *((status, None) for status in (204, 299)),
    ],
)
async def test_the_status_decides(
    action: HttpRequest, context: RecordingContext, status: int, *, permanent: bool | None
) -> None:
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nRetry-After: 7\r\n\r\n".encode()
    async with serving(answer) as server:
        if permanent is None:
            outcome = await action.run(params(server.url()), context)
            assert outcome.data["status"] == status
            return
        failed = await failure(action, params(server.url()), context)

    assert failed.permanent is permanent
    assert failed.data["status"] == status
    assert failed.data["retry_after"] == "7"


async def test_expected_statuses_can_be_named(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n") as server:
        outcome = await action.run(params(server.url(), expect_status=[200, "403-404"]), context)

    assert outcome.data["status"] == 404


# -- where it may go ------------------------------------------------------------------------------


async def test_nothing_private_is_called_without_the_allow_list(action: HttpRequest) -> None:
    connected.clear()
    async with serving() as server:
        failed = await failure(action, params(server.url()), RecordingContext())

    assert failed.permanent
    assert "blocked address" in str(failed)
    assert (server.connections, connected) == (0, [])


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localhost", "[::1]"])
async def test_no_notation_of_loopback_gets_through(action: HttpRequest, host: str) -> None:
    connected.clear()
    failed = await failure(action, params(f"http://{host}:8000/"), RecordingContext())

    assert (failed.permanent, connected) == (True, [])


async def test_a_name_that_changes_its_mind_is_judged_again(context: RecordingContext) -> None:
    turns = iter(["127.0.0.1", "127.0.0.2"])  # the second one is not allowed

    async def flipping(host: str, port: int) -> list[Address]:
        del host, port
        return [ip_address(next(turns))]

    action = HttpRequest(resolve=flipping)
    close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with serving(close) as server:
        url = f"http://rebinding.test:{server.port}/"
        await action.run(params(url), context)
        failed = await failure(action, params(url), context)
    await action.close()

    assert "blocked address" in str(failed)
    assert connected == ["127.0.0.1"]
    assert server.seen[0].headers["host"] == f"rebinding.test:{server.port}"


def moved(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:9/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://localhost.localdomain.invalid/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://user:secret@127.0.0.1/",
        "http://[::1",
    ],
)
async def test_a_redirect_leads_to_nothing_forbidden(
    action: HttpRequest, context: RecordingContext, location: str
) -> None:
    async with serving(moved(location)) as server:
        failed = await failure(action, params(server.url()), context)

    assert failed.permanent or "cannot be resolved" in str(failed)
    assert set(connected) == {"127.0.0.1"}
    assert "secret" not in str(failed)


async def test_the_fourth_redirect_ends_it(action: HttpRequest, context: RecordingContext) -> None:
    async with serving(moved("/again")) as server:
        failed = await failure(action, params(server.url()), context)

    assert failed.permanent
    assert len(server.seen) == 4


async def test_another_server_does_not_get_our_headers(
    action: HttpRequest, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "secret")
    secrets = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "k"}
    async with serving() as other, serving(moved(other.url("/there"), 307)) as server:
        outcome = await action.run(
            params(
                server.url(), method="POST", body="b", headers=secrets, hmac={"secret_env": KEY}
            ),
            context,
        )

    assert server.seen[0].headers["x-api-key"] == "k"
    assert other.seen[0].line == "POST /there HTTP/1.1"
    assert not other.seen[0].headers.keys() & {
        *("authorization", "cookie", "x-api-key", "x-automation-signature")
    }
    assert other.seen[0].headers["idempotency-key"] == str(context.run_id)
    assert (outcome.data["redirects"], outcome.data["url"]) == (1, other.url("/there"))


async def test_the_same_server_keeps_them(action: HttpRequest, context: RecordingContext) -> None:
    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(OK if "/b" in seen.line else moved("/b", 303))

    async with serving(respond) as server:
        await action.run(
            params(server.url("/a"), method="POST", body="x", headers={"Authorization": "y"}),
            context,
        )

    assert server.seen[1].line == "GET /b HTTP/1.1"
    assert server.seen[1].headers["authorization"] == "y"
    assert server.seen[1].body == b""
    assert "content-type" not in server.seen[1].headers


async def test_redirects_can_be_left_alone(action: HttpRequest, context: RecordingContext) -> None:
    async with serving(moved("http://10.0.0.1/")) as server:
        outcome = await action.run(
            params(server.url(), follow_redirects=False, expect_status=[302]), context
        )

    assert outcome.data["redirects"] == 0


# -- hostile answers ------------------------------------------------------------------------------


async def test_an_endless_body_is_cut(action: HttpRequest, context: RecordingContext) -> None:
    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        del seen
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(respond) as server:
        outcome = await action.run(params(server.url()), context)
        await server.gone.wait()

    assert outcome.data["truncated"] is True
    assert outcome.data["bytes"] == READ_MAX
    assert outcome.data["excerpt"] == "x" * 2048
    assert "the rest was not read" in context.text


async def test_a_slow_drip_ends_with_the_time_limit(
    action: HttpRequest, context: RecordingContext
) -> None:
    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        del seen
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(respond) as server:
        asked = params(server.url()).model_copy(update={"timeout_seconds": 0.3})
        failed = await failure(action, asked, context)
        await server.gone.wait()

    assert not failed.permanent
    assert str(failed) == "no complete answer within 0.3 s"
    assert failed.data["status"] == 200
    assert 0 < failed.data["bytes"] < 20


async def test_a_gzip_bomb_is_cut(action: HttpRequest, context: RecordingContext) -> None:
    bomb = zlib.compressobj(wbits=31)
    body = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(50)) + bomb.flush()
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    async with serving(head.encode() + body) as server:
        outcome = await action.run(params(server.url()), context)

    assert (outcome.data["truncated"], outcome.data["bytes"]) == (True, READ_MAX)


async def test_gzip_is_read(action: HttpRequest, context: RecordingContext) -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    async with serving(head.encode() + body) as server:
        outcome = await action.run(params(server.url()), context)

    assert outcome.data["excerpt"] == "one two"


@pytest.mark.parametrize(
    ("content_type", "body", "excerpt"),
    [
        ("text/plain", b"caf\xc3\xa9 \xff\xfe", "café \\xff\\xfe"),
        ("text/plain; charset=big5", "中文".encode("big5"), "中文"),
        ("text/plain; charset=hex", b"6869", "6869"),
        ("text/plain; charset=nonsense", b"hi", "hi"),
        ("text/plain", b"a\x00b\x1b[31m\xe2\x80\xae", "a\\x00b\\x1b[31m\\u202e"),
        ("application/json", b'{"a":\n1}', '{"a":\n1}'),
    ],
)
async def test_any_bytes_become_harmless_text(
    action: HttpRequest, context: RecordingContext, content_type: str, body: bytes, excerpt: str
) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    async with serving(head.encode() + body) as server:
        outcome = await action.run(params(server.url()), context)

    assert outcome.data["excerpt"] == excerpt


async def test_the_excerpt_is_cut_between_characters(
    action: HttpRequest, context: RecordingContext
) -> None:
    body = ("x" + "中" * 1000).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with serving(head + body) as server:
        outcome = await action.run(params(server.url()), context)
        nothing = await action.run(params(server.url(), max_response_bytes=0), context)

    assert outcome.data["excerpt"] == "x" + "中" * 682
    assert (nothing.data["excerpt"], nothing.data["bytes"]) == ("", 3001)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    ],
)
async def test_a_broken_answer_is_a_failure_worth_another_try(
    action: HttpRequest, context: RecordingContext, answer: bytes
) -> None:
    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        del seen
        writer.write(answer)
        await writer.drain()
        raise ConnectionError

    async with serving(respond) as server:
        failed = await failure(action, params(server.url()), context)

    assert not failed.permanent
    assert str(failed)


async def test_nobody_listening_is_worth_another_try(
    action: HttpRequest, context: RecordingContext
) -> None:
    async with serving() as server:
        url = server.url()
    failed = await failure(action, params(url), context)

    assert not failed.permanent


async def test_a_cancelled_call_lets_go_of_its_connection(
    action: HttpRequest, context: RecordingContext
) -> None:
    arrived = asyncio.Event()

    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        del seen, writer
        arrived.set()
        await server.gone.wait()

    async with serving(respond) as server:
        running: asyncio.Task[Outcome] = asyncio.create_task(
            action.run(params(server.url()), context)
        )
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        server.gone.set()


# -- what is refused when the task is saved -------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "ftp://x"}, "url.scheme"),
        ({"url": "http://169.254.169.254"}, "url.address"),
        ({"url": "http://u:p@x"}, "url.userinfo"),
        ({"url": "http://x", "method": "get"}, "literal_error"),
        ({"url": "http://x", "method": "TRACE"}, "literal_error"),
        ({"url": "http://x", "method": "GET\r\n"}, "literal_error"),
        ({"url": "http://x", "headers": {"X": "a\r\nHost: evil"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X": "a\n"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X\n": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X Y": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X:": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"": "a"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"X": "中"}}, "header.invalid"),
        ({"url": "http://x", "headers": {"Host": "a"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"content-LENGTH": "1"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"Transfer-Encoding": "chunked"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"Idempotency-Key": "a"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"X-Automation-Attempt": "9"}}, "header.reserved"),
        ({"url": "http://x", "headers": {"A": "1", "a": "2"}}, "header.duplicate"),
        ({"url": "http://x", "headers": {f"X-{n}": "" for n in range(51)}}, "too_long"),
        ({"url": "http://x", "json": {}, "body": ""}, "body.exclusive"),
        ({"url": "http://x", "json": "x" * 50_000}, "body.too_large"),
        ({"url": "http://x", "body": "中" * 17_000}, "body.too_large"),
        ({"url": "http://x", "query": {"a": "x" * 9_000}}, "url.too_long"),
        ({"url": "http://x", "expect_status": ["200-"]}, "status.range"),
        ({"url": "http://x", "expect_status": ["299-200"]}, "status.range"),
        ({"url": "http://x", "expect_status": [999]}, "status.range"),
        ({"url": "http://x", "expect_status": []}, "too_short"),
        ({"url": "http://x", "timeout_seconds": 0}, "greater_than_equal"),
        ({"url": "http://x", "timeout_seconds": 301}, "less_than_equal"),
        ({"url": "http://x", "hmac": {"secret_env": "HOME"}}, "string_pattern_mismatch"),
        ({"url": "http://x", "hmac": {"secret_env": "AUTOMATION_DATABASE_URL"}}, "string_pattern"),
        ({"url": "http://x", "hmac": {"secret": "abc"}}, "missing"),
        (
            {"url": "http://x", "hmac": {"secret_env": KEY, "header": "Host"}},
            "header.reserved",
        ),
        ({"url": "http://x", "json_body": 1}, "extra_forbidden"),
        ({}, "missing"),
    ],
)
def test_bad_parameters_are_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HttpRequestParams.model_validate(given)

    assert caught.value.errors()[0]["type"].startswith(code)


def test_the_form_speaks_both_languages() -> None:
    schema = HttpRequestParams.model_json_schema()

    assert list(schema["properties"])[:3] == ["url", "method", "headers"]
    assert schema["required"] == ["url"]
    assert "json" in schema["properties"]
    for shown in [*schema["properties"].values(), *schema["$defs"]["Hmac"]["properties"].values()]:
        assert shown["title"]
        assert shown["description"]
        assert shown["x-i18n"]["zh-TW"]["title"]
