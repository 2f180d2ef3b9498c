"""A folder of secret files: each readable by its owner alone, made once, changed in place.

In place, because a container that was given a single file (a mounted secret) goes on seeing that
file, and would never see one that took its name. What is read while it is written can be told from
what is whole: seeds carry a check sum, certificates and configuration are read on a signal.

Whatever ends us at whatever line, no file is left in pieces: a new one gets its name when it is
whole, and what a present one is to become lies beside it first (`.<name>.todo`), so that whoever
opens the folder next can finish what was begun.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a file is to become, and what is not whole yet; both lie beside it, under `.<name>`.
TODO, ASIDE = ".todo", ".new"


class NoFolder(Exception):
    """There is no folder of keys."""


class Folder:
    """The folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Make the folder if there is none; finish what somebody had begun."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for todo in self.unfinished():
            self._finish(todo)

    def unfinished(self) -> list[Path]:
        """Return what files are to become whose change was interrupted."""
        return sorted(self.path.glob(f".*{TODO}"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Change files while nobody else does: two who change it would mix up their steps."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # let go when it is closed, however we end
            for left in self.path.glob(f".*{ASIDE}"):
                left.unlink()
            self.open()
            yield
        finally:
            os.close(descriptor)

    def must_exist(self) -> None:
        """Go on only with a folder that is there.

        Raises:
            NoFolder: it is not.
        """
        if not self.path.is_dir():
            raise NoFolder(f"there is no folder {self.path}; `automation keys init` makes one")

    def file(self, name: str) -> Path:
        """Return where a file is."""
        return self.path / name

    def has(self, name: str) -> bool:
        """Say whether there is such a file."""
        return self.file(name).exists()

    def read(self, name: str) -> str:
        """Return what is in a file."""
        return self.file(name).read_text(encoding="ascii")

    def make(self, name: str, text: str) -> bool:
        """Make a file unless there is one already; return whether it was made."""
        if self.has(name):
            return False
        aside = self._aside(name, text)
        try:
            os.link(aside, self.file(name))  # unlike a rename, it never takes another one's place
        except FileExistsError:
            return False
        finally:
            aside.unlink()
        self._keep_names()
        return True

    def put(self, name: str, text: str) -> bool:
        """Make a file, or change what is in it; return whether that made a difference."""
        if self.make(name, text):
            return True
        if self.file(name).read_bytes() == text.encode("ascii"):
            return False
        todo = self.file(f".{name}{TODO}")
        self._aside(name, text).replace(todo)
        self._keep_names()
        self._finish(todo)
        return True

    def _aside(self, name: str, text: str) -> Path:
        """Write a file under a name that nobody looks at, for its owner alone, and keep it."""
        descriptor, path = tempfile.mkstemp(prefix=f".{name}.", suffix=ASIDE, dir=self.path)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        return Path(path)

    def _finish(self, todo: Path) -> None:
        """Change a file into what lies beside it; safe to begin again."""
        data = todo.read_bytes()
        with self.file(todo.name[1 : -len(TODO)]).open("r+b", buffering=0) as out:
            # One write, then what is left of a longer one is cut off: never an empty file.
            out.write(data)
            out.truncate(len(data))
            os.fsync(out.fileno())
        todo.unlink()

    def _keep_names(self) -> None:
        """Force to the disk which files there are."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def drop(self, name: str) -> bool:
        """Remove a file; return whether there was one."""
        there = self.has(name)
        self.file(f".{name}{TODO}").unlink(missing_ok=True)
        self.file(name).unlink(missing_ok=True)
        return there

    def open_to_others(self) -> Iterator[Path]:
        """Yield files that more than their owner may read."""
        for file in sorted(self.path.iterdir()):
            if file.is_file() and file.stat().st_mode & 0o077:
                yield file
