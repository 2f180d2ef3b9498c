"""Every exit code, each met for its own cause, and told in both languages."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cli.shell import PROGRAM, Said, Shell


class _Server(BaseHTTPRequestHandler):
    """Something else that listens: a page, a redirection, silence."""

    def do_GET(self) -> None:
        if "/queues" in self.path:
            self.server.released.wait(30)  # type: ignore[attr-defined] # see `stranger`
        if "/task-list" in self.path:
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.example/")
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "12")
        self.end_headers()
        self.wfile.write(b"<html>hello ")

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    """Give the address of a server that is not ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    server.released = threading.Event()  # type: ignore[attr-defined] # the handler's
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.released.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


def test_0_done(shell: Shell) -> None:
    assert shell("queue", "list").code == 0


def test_1_failed(shell: Shell) -> None:
    shell.task("fails", action_config={"fail": True})

    assert shell("task", "run", "fails", "--wait").code == 1


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_2_misused(shell: Shell, language: str) -> None:
    for words in (
        ("task", "list", "--bogus"),
        ("task", "nonsense"),
        ("task", "get"),
        ("task", "list", "-o", "pdf"),
        ("task", "list", "--limit", "many"),
        ("task", "list", "--tz", "Mars/Base"),
        ("task", "list", "-q", "nonsense:1"),
        ("task", "create", "x", "--action", "no_such_action"),
        ("apply", "-f", "/nowhere.yaml"),
    ):
        said = shell(*words, AUTOMATION_LANG=language)
        is_chinese = any(ord(mark) > 0x2E80 for mark in said.err)
        assert (said.code, said.out, is_chinese) == (2, "", language == "zh-TW"), (words, said)
        assert said.err, words


def test_3_not_found(shell: Shell) -> None:
    assert shell("task", "get", "00000000-0000-4000-8000-000000000000").code == 3
    assert shell("task", "get", "nobody").err == "There is no task 'nobody'.\n"
    assert shell("task", "get", "nobody", "--lang", "zh-TW").err == "沒有「nobody」這個任務。\n"
    assert shell("task", "list", "--context", "nobody").code == 3


def test_4_not_allowed(shell: Shell) -> None:
    nobody = shell("task", "list", AUTOMATION_TOKEN=None)
    reader = shell.ok("token", "create", "reader", "--scope", "tasks:read").out.strip()

    assert nobody.code == 4
    assert "AUTOMATION_TOKEN" in nobody.err
    assert shell("task", "list", AUTOMATION_TOKEN=reader).code == 0
    assert shell("task", "create", "x", "--action", "noop", AUTOMATION_TOKEN=reader).code == 4


def test_5_conflict(shell: Shell) -> None:
    shell.task("double")
    shell.task("double")

    assert shell("task", "get", "double").code == 5


def test_6_unreachable(shell: Shell, stranger: str) -> None:
    away = shell("task", "list", AUTOMATION_SERVER="http://127.0.0.1:1")
    page = shell("template", "list", AUTOMATION_SERVER=stranger)
    elsewhere = shell("task", "list", AUTOMATION_SERVER=stranger)
    nowhere = shell("task", "list", AUTOMATION_SERVER="http://no-such-host.invalid")

    assert [each.code for each in (away, page, elsewhere, nowhere)] == [6, 6, 6, 6]
    assert "127.0.0.1:1 does not answer" in away.err
    assert "is not the API" in page.err
    assert "elsewhere.example" in elsewhere.err


def test_124_timed_out(shell: Shell, stranger: str) -> None:
    said = shell("queue", "list", "--timeout", "1s", AUTOMATION_SERVER=stranger)

    assert said.code == 124
    assert said.err == "The time given is over.\n"


def test_no_server_is_named(alone: Shell) -> None:
    said = alone("task", "list")

    assert said.code == 2
    assert "automation context add" in said.err


def test_the_installed_program_ends_with_them_too(shell: Shell, alone: Shell) -> None:
    """All others are met by the warm one."""
    assert shell.installed("task", "list", "-q", "name:nobody", "-o", "json") == Said(0, "[]\n", "")
    assert shell.installed("task", "get", "nobody").code == 3
    assert alone.installed("task", "list").code == 2


def test_a_reader_that_leaves_is_no_error(shell: Shell) -> None:
    for number in range(3):
        shell.task(f"piped-{number}")
    done = subprocess.run(
        [
            "/bin/bash",
            "-c",
            f"{PROGRAM} task list -o json --limit 0 | head -c 1; echo ${{PIPESTATUS[0]}}",
        ],
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.startswith("[")


def test_a_closed_stdout_ends_silently(shell: Shell) -> None:
    shell.task("closed")
    reading, writing = os.pipe()
    os.close(reading)
    said = shell.installed("task", "list", stdout=writing)
    os.close(writing)

    assert (said.code, said.err) == (128 + signal.SIGPIPE, "")
