"""A server that means harm, and surroundings in which little works: the token stays, words come."""

from __future__ import annotations

import gzip
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.cli.client import Client
from services.cli.contexts import Place
from services.cli.deadline import Deadline
from services.cli.failures import Misused
from tests.cli.shell import Shell
from tests.cli.test_network import certified

TOKEN = "auto_secret-of-a-person"  # noqa: S105 - of nobody
RUN = "0b0e9c3e-9f5e-4d53-8f0e-0d6c5f7c1f10"

Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(
    answering: Answering, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Serve; yield the address, and the tokens that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.headers.get("Authorization", ""))
            answering(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", came
    finally:
        server.shutdown()
        server.server_close()


def saying(body: bytes, status: int = 200, **headers: str) -> Answering:
    """Answer always the same."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def without_end(request: BaseHTTPRequestHandler) -> None:
    """Send one megabyte after the other."""
    request.send_response(200)
    request.end_headers()
    piece = b"[" * (1 << 20)
    try:
        while True:
            request.wfile.write(piece)
    except OSError:
        pass


def test_a_token_follows_no_redirection(alone: Shell) -> None:
    with serving(saying(b"{}")) as (elsewhere, stolen):
        to = saying(b"", 307, Location=f"{elsewhere}/api")
        with serving(to) as (address, came):
            said = alone("queue", "list", AUTOMATION_SERVER=address, AUTOMATION_TOKEN=TOKEN)

    assert came == [f"Bearer {TOKEN}"]
    assert stolen == []
    assert said.code == 6
    assert elsewhere in said.err


def test_an_answer_without_end_is_not_waited_for(alone: Shell) -> None:
    with serving(without_end) as (address, _):
        said = alone("queue", "list", AUTOMATION_SERVER=address)

    assert said.code == 1
    assert "answers without end" in said.err


def test_a_small_answer_does_not_unfold_in_memory(alone: Shell) -> None:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.headers.get("Accept-Encoding", ""))
        saying(gzip.compress(b"[]"), Content_Encoding="gzip")(request)

    with serving(answer) as (address, _):
        said = alone("queue", "list", AUTOMATION_SERVER=address, AUTOMATION_DEBUG=None)

    assert asked == ["identity"]
    assert said.code != 0, "what came is not unpacked"


def test_an_answer_of_another_shape_is_told_in_words(alone: Shell) -> None:
    for body in (
        b"[" * 100_000,
        b'"a text"',
        b'{"items": 3}',
        b'{"other": []}',
        b'[{"no": "name"}, 7]',
        b"not gzip",
    ):
        encoding = {"Content_Encoding": "gzip"} if body == b"not gzip" else {}
        with serving(saying(body, 200, **encoding)) as (address, _):
            said = alone("queue", "list", AUTOMATION_SERVER=address, AUTOMATION_DEBUG=None)
        assert (said.code, bool(said.err)) == (6, True), (body[:20], said)


def test_what_nobody_thought_of_is_told_in_words(alone: Shell) -> None:
    with serving(saying(b'{"started_at": "no time"}')) as (address, _):
        said = alone(*("run", "watch", RUN), AUTOMATION_SERVER=address, AUTOMATION_DEBUG=None)

    assert said.code == 1
    assert "Unexpected: " in said.err


def test_what_a_server_refuses_with_is_shown_as_text(alone: Shell) -> None:
    body = json.dumps({"detail": "\x1b]0;mine\x07\x1b[2J\u202eabc"}).encode()
    with serving(saying(body, 403)) as (address, _):
        said = alone("queue", "list", AUTOMATION_SERVER=address)

    assert said.code == 4
    assert not set(said.err) & {"\x1b", "\x07", "\u202e"}


def test_a_server_proves_who_it_is_however_https_is_spelled(alone: Shell, tmp_path: Path) -> None:
    _, context = certified(tmp_path)
    with serving(saying(b"[]"), context) as (address, came):
        for scheme in ("https", "HTTPS", "Https"):
            server = address.replace("http", scheme, 1)
            said = alone("queue", "list", AUTOMATION_SERVER=server, AUTOMATION_TOKEN=TOKEN)
            assert (said.code, "certificate verify failed" in said.err) == (6, True), said

    assert came == []


def test_a_token_that_is_none_is_not_quoted() -> None:
    for token in (f"{TOKEN}\nx", f"{TOKEN}\x00", f"{TOKEN} x", f"{TOKEN}\u4e00"):
        place = Place(server="http://127.0.0.1:1", source="test", token=token)
        with pytest.raises(Misused) as refused:
            Client(place, deadline=Deadline(5)).get("/queues")
        assert TOKEN not in refused.value.text


@pytest.mark.parametrize("server", ["http://127.evil.example", "HTTP://evil.example"])
def test_a_token_in_the_clear_is_told_of(alone: Shell, server: str) -> None:
    said = alone(
        "queue", "list", "--timeout", "1s", AUTOMATION_SERVER=server, AUTOMATION_TOKEN=TOKEN
    )

    assert "in the clear" in said.err


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_terminal_without_chinese_is_shown_codes(alone: Shell, encoding: str) -> None:
    said = alone.installed("--lang", "zh-TW", "--help", PYTHONIOENCODING=encoding)

    assert said.code == 0
    assert "\\u" in said.out


def test_a_reader_who_goes_is_no_failure_of_the_command(alone: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    said = alone.installed("--help", stdout=writing)
    os.close(writing)

    assert (said.code, said.err) == (141, "")


def test_output_that_fits_nowhere_is_told(alone: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        said = alone.installed("--help", stdout=full)

    assert said.code == 1
    assert "No space left" in said.err


def test_the_editor_is_told_no_token(alone: Shell) -> None:
    task = {"id": RUN, "name": "edited", "version": 1}
    seen, editor = alone.folder / "seen", alone.folder / "editor"
    editor.write_text(f"#!/bin/sh\nenv > {seen}\n")
    editor.chmod(0o755)
    alone.ok(
        *("context", "add", "prod", "--server", "http://127.0.0.1:1", "--token-env", "PROD_TOKEN")
    )
    with serving(saying(json.dumps(task).encode(), ETag='"1"')) as (address, _):
        alone.ok(
            *("task", "edit", RUN),
            AUTOMATION_SERVER=address,
            AUTOMATION_TOKEN=TOKEN,
            PROD_TOKEN=TOKEN,
            EDITOR=str(editor),
        )

    assert "AUTOMATION_SERVER" in seen.read_text()
    assert TOKEN not in seen.read_text()
