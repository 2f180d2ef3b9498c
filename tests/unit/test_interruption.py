"""Ctrl-C is not lost, wherever the program is."""

from __future__ import annotations

import signal
import subprocess
import sys

#: Presses Ctrl-C in a destructor, where what a handler raises goes nowhere.
PROGRAM = """
import os, signal
from services.cli import interruption
from services.cli.deadline import Deadline

class Pressing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the handler runs between two of these
            pass

interruption.listen()
Pressing()
print("went on", flush=True)
Deadline(None).left(1)
print("and on", flush=True)
"""


def test_what_python_loses_in_a_destructor_ends_the_next_wait() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.stdout == "went on\n", done.stderr
    assert done.returncode == -signal.SIGINT


def test_whoever_had_it_ignored_keeps_that() -> None:
    program = (
        "import os, signal; from services.cli import interruption;"
        "signal.signal(signal.SIGINT, signal.SIG_IGN); interruption.listen();"
        "os.kill(os.getpid(), signal.SIGINT); print('still here')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout) == (0, "still here\n")
