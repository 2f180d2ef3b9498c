"""A person's shell: runs `automation` as a process, in an environment of its own.

shell("task", "list")           to its end, by the warm program (`warm.py`)
shell.installed("task", "list") to its end, by the installed program
shell.background("run", "logs", "-f", run)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.cli.warm import Program

PROGRAM = Path(sys.executable).with_name("automation")
SECONDS = 60.0
POLL_SECONDS = 0.02


@cache
def warm() -> Program:
    """Return the warm program of this test run."""
    return Program()


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """What stdout is as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()


class Background:
    """A command that goes on; what it says is kept in files, so that nothing is lost."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [PROGRAM, *words], env=env, stdout=out, stderr=err, stdin=subprocess.DEVNULL
            )

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def until_said(self, text: str) -> None:
        """Wait until *text* stands on stdout or stderr."""
        self._until(lambda: text in self.out + self.err, text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> Said:
        """Wait for the end."""
        try:
            code = self.process.wait(SECONDS)
        finally:
            self.process.kill()
        return Said(code, self.out, self.err)

    def _until(self, look: Any, what: str) -> None:  # noqa: ANN401 - a question
        deadline = time.monotonic() + SECONDS
        while not look():
            assert time.monotonic() < deadline, f"{what!r} was not said:\n{self.out}\n{self.err}"
            time.sleep(POLL_SECONDS)


@dataclass
class Shell:
    """One person before a terminal; nothing of the developer's own environment is seen."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[Background] = field(default_factory=list)

    def environment(self, **more: str | None) -> dict[str, str]:
        """Return the variables of a command."""
        given = {
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "AUTOMATION_HOME": str(self.folder / "no-home"),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "AUTOMATION_DEBUG": "1",  # a fault of the program has to be seen
            **self.env,
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    def __call__(self, *words: str, stdin: str = "", **env: str | None) -> Said:
        """Run a command to its end."""
        said = Said(*warm().run(words, self.environment(**env), stdin, within=SECONDS))
        assert "Traceback" not in said.err, said.err
        return said

    def installed(
        self, *words: str, stdout: int | IO[bytes] = subprocess.PIPE, **env: str | None
    ) -> Said:
        """Run the installed program to its end."""
        done = subprocess.run(
            [PROGRAM, *words],
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
        said = Said(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())
        assert "Traceback" not in said.err, said.err
        return said

    def ok(self, *words: str, stdin: str = "", **env: str | None) -> Said:
        """Run a command that has to succeed."""
        said = self(*words, stdin=stdin, **env)
        assert said.code == 0, f"{words}: {said}"
        return said

    def background(self, *words: str, **env: str | None) -> Background:
        """Start a command and go on."""
        folder = self.folder / f"background-{time.monotonic_ns()}"
        folder.mkdir()
        going = Background(words, self.environment(**env), folder)
        self.started.append(going)
        return going

    def close(self) -> None:
        """End what still goes on."""
        for each in self.started:
            each.process.kill()
            each.process.wait()

    def task(self, name: str, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
        """Create a task; return its id. What is not given does nothing, by hand."""
        made = {"task_type": "manual", "task_action": "noop", **fields, "name": name}
        said = self.ok("task", "create", "-f", "-", "-o", "json", stdin=json.dumps(made))
        return str(said.json["id"])
