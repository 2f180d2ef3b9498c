"""Keep one program for an action: within limits, as another user, and without survivors.

    executor ══ line ══► keeper ──► program ──► whatever it starts
                 │         └─ ends them all: when the program has ended, politely when it is told
                 │            to, at once when the line breaks (as by a kill -9 of the executor)
                 └─ the order (one line of JSON), perhaps a word to stop; back: one line, the end

Run as `python -I -S keeper.py`, the line being descriptor 3: a program of its own and not a
`preexec_fn`, which would run Python between fork and exec, unsafe once there are threads. What the
program is to be told (arguments, variables, perhaps secrets) comes over the line: nobody sees it
among this process's own, and no variable of a task has a say in a keeper that is root.

On Linux, what a program has started and left behind, even in a session of its own, becomes a child
of the keeper and ends with it.

The keeper of an account's program (`account_runtime/keeper.py`) does the same by other rules: it
outlives whoever started it, this one does not. They share no module: services import none of each
other, and with -I -S there is none in `shared` to be found.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

LINE = 3
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38  # linux/prctl.h
IS_LINUX = sys.platform == "linux"
#: Between two looks whether what was killed is gone.
REST = 0.005  # seconds
#: Told to `_exit` by a program that could not be started; its words come over a pipe.
NOT_STARTED = 127


def main() -> None:
    """Do what the line says, and say on it how it ended."""
    line = socket.socket(fileno=LINE)
    heard = b""
    while b"\n" not in heard:
        heard += (said := line.recv(1 << 16))
        if not said:  # the executor is gone
            return
    written, _, word = heard.partition(b"\n")
    order: dict[str, Any] = json.loads(written)
    if IS_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    for told in (signal.SIGTERM, signal.SIGINT):  # who tells us to end breaks the line
        signal.signal(told, signal.SIG_IGN)
    try:
        program = _start(order)
    except OSError as error:
        _say(line, {"problem": error.strerror or str(error)})
        return
    if word:
        _signal(program, signal.SIGTERM)
    end = _watch(line, program, woken, grace=order["grace"], is_told=bool(word))
    _end_all(program)
    _say(line, end)


def _start(order: dict[str, Any]) -> int:
    """Fork and exec; return the program's process id.

    Raises:
        OSError: it cannot be executed.
    """
    reads, writes = os.pipe()  # both close on exec
    keeper = os.getpid()
    program = os.fork()
    if program == 0:
        try:
            os.close(LINE)
            _become(order, keeper)
        except OSError as error:
            os.write(writes, f"{error.errno or 0} {error.strerror}".encode())
        except (ValueError, OverflowError) as error:
            os.write(writes, f"0 {error}".encode())
        finally:
            os._exit(NOT_STARTED)
    os.close(writes)
    with open(reads, "rb") as said:  # noqa: PTH123 - a descriptor
        if words := said.read().decode():
            os.waitpid(program, 0)
            number, _, text = words.partition(" ")
            raise OSError(int(number), text)
    return program


def _become(order: dict[str, Any], keeper: int) -> None:
    os.setsid()  # a group of our own, untouched by the executor's Ctrl-C
    os.umask(0o077)
    for name, most in order["limits"].items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (least, least))
    if (user := order["user"]) is not None:
        os.setgroups([])
        os.setgid(user[1])
        os.setuid(user[0])
    os.chdir(order["folder"])
    if IS_LINUX:  # after the change of user, which would undo it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # A set-user-ID program would be another user than the one that tasks may be, and beyond
        # our signals.
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != keeper:  # it was killed before the lines above
            os._exit(NOT_STARTED)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        # An ignored signal stays ignored across exec; the program expects the default.
        signal.signal(ignored, signal.SIG_DFL)
    os.execve(order["argv"][0], order["argv"], order["env"])  # noqa: S606 - no shell is the point


def _watch(
    line: socket.socket, program: int, woken: int, *, grace: float, is_told: bool
) -> dict[str, Any]:
    """Wait until the program has ended, and see to it if it is to."""
    until = time.monotonic() + grace if is_told else None
    heard = [woken, line.fileno()]
    while True:
        ended, status = os.waitpid(program, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return {"code": code} if code >= 0 else {"signal": -code}
        if until is not None and time.monotonic() >= until:
            _signal(program, signal.SIGKILL)
            until = time.monotonic() + 1
        left = None if until is None else max(until - time.monotonic(), 0)
        ready, _, _ = select.select(heard, [], [], left)
        if woken in ready:
            os.read(woken, 4096)
        if line.fileno() in ready:
            if _is_broken(line):
                heard = [woken]
                until = time.monotonic()
            else:
                _signal(program, signal.SIGTERM)
                until = time.monotonic() + grace


def _is_broken(line: socket.socket) -> bool:
    try:
        return not line.recv(1 << 16)
    except OSError:
        return True


def _end_all(program: int) -> None:
    """Kill whatever is left of the group, and of what has become ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):  # there is none left
        while True:
            gone, _ = os.waitpid(-1, os.WNOHANG)
            if gone:
                continue
            # Its own children become ours, and are found the next time.
            killed = [_is_killed(child) for child in _children()]
            if not all(killed):
                return  # one is somebody else's by now (set-user-ID)
            time.sleep(REST)


def _is_killed(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def _children() -> list[int]:
    # Not /proc/self/task/*/children, which not every kernel has.
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def _signal(program: int, number: signal.Signals) -> None:
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(program, number)


def _say(line: socket.socket, end: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        line.sendall(json.dumps(end).encode() + b"\n")


if __name__ == "__main__":
    main()
