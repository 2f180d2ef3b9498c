"""Why a command ends without having done what it was asked for: one class per exit code.

    Failed            1    it was tried, and went wrong
      ├─ Misused      2    the command line, or the file, makes no sense
      ├─ NotFound     3    there is no such thing
      ├─ NotAllowed   4    nobody is logged in, or may not
      ├─ Conflicting  5    it has changed since, or something is in the way
      ├─ Unreachable  6    the server does not answer
      └─ TimedOut   124    the time given with --timeout is over

The text is said on stderr as it is, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

DONE = 0
INTERRUPTED = 130
BROKEN_PIPE = 141


class Failed(Exception):
    """It went wrong."""

    exit_code: ClassVar[int] = 1

    def __init__(self, text: str, *, problems: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.problems = tuple(problems)
        """What the API found wrong with a document, with pointers into it."""


class Misused(Failed):
    """The command line, or what it was given, makes no sense."""

    exit_code = 2


class NotFound(Failed):
    """There is no such thing."""

    exit_code = 3


class NotAllowed(Failed):
    """Nobody is logged in, or may not do this."""

    exit_code = 4


class Conflicting(Failed):
    """It has changed since it was looked at, or something is in the way."""

    exit_code = 5


class Unreachable(Failed):
    """The server does not answer, or what answers is not ours."""

    exit_code = 6


class TimedOut(Failed):
    """The time that was given is over."""

    exit_code = 124
