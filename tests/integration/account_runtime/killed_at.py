"""Account runtimes that die at one exact place, as from `kill -9`; one process for each.

A program: reads a line with an environment (JSON), runs a runtime in a fork of itself, so that only
the first one costs a start of Python, and writes how that ended. `OUTPUT` names a file for what it
says, `KILLED_AT` the place:

wish      a wish is on the disk, and nobody was told
intent    it is on the disk that a program is to be started, and nothing was
started   the keeper was started, and nothing more
working   it is on the disk that the program is ready, and nobody was told
stop      it is on the disk that a program is to end, and it does not know
asked     it was asked to end
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from services.account_runtime import app, keepers
from services.account_runtime.record import Record, Records

PR_SET_PDEATHSIG = 1

PLACES: dict[str, Callable[[Record], object]] = {
    "wish": lambda record: record.run is None and record.told is None,
    "intent": lambda record: record.run is not None and not record.run.is_ready,
    "working": lambda record: record.told is not None and record.told.state == "working",
    "stop": lambda record: record.run is not None and record.run.stop is not None,
}


def die() -> None:
    """End as from outside."""
    os.kill(os.getpid(), signal.SIGKILL)


def sabotage(place: str) -> None:
    """Let this process die when it comes by a place."""
    write, start, send = Records.write, keepers.start, keepers.Keeper.send

    def written(self: Records, record: Record) -> None:
        write(self, record)
        if place in PLACES and PLACES[place](record):
            die()

    def started(folder: Path, token: str) -> keepers.Keeper:
        keeper = start(folder, token)
        if place == "started":
            die()
        return keeper

    def sent(self: keepers.Keeper, number: signal.Signals) -> None:
        send(self, number)
        if place == "asked" and number == signal.SIGTERM:
            die()

    Records.write = written  # type: ignore[method-assign]
    keepers.start = started
    keepers.Keeper.send = sent  # type: ignore[method-assign]


def main() -> None:
    """Run one runtime after the other, as told."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            environment = json.loads(line)
            os.environ.update(environment)
            os.dup2(os.open(environment["OUTPUT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
            sabotage(environment.get("KILLED_AT", ""))
            app.main()
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - that is how it answers
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
