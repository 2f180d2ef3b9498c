"""Run a program for an action and hear what it says, line by line, while it runs.

The program has a keeper (`keeper.py`), and this is the other end of its line. Cancelling the caller
ends the program and all that it has started, politely first. What it says beyond a limit is read
and thrown away, so that it never waits for us.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from shared.contracts.action import ActionFailed

KEEPER = Path(__file__).with_name("keeper.py")

#: From SIGTERM to SIGKILL. An action has ten seconds to stop in all.
GRACE = 5.0  # seconds
#: A word to the keeper.
STOP = b"stop\n"
CHUNK = 64 * 1024
#: A longer line is told in parts.
LINE_MAX = 8 * 1024  # bytes

Hear = Callable[[str], None]


class User(NamedTuple):
    """Whom a program runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is run, and how."""

    argv: Sequence[str]
    """Begins with a full path; there is no shell and no search."""
    env: Mapping[str, str]
    """All of its environment: nothing is inherited."""
    folder: str
    stdin: bytes = b""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Of `setrlimit`, such as `CPU` and `AS`."""
    user: User | None = None
    output_max: int = 1 << 20
    """Bytes that are heard of each of its outputs."""
    grace: float = GRACE


@dataclass(slots=True)
class Ended:
    """How a program ended."""

    code: int | None = None
    """None: a signal ended it."""
    signal: int | None = None
    output: bytes = b""
    """What it wrote to its standard output, if nobody wanted to hear the lines."""
    truncated: bool = False
    """It said more than was heard."""

    @property
    def words(self) -> str:
        """How it ended, in words."""
        return f"exit code {self.code}" if self.signal is None else f"signal {self.signal}"


def python_module(name: str, *, folder: str, stdin: bytes) -> Program:
    """Return one of our own modules as a program, which can import whatever we can."""
    return Program(
        # -P: the folder that it works in has no say in what is imported.
        argv=(sys.executable, "-P", "-u", "-m", name),
        env={
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(str(Path(each).resolve()) for each in sys.path),
        },
        folder=folder,
        stdin=stdin,
        limits={"CORE": 0},  # what it is given to read may hold secrets
    )


async def run(program: Program, *, hear: Hear | None, hear_errors: Hear) -> Ended:
    """Run to the end.

    *hear* gets the lines of its standard output, *hear_errors* those of the other one. Without
    *hear*, the output is kept.

    Raises:
        ActionFailed: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)  # noqa: FBT003 - its signature
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _START, str(KEEPER), str(theirs.fileno())),
            stdin=PIPE if program.stdin else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            pass_fds=(theirs.fileno(),),
            env={},
            cwd="/",
        )
        theirs.close()
        try:
            end, ended = await _spoken_with(process, ours, program, hear, hear_errors)
        except BaseException:
            with suppress(OSError):  # it has ended already
                ours.send(STOP)
            # Shielded: a second cancellation must not leave the program behind.
            await asyncio.shield(_gone(process))
            raise
    if "problem" in end:
        raise ActionFailed(f"{program.argv[0]} cannot be run: {end['problem']}", permanent=True)
    ended.code, ended.signal = end.get("code"), end.get("signal")
    return ended


#: The line becomes descriptor 3, whatever its number here; then the keeper begins.
_START = """
import os, runpy, sys
if int(sys.argv[2]) != 3:
    os.dup2(int(sys.argv[2]), 3)
    os.close(int(sys.argv[2]))
os.set_inheritable(3, False)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


async def _spoken_with(
    process: asyncio.subprocess.Process,
    line: socket.socket,
    program: Program,
    hear: Hear | None,
    hear_errors: Hear,
) -> tuple[dict[str, Any], Ended]:
    loop = asyncio.get_running_loop()
    order = {
        "argv": list(program.argv),
        "env": dict(program.env),
        "folder": program.folder,
        "limits": dict(program.limits),
        "user": program.user,
        "grace": program.grace,
    }
    await loop.sock_sendall(line, json.dumps(order).encode() + b"\n")
    ended = Ended()
    kept = bytearray()
    lines = _Lines(hear) if hear else None
    errors = _Lines(hear_errors)
    async with asyncio.TaskGroup() as group:
        group.create_task(_write(process.stdin, program.stdin))
        group.create_task(
            _read(process.stdout, lines.add if lines else kept.extend, program.output_max, ended)
        )
        group.create_task(_read(process.stderr, errors.add, program.output_max, ended))
        said = group.create_task(_last_word(line))
    for each in (lines, errors):
        if each:
            each.end()
    await process.wait()
    ended.output = bytes(kept)
    return said.result(), ended


async def _last_word(line: socket.socket) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    said = b""
    while not said.endswith(b"\n"):
        part = await loop.sock_recv(line, CHUNK)
        if not part:  # somebody killed the keeper, and with it the program
            return {"signal": 9}
        said += part
    word: dict[str, Any] = json.loads(said)
    return word


async def _write(stdin: asyncio.StreamWriter | None, text: bytes) -> None:
    if stdin is None:
        return
    with suppress(ConnectionError):  # it does not want to hear it all
        stdin.write(text)
        await stdin.drain()
    stdin.close()


async def _read(
    source: asyncio.StreamReader | None, take: Callable[[bytes], None], most: int, ended: Ended
) -> None:
    if source is None:
        return
    left = most
    while chunk := await source.read(CHUNK):
        ended.truncated = ended.truncated or len(chunk) > left
        if left:
            take(chunk[:left])
        left = max(left - len(chunk), 0)


async def _gone(process: asyncio.subprocess.Process) -> None:
    # What still comes is not heard; a pipe that is full must not keep it from ending.
    await process.communicate()


class _Lines:
    """Cuts what comes into lines."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._rest = b""

    def add(self, chunk: bytes) -> None:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for each in whole:
            self._tell(each)
        while len(self._rest) > LINE_MAX:
            self._tell(self._rest[:LINE_MAX])
            self._rest = self._rest[LINE_MAX:]

    def end(self) -> None:
        if self._rest:
            self._tell(self._rest)

    def _tell(self, line: bytes) -> None:
        self._hear(line.decode(errors="replace").rstrip("\r"))
