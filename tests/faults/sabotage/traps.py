"""Files that tell a process of the system where to die: how a test hits one exact line.

    the test                                     the process (`serve.py`)
    traps.set("executor-3", "stored") ──file──►  comes by the place `stored`, and is gone

A file in one folder for each process and place; what it holds is how often, or another word. The
product knows nothing of all this: `serve.py` wraps a few of its functions before it starts.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

#: The variable that names the folder.
VARIABLE = "SABOTAGE"
#: With what a process that stepped on a trap ends.
CODE = 9
POLL = 0.05  # seconds


class Traps:
    """The test's end of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def env(self) -> dict[str, str]:
        """What the system must be told."""
        return {VARIABLE: str(self._folder)}

    def tell(self, process: str, **env: str) -> None:
        """Give one process settings of its own, from its next start on."""
        (self._folder / f"{process}.env").write_text(json.dumps(env))

    def set(self, process: str, place: str, word: object = 1) -> None:
        """Let a process die the next time, or the next so many times, that it comes by a place."""
        self._file(process, place).write_text(str(word))

    def clear(self, process: str, place: str) -> None:
        """Take a trap away."""
        self._file(process, place).unlink(missing_ok=True)

    def is_set(self, process: str, place: str) -> bool:
        """Say whether a trap still waits."""
        return self._file(process, place).exists()

    def _file(self, process: str, place: str) -> Path:
        return self._folder / f"{process}.{place}"


class Victim:
    """The process's end of it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = Path(os.environ[VARIABLE])

    def learn_settings(self) -> None:
        """Take over what the test has told this process alone."""
        file = self._folder / f"{self._name}.env"
        if file.exists():
            os.environ.update(json.loads(file.read_text()))

    def word(self, place: str) -> str:
        """Return what the test left at a place; empty if nothing."""
        try:
            return (self._folder / f"{self._name}.{place}").read_text()
        except FileNotFoundError:
            return ""

    def spring(self, place: str) -> None:
        """Die, if there is a trap at this place; without a word to anybody, as from `kill -9`."""
        left = self.word(place)
        if not left:
            return
        file = self._folder / f"{self._name}.{place}"
        if int(left) > 1:
            file.write_text(str(int(left) - 1))
        else:
            file.unlink()
        os._exit(CODE)

    def wait_while_held(self) -> None:
        """Do not start while the test holds this process down."""
        while self.word("held"):
            time.sleep(POLL)
