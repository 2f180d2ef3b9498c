"""The HTTP action against servers that mean no good: each ends with a reason, soon and small."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from services.executor.actions.http.params import READ_MAX
from services.executor.actions.http.request import HttpRequest
from shared.contracts.action import Outcome
from tests.integration.actions.http_calls import failure, params
from tests.integration.actions.odd_server import Seen, serving
from tests.support.context import RecordingContext


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
        # Long enough for the head to come on a machine under load: without it there is no drip.
        asked = params(server.url()).model_copy(update={"timeout_seconds": 2.0})
        failed = await failure(action, asked, context)
        await server.gone.wait()

    assert not failed.permanent
    assert str(failed) == "no complete answer within 2 s"
    assert failed.data["status"] == 200
    assert 0 < failed.data["bytes"] < 60


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


async def test_any_bytes_become_harmless_text(
    action: HttpRequest, context: RecordingContext
) -> None:
    texts = [
        ("text/plain", b"caf\xc3\xa9 \xff\xfe", "café \\xff\\xfe"),
        ("text/plain; charset=big5", "中文".encode("big5"), "中文"),
        ("text/plain; charset=hex", b"6869", "6869"),
        ("text/plain; charset=nonsense", b"hi", "hi"),
        ("text/plain", b"a\x00b\x1b[31m\xe2\x80\xae", "a\\x00b\\x1b[31m\\u202e"),
        ("application/json", b'{"a":\n1}', '{"a":\n1}'),
    ]
    async with serving() as server:
        for content_type, body, excerpt in texts:
            head = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
            server.respond = f"HTTP/1.1 200 OK\r\n{head}".encode() + body
            outcome = await action.run(params(server.url()), context)

            assert outcome.data["excerpt"] == excerpt, content_type


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


async def test_a_broken_answer_is_a_failure_worth_another_try(
    action: HttpRequest, context: RecordingContext
) -> None:
    answers = iter(
        broken := [
            b"",
            b"SSH-2.0-OpenSSH_9\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        ]
    )

    async def respond(seen: Seen, writer: asyncio.StreamWriter) -> None:
        del seen
        writer.write(next(answers))
        await writer.drain()
        raise ConnectionError

    async with serving(respond) as server:
        for each in broken:
            failed = await failure(action, params(server.url()), context)

            assert not failed.permanent, each[:60]
            assert str(failed), each[:60]


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
