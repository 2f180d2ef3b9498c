"""What other processes do with a running local system: see it, stop it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from deploy.local import state
from deploy.local.home import SUPERVISOR, Home

#: The sum of the deadlines of all stages, and some; usually it takes a second.
STOPS_WITHIN = timedelta(minutes=4)
POLL = timedelta(milliseconds=50)


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


def stop_running(path: Path) -> bool:
    """Ask the supervisor of a home to stop and wait for it; False if there is none.

    Raises:
        NotStopped: it is still there after the deadline.
    """
    home = Home(path)
    holder = home.holder()
    if holder is None:
        return False
    if holder.role == SUPERVISOR:
        # The number comes from whoever holds the lock at this moment, so it is right.
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOPS_WITHIN.total_seconds()
    while home.holder() == holder:
        if time.monotonic() > deadline:
            raise NotStopped(f"pid {holder.pid} is still running")
        time.sleep(POLL.total_seconds())
    return True
