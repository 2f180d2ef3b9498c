"""The parent of one account's program, alone with it: outlives the runtime, forgets nothing.

Run as `python -I -S keeper.py FOLDER TOKEN`, with little of the standard library (no pathlib), so
that it is up in 20 ms and small. It knows how its program ended, whoever is there to ask: the exit
code goes into a file. What the program says goes into a file of bounded size, also while no runtime
is there.

    keeper.lock    held (flock) for as long as this process lives: at most one keeper per account
    account.json   the runtime's; `run` in it says what to start, and under which token
    home/          where the program works
    keeper.json    ours: who we are, what we started, and how it ended

It starts a program only while it holds the lock, only if the runtime still wants this token, and
each token once: a keeper that comes late, because the runtime that started it was killed meanwhile,
finds that another token is wanted, or that its own is used up, and goes.

    TERM   passed on to the program: end in order        USR1   kill it and all that it started
    HUP    passed on: read the script again

Whatever the program starts stays below us (we are its *subreaper*) and ends with it, even what has
left its process group. If we are killed, Linux kills the program (its parent-death signal); what is
left of it the runtime finds by its environment.

The keeper of an action's program (`executor/actions/keeper.py`) ends with its executor. What both
do alike (subreaper, parent-death signal, the search for children) is written in both: neither can
import anything of ours.
"""

# ruff: noqa: PTH105, PTH123, PTH208
from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import sys
import time
from typing import Any

ENDED = 0
TAKEN = 3
NOT_WANTED = 4

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
#: Whoever just looks whether the lock is held has it for an instant.
LOCK_SECONDS = 1.0
CHUNK = 1 << 16

_libc = ctypes.CDLL(None, use_errno=True)


def main(folder: str, token: str) -> int:
    """Start the program, wait for its end, note it."""
    os.umask(0o077)
    os.chdir(folder)
    lock = os.open("keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(lock):
        return TAKEN
    run = (_read("account.json") or {}).get("run") or {}
    if run.get("token") != token or (_read("keeper.json") or {}).get("token") == token:
        return NOT_WANTED
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    note = {"token": token, "keeper": _self(), "program": None, "end": None}
    _write("keeper.json", note)
    _Keeper(run, note).keep()
    return ENDED


class _Keeper:
    """One program, its output and its end."""

    def __init__(self, run: dict[str, Any], note: dict[str, Any]) -> None:
        self._run, self._note = run, note
        self._output = _Output("output.log", int(run["log_bytes"]))
        self._news, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        self._program = 0
        self._end: dict[str, int] | None = None

    def keep(self) -> None:
        """Live as long as the program."""
        voice, error = self._start()
        if error:
            self._note["end"] = {"error": error}
        else:
            self._note["program"] = identity(self._program)
            _write("keeper.json", self._note)
            self._listen(voice)
            _end_all(self._program)
            self._output.rest(voice)
            self._note["end"] = self._end
        _write("keeper.json", self._note)

    def _start(self) -> tuple[int, str]:
        """Return the end of a pipe from which the program's output comes, and what went wrong."""
        voice, mouth = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(voice, False)
        trouble, teller = os.pipe2(os.O_CLOEXEC)
        parent = os.getpid()
        self._program = os.fork()
        if self._program == 0:
            try:
                self._become(mouth, parent)
            except OSError as error:
                os.write(
                    teller, f"{error.strerror}: {error.filename or self._run['argv'][0]}".encode()
                )
            finally:
                os._exit(127)
        os.close(mouth)
        os.close(teller)
        wrong = os.read(trouble, CHUNK).decode(errors="replace")  # empty: it is the program now
        os.close(trouble)
        if wrong:
            os.waitpid(self._program, 0)
        return voice, wrong

    def _become(self, mouth: int, parent: int) -> None:
        os.setsid()
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it was killed before the line above
            os._exit(127)
        signal.set_wakeup_fd(-1)
        os.chdir("home")
        for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored_by_python, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(mouth, 1)
        os.dup2(mouth, 2)
        os.execve(self._run["argv"][0], self._run["argv"], self._run["env"])  # noqa: S606 - no shell

    def _listen(self, voice: int) -> None:
        """Hand signals on and keep the output, until the program has ended."""
        poll = select.poll()
        poll.register(self._news, select.POLLIN)
        poll.register(voice, select.POLLIN)
        while self._end is None:
            for descriptor, _ in poll.poll():
                if descriptor == self._news:
                    self._heed(os.read(self._news, CHUNK))
                elif not self._output.take(voice):
                    poll.unregister(voice)  # it has closed its output and lives on

    def _heed(self, numbers: bytes) -> None:
        for number in numbers:
            if number in (signal.SIGTERM, signal.SIGHUP):
                _send(self._program, number)
            elif number == signal.SIGUSR1:
                _kill_group(self._program)
        self._reap()

    def _reap(self) -> None:
        """Collect whoever has ended: the program, or an orphan of it."""
        while self._end is None:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._program:
                code = os.waitstatus_to_exitcode(status)
                self._end = {"code": code} if code >= 0 else {"signal": -code}


class _Output:
    """A file of bounded size; the one before it is kept beside it."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._file = self._size = -1

    def take(self, voice: int) -> bool:
        """Keep what has come; return False at the end."""
        try:
            said = os.read(voice, CHUNK)
        except BlockingIOError:
            return True
        if said:
            self._keep(said)
        return bool(said)

    def rest(self, voice: int) -> None:
        """Keep what was said last: nobody can say more."""
        poll = select.poll()
        poll.register(voice, select.POLLIN)
        while poll.poll(0) and self.take(voice):
            pass

    def _keep(self, said: bytes) -> None:
        try:
            if self._file < 0 or self._size + len(said) > self._most:
                self._turn()
            self._size += os.write(self._file, said)
        except OSError:  # a full disk must not stop the program
            return

    def _turn(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            os.replace(self._name, f"{self._name}.1")
        self._file = os.open(
            self._name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._size = os.fstat(self._file).st_size


def _end_all(program: int) -> None:
    """Kill what the program has left behind: its group, and what has been handed to us."""
    _kill_group(program)
    while True:
        for child in _children():
            _send(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children", encoding="ascii") as file:
            return [int(each) for each in file.read().split()]
    except OSError:  # a kernel without that file
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and _parent(pid) == me]


def _parent(pid: str) -> int:
    return int(_stat(int(pid))[1]) if _stat(int(pid)) else 0


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the third on: what is before may hold spaces."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def identity(pid: int) -> dict[str, int]:
    """Tell a process from all others, also from a later one with its number."""
    fields = _stat(pid)
    return {"pid": pid, "start": int(fields[19]) if fields else 0}


def _self() -> dict[str, int]:
    return identity(os.getpid())


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _locked(lock: int) -> bool:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        else:
            return True


def _read(name: str) -> dict[str, Any] | None:
    try:
        with open(name, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(name: str, content: dict[str, Any]) -> None:
    with open(f".{name}", "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(f".{name}", name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
