"""What other processes do with a running local system: see it, stop it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from deploy.local import state
from deploy.local.home import SUPERVISOR, Holder, Home

#: The sum of the deadlines of all stages, and some; usually it takes a second.
STOPS_WITHIN = timedelta(minutes=4)
#: From then on whoever waits is told for what.
QUICK = timedelta(seconds=5)
POLL = timedelta(milliseconds=50)
#: Of two signals that come before the first was taken only one is seen.
PRESS_AGAIN = timedelta(milliseconds=300)
WAITING = (
    "waiting for runs in progress, at most half a minute; `automation down --now` kills them "
    "(they start anew with the system)"
)


class NotStopped(Exception):
    """The supervisor did not end in time."""


def running(path: Path) -> state.State | None:
    """Return what runs in a home; None if nothing does or it is still starting."""
    home = Home(path)
    holder = home.holder()
    found = state.read(home.state)
    if holder is None or found is None or found.supervisor_pid != holder.pid:
        return None  # a file that a killed supervisor left behind says nothing
    return found


def stop_running(path: Path, *, at_once: bool = False, say: Callable[[str], None]) -> bool:
    """Ask the supervisor of a home to stop and wait for it; False if there is none.

    *at_once*: everything is killed. *say* is told what it waits for, if it takes a while.

    Raises:
        NotStopped: it is still there after the deadline.
    """
    home = Home(path)
    holder = home.holder()
    if holder is None:
        return False
    # The number comes from whoever holds the lock at this moment, so it is right.
    _ask(holder)
    began = time.monotonic()
    told, pressed = False, timedelta(0)
    while home.holder() == holder:
        time.sleep(POLL.total_seconds())
        waited = timedelta(seconds=time.monotonic() - began)
        if waited > STOPS_WITHIN:
            raise NotStopped(f"pid {holder.pid} is still running")
        if at_once and waited - pressed > PRESS_AGAIN:
            pressed = waited
            _ask(holder)
        if waited > QUICK and not (told or at_once):
            told = True
            say(WAITING)
    return True


def _ask(holder: Holder) -> None:
    if holder.role == SUPERVISOR:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
