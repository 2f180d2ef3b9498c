"""Account runtimes that die at one exact place, as from `kill -9`; one process for each.

A program for `tests/support/nursery.py`; `KILLED_AT` is the place:

wish      a wish is on the disk, and nobody was told
intent    it is on the disk that a program is to be started, and nothing was
started   the keeper was started, and nothing more
working   it is on the disk that the program is ready, and nobody was told
stop      it is on the disk that a program is to end, and it does not know
asked     it was asked to end
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from services.account_runtime import app, keepers
from services.account_runtime.record import Record, Records
from tests.support.nursery import bring_up

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


def live() -> None:
    """Run one runtime."""
    sabotage(os.environ.get("KILLED_AT", ""))
    app.main()


if __name__ == "__main__":
    bring_up(live)
