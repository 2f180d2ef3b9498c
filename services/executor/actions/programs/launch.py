"""Become another program that cannot outlive the executor.

Run as `python -I -S launch.py PARENT program arguments`, where `-I -S` keep it to about 15 ms. A
program of its own and not a `preexec_fn`, which would run Python between fork and exec: unsafe
once there are threads, and the executor has some. The process id does not change, so whoever
starts this gets the program itself as its child.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: str, *program: str) -> None:
    """Ask for our death with the parent's, lead a group, turn into the program."""
    if sys.platform == "linux":
        # A kill -9 of the executor would otherwise leave a pg_dump that holds locks and fills the
        # disk, while the next attempt has begun.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("launch: the executor is gone")  # it died before the line above
    os.setsid()  # a group of our own: killed as a whole, untouched by the executor's Ctrl-C
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        # An ignored signal stays ignored across exec; the program expects the default.
        signal.signal(ignored_by_python, signal.SIG_DFL)
    os.execv(program[0], program)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
