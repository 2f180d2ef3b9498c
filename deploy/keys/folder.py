"""A folder of secret files: each readable by its owner alone, made once, changed in place.

In place, because a container that was given a single file (a mounted secret) goes on seeing that
file, and would never see one that took its name. What is read while it is written can be told from
what is whole: seeds carry a check sum, certificates and configuration are read on a signal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PRIVATE = 0o600


class NoFolder(Exception):
    """There is no folder of keys."""


class Folder:
    """The folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Make the folder if there is none."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

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
        try:
            descriptor = os.open(self.file(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        return True

    def put(self, name: str, text: str) -> bool:
        """Make a file, or change what is in it; return whether that made a difference."""
        if self.make(name, text):
            return True
        data = text.encode("ascii")
        descriptor = os.open(self.file(name), os.O_RDWR)
        try:
            if os.pread(descriptor, len(data) + 1, 0) == data:
                return False
            # One write, then what is left of a longer one is cut off: never an empty file.
            os.pwrite(descriptor, data, 0)
            os.ftruncate(descriptor, len(data))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def drop(self, name: str) -> bool:
        """Remove a file; return whether there was one."""
        there = self.has(name)
        self.file(name).unlink(missing_ok=True)
        return there

    def open_to_others(self) -> Iterator[Path]:
        """Yield files that more than their owner may read."""
        for file in sorted(self.path.iterdir()):
            if file.is_file() and file.stat().st_mode & 0o077:
                yield file
