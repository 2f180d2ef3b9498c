"""Does something in a process of its own and kills that at a line, as nobody could foresee it."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from deploy.keys import folder

#: Where files are touched; what lies between two lines of it is thought, and leaves no trace.
WHERE = folder.__file__


def lines(act: Callable[[], object], before: Callable[[], object], every: int = 1) -> Iterator[int]:
    """Kill *act* at one line after the other; yield while its traces lie there.

    *before* is done before each; what is left is that of a process that was killed at the line.
    """
    for line in itertools.count(1, every):
        before()
        if not _killed_at(line, act):
            assert line > 1, "it touched nothing"
            return
        yield line


def _killed_at(line: int, act: Callable[[], object]) -> bool:
    """Say whether it came as far as that line."""
    child = os.fork()
    if child == 0:
        left = line

        def trace(frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - the interpreter's own
            nonlocal left
            if frame.f_code.co_filename != WHERE:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)
            act()
        except BaseException:  # noqa: BLE001 - the end of a process
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), code
    return code != 0
