"""Keepers (`keeper.py`) as the runtime sees them: start one, find one again, send it a signal.

A keeper is known by the lock that it holds and by the token in its file, and from then on by a
*pidfd*, which never means another process, whatever becomes of its number.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from services.account_runtime import keeper
from services.account_runtime.outcome import Ended
from services.account_runtime.record import write_durably

#: In the environment of everything that an account starts.
MARK = "AUTOMATION_ACCOUNT_FOLDER"
#: With this `automation up` marks what ends with it (`deploy/local/leftovers.py`); handed on.
SUPERVISED = "AUTOMATION_SUPERVISED"

#: How long a keeper may take from its lock to its file.
INTRODUCED_SECONDS = 5.0
POLL_SECONDS = 0.01

NOTE = "keeper.json"
LOCK = "keeper.lock"

log = logging.getLogger(__name__)


class Program(NamedTuple):
    """What a keeper has started."""

    pid: int


class Keeper:
    """One living keeper, ours or one that we found."""

    def __init__(self, folder: Path, token: str, pid: int, pidfd: int) -> None:
        self._folder, self._token = folder, token
        self._pid, self._pidfd = pid, pidfd
        self._ended = False

    @property
    def alive(self) -> bool:
        """False once it has ended; its note then says how."""
        return not self._ended

    def watch(self, on_end: Callable[[], None]) -> None:
        """Call *on_end* when it ends."""

        def ended() -> None:
            self._ended = True
            asyncio.get_running_loop().remove_reader(self._pidfd)
            with suppress(ChildProcessError):  # not our child: whoever adopted it collects it
                os.waitpid(self._pid, os.WNOHANG)
            on_end()

        asyncio.get_running_loop().add_reader(self._pidfd, ended)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; it hands TERM and HUP on, and kills all on USR1."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def program(self) -> Program | None:
        """Return what it has started, once it has."""
        note = _note(self._folder)
        found = note.get("program") if note.get("token") == self._token else None
        return Program(found["pid"]) if found else None

    def close(self) -> None:
        """Let go of it; it lives on."""
        if not self._ended:
            asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)


def environment(folder: Path) -> dict[str, str]:
    """Return what marks everything that an account starts."""
    marks = {MARK: str(folder)}
    if SUPERVISED in os.environ:
        marks[SUPERVISED] = os.environ[SUPERVISED]
    return marks


def start(folder: Path, token: str) -> Keeper:
    """Start a keeper for what the record in *folder* says, in a session of its own.

    Raises:
        OSError: the machine has no room for another process.
    """
    words = [sys.executable, "-I", "-S", keeper.__file__, str(folder), token]
    trouble = os.open(folder / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        pid = os.posix_spawn(
            words[0],
            words,
            environment(folder),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, trouble, 1),
                (os.POSIX_SPAWN_DUP2, trouble, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(trouble)
    return Keeper(folder, token, pid, os.pidfd_open(pid))


async def find(folder: Path, token: str) -> Keeper | None:
    """Return the keeper of a start, if it lives; else see to it that it never will.

    A keeper of another start, which nobody waits for any more, is ended.
    """
    until = asyncio.get_running_loop().time() + INTRODUCED_SECONDS
    while not _bury(folder, token):
        found = _living(folder)
        if found and found[1] == token:
            return Keeper(folder, token, found[0], found[2])
        if found:
            await _end(found)
        elif asyncio.get_running_loop().time() > until:
            await end_marked(folder)
        await asyncio.sleep(POLL_SECONDS)
    return None


def how_ended(folder: Path, token: str) -> Ended | None:
    """Return how the program of a start ended; None: its keeper was killed and could not say."""
    note = _note(folder)
    end = note.get("end") if note.get("token") == token else None
    if end is None:
        return None
    if end.get("unseen"):
        return Ended(unseen=True)
    number = end.get("signal")
    name = signal.Signals(number).name if number in list(signal.Signals) else number
    return Ended(code=end.get("code"), signal=str(name) if name else None, error=end.get("error"))


async def end_marked(folder: Path) -> None:
    """Kill whatever the account has started, keepers and all, and wait until it is gone."""
    await asyncio.to_thread(_end_marked, folder)


def _end_marked(folder: Path) -> None:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(folder):
                found.append(process)
                process.kill()
    until = time.monotonic() + INTRODUCED_SECONDS
    while any(map(_lives, found)) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)


def _lives(process: psutil.Process) -> bool:
    """Say whether it does anything; who collects a dead one is not us, and may take seconds."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _bury(folder: Path, token: str) -> bool:
    """Use a token up, unless a keeper lives; return False if one does.

    Under the lock, so that a keeper that was started and has not come so far finds it used.
    """
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note = _note(folder)
        if note.get("token") != token or note.get("end") is None:
            ghost: Mapping[str, Any] = {"token": token, "end": {"unseen": True}}
            write_durably(folder / NOTE, json.dumps(ghost).encode())
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _living(folder: Path) -> tuple[int, str, int] | None:
    """Return the keeper that has introduced itself and lives: its pid, its token, a pidfd."""
    note = _note(folder)
    who = note.get("keeper")
    if not who:
        return None
    try:
        pidfd = os.pidfd_open(who["pid"])
    except ProcessLookupError:
        return None
    if keeper.identity(who["pid"]) != who:  # the number belongs to somebody else by now
        os.close(pidfd)
        return None
    return who["pid"], note["token"], pidfd


async def _end(found: tuple[int, str, int]) -> None:
    pid, token, pidfd = found
    log.warning("a keeper that nobody waits for is ended", extra={"pid": pid, "token": token})
    try:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGUSR1)
    finally:
        os.close(pidfd)


def _note(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
