"""The options of `automation up`, as a user types them; our services are played by stand-ins."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from deploy.host_cli import app
from tests.support.stage import OWN, PROGRAM
from tests.support.system import CHECKOUT, STARTS_WITHIN, eventually


class Terminal:
    """Somebody before a terminal, with a home of their own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self._folder = folder

    def environment(self) -> dict[str, str]:
        own = {
            "AUTOMATION_PORT": "0",
            "STAND_IN_JOURNAL": str(self._folder / "journal"),
            "TMPDIR": str(self._folder),
        }
        return {**os.environ, "PYTHONPATH": str(CHECKOUT), "AUTOMATION_HOME": str(self.home), **own}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", *PROGRAM, *words],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        with self.start(*words) as process:
            out, err = process.communicate(timeout=STARTS_WITHIN.total_seconds())
        return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    if (terminal.home / "state.json").exists():
        terminal.run("down", "--now")


def test_it_goes_to_the_background_and_can_be_read_and_stopped(
    terminal: Terminal, used_home: Path
) -> None:
    shutil.copytree(used_home, terminal.home, ignore=OWN)
    up = terminal.run("up", "--background", "--executors", "1", "--no-ui")
    assert (up.returncode, up.stderr) == (0, "")
    state = json.loads(terminal.run("status", "--json").stdout)
    assert state["api_url"] in up.stdout
    pids = {each["name"]: each["pid"] for each in state["processes"]}
    assert [name for name in pids if "executor" in name] == ["executor-1"]
    assert psutil.Process(pids["api"]).environ()["AUTOMATION_PAGE"] == os.devnull
    assert terminal.run("logs", "executor", "-n", "1").stdout.count("\n") == 1
    unknown = terminal.run("logs", "nobody")
    assert (unknown.returncode, "executor-1" in unknown.stderr) == (1, True)

    assert terminal.run("down", "--now").stderr == "stopped\n"
    assert [name for name, pid in pids.items() if psutil.pid_exists(pid)] == []


def test_what_does_not_come_up_in_the_background_is_explained(terminal: Terminal) -> None:
    up = terminal.run("up", "--background", "--host", "203.0.113.1")

    assert (up.returncode, up.stdout) == (1, "")
    assert "this machine has no such address" in up.stderr


async def test_an_ephemeral_system_leaves_nothing(terminal: Terminal, tmp_path: Path) -> None:
    def homes(below: str = "") -> list[Path]:
        return list(tmp_path.glob(f"automation-*{below}"))

    up = terminal.start("up", "--ephemeral", "--executors", "1")
    with up:
        await eventually(
            lambda: homes("/home/state.json"),
            within=STARTS_WITHIN,
            what="the state of an ephemeral system",
        )
        assert not terminal.home.exists()
        up.terminate()
        await asyncio.to_thread(up.communicate)

    assert up.returncode == 0
    assert homes() == []


@pytest.mark.parametrize("other", [["--background"], ["--home", "x"]])
def test_contradictions_are_refused(other: list[str]) -> None:
    assert CliRunner().invoke(app, ["up", "--ephemeral", *other]).exit_code == 2


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    env = {"AUTOMATION_HOME": str(tmp_path), "AUTOMATION_EXECUTORS": "many"}
    asked = CliRunner().invoke(app, ["up"], env=env)

    assert asked.exit_code == 2
    assert "AUTOMATION_EXECUTORS=many" in asked.stderr
