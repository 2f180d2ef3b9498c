"""Ctrl-C, also where Python would lose it.

What a signal handler raises comes up wherever the program happens to be. In a destructor or a
callback of the garbage collector it is printed and forgotten ("Note on Signal Handlers and
Exceptions" in the documentation of `signal`), and a command that follows something goes on for
ever. So it is noted as well, and whoever goes round once more looks.
"""

from __future__ import annotations

import signal
from types import FrameType

_was_asked = False


def listen() -> None:
    """Note from now on that somebody wants to stop; whoever had it ignored keeps that."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _note)


def check() -> None:
    """Stop if somebody wants it.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, whatever became of it then.
    """
    if _was_asked:
        raise KeyboardInterrupt


def _note(_signal: int, _frame: FrameType | None) -> None:
    global _was_asked  # noqa: PLW0603 - there is one Ctrl-C
    _was_asked = True
    raise KeyboardInterrupt
