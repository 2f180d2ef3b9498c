"""Where the HTTP action may go, redirects and names that change their minds included."""

from __future__ import annotations

import asyncio
import sys
from ipaddress import ip_address
from typing import Any

import pytest

from services.executor.actions.http.request import HttpRequest
from shared.egress.address import Address
from tests.integration.actions.http_calls import KEY, failure, params
from tests.integration.actions.odd_server import OK, Seen, serving
from tests.support.context import RecordingContext

connected: list[str] = []


def _note_connects(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        connected.append(arguments[1][0])


sys.addaudithook(_note_connects)  # can never be removed, hence once and cheap


@pytest.fixture(autouse=True)
def _nothing_connected_yet() -> None:
    connected.clear()


async def test_nothing_private_is_called_without_the_allow_list(action: HttpRequest) -> None:
    async with serving() as server:
        failed = await failure(action, params(server.url()), RecordingContext())

    assert failed.permanent
    assert "blocked address" in str(failed)
    assert (server.connections, connected) == (0, [])


async def test_no_notation_of_loopback_gets_through(action: HttpRequest) -> None:
    for host in ("127.1", "2130706433", "0x7f000001", "localhost", "[::1]"):
        failed = await failure(action, params(f"http://{host}:8000/"), RecordingContext())

        assert (failed.permanent, connected) == (True, []), host


async def test_a_name_that_changes_its_mind_is_judged_again(
    context: RecordingContext,
) -> None:
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


async def test_a_redirect_leads_to_nothing_forbidden(
    action: HttpRequest, context: RecordingContext
) -> None:
    forbidden = (
        "http://127.0.0.2:9/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://localhost.localdomain.invalid/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://user:secret@127.0.0.1/",
        "http://[::1",
    )
    async with serving() as server:
        for location in forbidden:
            server.respond = moved(location)
            failed = await failure(action, params(server.url()), context)

            assert failed.permanent or "cannot be resolved" in str(failed), location
            assert set(connected) == {"127.0.0.1"}, location
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
