"""Accounts that are bad ones: they crash, do not listen, are not well, want a person."""

from __future__ import annotations

import os
import signal
import sys
from uuid import UUID

import pytest

from tests.integration.account_runtime.place import (
    Place,
    demo,
    eventually,
    marked,
)

#: Answers with half of a character, and with NUL.
ODD = r"""
import http.server, sys
class Odd(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
        self.wfile.write(
            b'{"state": "needs_login", "detail": "half \ud800 and \u0000none",'
            b' "script_version": "v1\u0000\udfff"}'
        )
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Odd).serve_forever()
"""

#: Is well until there is a file; the next one is well again.
FRAIL = r"""
import http.server, pathlib, sys
sick = pathlib.Path("sick")
sick.unlink(missing_ok=True)
class Frail(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500 if sick.exists() else 200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Frail).serve_forever()
"""

#: Takes a question, and never answers.
MUTE = r"""
import pathlib, signal, socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
pathlib.Path("ready").touch()
asked = listening.accept()
pathlib.Path("asked").touch()
signal.pause()
"""


async def test_a_crash_is_started_again_until_it_is_quarantined_and_a_new_wish_wakes_it(
    place: Place,
) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=place.crasher(3))
        end = await platform.until(account, "quarantined")
        assert end.restarts == 2
        assert end.detail == (
            "it failed 3 times within 3600 s; the last time: it ended with exit code 3"
        )
        said = (place.folder(account) / "output.log").read_text()
        assert said.count("crashes") == 3
        assert place.everything() == []

        await platform.want(account, config=place.sleeper())
        back = await platform.until(account, "working")
        assert back.restarts == 0


async def test_one_that_is_never_to_be_started_again_has_failed(place: Place) -> None:
    async with place.here():
        account = await place.platform.want(config=place.crasher(1, restart={"max": 0}))
        state = await place.platform.until(account, "failed")
        assert state.detail == "it ended with exit code 1"
        assert place.platform.states(account) == ["starting", "failed"]


async def test_what_does_not_heed_term_is_killed_with_all_that_it_started(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=demo("--deaf", "--child"))
        await platform.until(account, "working")
        assert len(place.everything()) == 3, "a keeper, a program, and its child in another session"
        await platform.want(account, "stopped", drain={"mode": "graceful", "wait_seconds": 0.1})
        await platform.until(account, "stopped")
        assert place.everything() == []
        assert "does not listen" in (place.folder(account) / "output.log").read_text()


async def test_one_that_is_not_well_is_started_again(place: Place) -> None:
    frail = place.program("frail", f"#!{sys.executable} -IS\n{FRAIL}")
    health = {"kind": "http", "interval_seconds": 0.05, "failures": 2}
    runtime = {"command": [frail, "{port}"], "ready": {"kind": "http"}, "health": health}
    async with place.here(runtime_programs=frail):
        account = await place.platform.want(config={"runtime": runtime})
        well = await place.platform.until(account, "working", but=lambda state: state.healthy)
        (place.home_of(account) / "sick").touch()
        again = await place.platform.until(
            account, "working", but=lambda state: state.restarts == 1 and state.healthy
        )
        assert again.pid != well.pid
    [sick] = [each for each in place.platform.of(account) if each.state == "stopping"][:1]
    assert sick.healthy is False
    assert sick.detail is not None
    assert sick.detail.startswith("it is not well: it answers 500")


async def test_one_that_never_gets_ready_is_started_again_and_given_up(place: Place) -> None:
    config = place.sleeper(ready={"kind": "file", "timeout_seconds": 0.1})
    async with place.here():
        account = await place.platform.want(config=config)
        end = await place.platform.until(account, "quarantined")
        assert "not ready within 0.1 s: " in (end.detail or "")
        assert "working" not in place.platform.states(account)


async def test_one_that_needs_a_log_in_says_so_and_works_once_somebody_has(place: Place) -> None:
    platform = place.platform
    config = demo("--needs-login", "{folder}/logged-in")
    async with place.here():
        account = await platform.want(config=config)
        waiting = await platform.until(account, "needs_login")
        (place.home_of(account) / "logged-in").touch()
        working = await platform.until(account, "working")
        assert working.pid == waiting.pid
        assert "stopping" not in platform.states(account)


async def test_one_that_ends_because_it_needs_a_log_in_waits_for_a_new_wish(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=place.crasher(77))
        state = await platform.until(account, "needs_login")
        assert (state.pid, state.restarts) == (None, 0)
        await platform.want(account)  # somebody has logged in, and starts it again
        await platform.until(account, "needs_login")
        assert (place.folder(account) / "output.log").read_text().count("crashes") == 2


async def test_a_keeper_that_is_killed_takes_its_program_along(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=demo("--child"))
        first = await platform.until(account, "working")
        keeper = _keeper(place, account)
        os.kill(keeper, signal.SIGKILL)
        second = await platform.until(account, "working", but=lambda state: state.restarts == 1)
        assert place.programs(account) >= {second.pid}
        assert first.pid not in place.programs(account)
        assert len(place.everything()) == 3, "its child, whom nobody killed, is gone as well"


async def test_a_keeper_that_stands_still_is_no_shelter(place: Place) -> None:
    platform = place.platform
    async with place.here():
        account = await platform.want(config=place.sleeper())
        await platform.until(account, "working")
        os.kill(_keeper(place, account), signal.SIGSTOP)
        await platform.want(account, "stopped", drain={"mode": "now"})
        await platform.until(account, "stopped")
        assert place.everything() == []


async def test_what_cannot_be_run_has_failed_and_says_why(place: Place) -> None:
    platform = place.platform
    why = {
        "nothing": ({}, "config.runtime is missing"),
        "a shell": ({"runtime": {"command": ["sh"]}}, "'sh' is not among the programs"),
        "no words": ({"runtime": {"command": []}}, "config.runtime.command: List should have"),
        "gone": ({"runtime": {"command": ["gone"]}}, "there is no such program here"),
        "no program": ({"runtime": {"command": [str(place.home / "bad")]}}, "cannot be started"),
    }
    place.program("bad", "#!/no/such/interpreter\n")
    async with place.here(runtime_programs=f"demo-account,gone,{place.home}/bad"):
        for name, (config, detail) in why.items():
            account = await platform.want(config=config)
            state = await platform.until(account, "failed")
            assert detail in (state.detail or ""), name


async def test_what_a_program_says_can_always_be_written_down(place: Place) -> None:
    odd = place.program("odd", f"#!{sys.executable} -IS\n{ODD}")
    config = {"runtime": {"command": [odd, "{port}"], "ready": {"kind": "http"}}}
    async with place.here(runtime_programs=odd):
        account = await place.platform.want(config=config, script=None)
        state = await place.platform.until(account, "needs_login")
        assert state.detail == "half  and none"
        assert state.script is not None
        assert state.script.version == "v1"
        await place.platform.want(account, "stopped")
        await place.platform.until(account, "stopped")


async def test_a_pipe_where_a_file_is_to_be_is_not_waited_for(place: Place) -> None:
    piper = place.program("piper", "#!/bin/sh\nmkfifo ready\nexec sleep 600\n")
    ready = {"kind": "file", "timeout_seconds": 0.5}
    config = {"runtime": {"command": [piper], "ready": ready, "restart": {"max": 0}}}
    async with place.here(runtime_programs=piper):
        account = await place.platform.want(config=config)
        state = await place.platform.until(account, "failed")
        assert "not ready within 0.5 s: " in (state.detail or "")


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_stop_does_not_wait_for_the_answer_of_one_that_hangs(
    place: Place, *, leaves: bool
) -> None:
    mute = place.program("mute", f"#!{sys.executable} -IS\n{MUTE}")
    health = {"kind": "http", "interval_seconds": 0.05, "timeout_seconds": 60}
    runtime = {"command": [mute, "{port}"], "ready": {"kind": "file"}, "health": health}
    async with place.here(runtime_programs=mute, runtime_on_stop="stop") as house:
        account = await place.platform.want(config={"runtime": runtime})
        await place.platform.until(account, "working")
        await eventually((place.home_of(account) / "asked").exists, "it was asked how it is")
        if leaves:
            await house.runtime.stop_all(20.0)
            assert place.everything() == []
        else:
            await place.platform.want(account, "stopped")
            await place.platform.until(account, "stopped")


async def test_its_output_is_kept_but_never_fills_the_disk(place: Place) -> None:
    loud = place.program(
        "loud", '#!/bin/sh\nprintenv\nseq -w 100000\ntouch "$HOME/ready"\nexec sleep 600\n'
    )
    runtime = {"command": [loud], "env": {"WHO": "{account_id}", "RAW": "{nobody}$HOME"}}
    config = {"runtime": {**runtime, "ready": {"kind": "file"}}}
    async with place.here(runtime_programs=loud, runtime_log_bytes=64 << 10):
        account = await place.platform.want(config=config)
        await place.platform.until(account, "working")
        new, old = (place.folder(account) / name for name in ("output.log", "output.log.1"))
        await eventually(lambda: new.read_text().endswith("100000\n"), "its last line")
        assert max(new.stat().st_size, old.stat().st_size) <= 64 << 10


async def test_nothing_is_inherited_and_no_shell_looks_at_the_words(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_all = place.program(
        "print-all",
        '#!/bin/sh\nprintenv\nprintf "<%s>\\n" "$@"\ntouch "$HOME/ready"\nexec sleep 600\n',
    )
    monkeypatch.setenv("AUTOMATION_OF_THE_RUNTIME", "must not be seen")
    runtime = {
        "command": [print_all, "$HOME; `id`", "{account_id}", "{nobody}"],
        "env": {"WHO": "{account_id} {port}"},
        "ready": {"kind": "file"},
    }
    async with place.here(runtime_programs=print_all):
        account = await place.platform.want(config={"runtime": runtime}, account_id="{port}")
        await place.platform.until(account, "working")
        said = (place.folder(account) / "output.log").read_text()
    assert "must not be seen" not in said
    assert "<$HOME; `id`>\n<{port}>\n<{nobody}>" in said
    assert "WHO={port} " in said


def _keeper(place: Place, account: UUID) -> int:
    found = marked(str(place.folder(account)))
    return next(each.pid for each in found if "keeper.py" in " ".join(each.cmdline()))
