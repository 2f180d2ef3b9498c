"""Reads the files that `logs.py` writes, in any process: the last lines, and what follows.

A file that was rotated meanwhile is read to its end before the new one is begun.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

POLL = timedelta(milliseconds=200)
_NUMBERED = re.compile(r"-\d+$")


class LogReader:
    """What processes of one home say; *service* names one or all of a kind, nothing: everybody."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = folder
        self._service = service

    def names(self) -> list[str]:
        """Return whose files there are."""
        names = sorted(path.stem for path in self._folder.glob("*.log"))
        wanted = self._service
        return [each for each in names if wanted in ("", each, _NUMBERED.sub("", each))]

    def read(self, lines: int, *, follow: bool) -> Iterator[str]:
        """Give the last lines of each, then, if asked to, everything new, for ever."""
        files: dict[str, _File] = {}
        with_names = len(self.names()) > 1 or not self._service
        try:
            self._find(files)
            width = max(map(len, files), default=0) if with_names else 0
            for name, file in files.items():
                yield from _marked(name, width, file.last(lines))
            while follow:
                time.sleep(POLL.total_seconds())
                self._find(files)
                for name, file in files.items():
                    yield from _marked(name, width, file.more())
        finally:
            for file in files.values():
                file.close()

    def _find(self, files: dict[str, _File]) -> None:
        """Add those of processes that have started since."""
        for name in self.names():
            if name not in files:
                files[name] = _File(self._folder / f"{name}.log")


def _marked(name: str, width: int, lines: Iterator[bytes]) -> Iterator[str]:
    for line in lines:
        text = line.decode(errors="replace").rstrip("\r\n")
        yield f"{name:<{width}} | {text}" if width else text


class _File:
    """One file, and how far it was read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def last(self, count: int) -> Iterator[bytes]:
        """Give the last *count* lines that are there."""
        yield from deque(self.more(), maxlen=count)

    def more(self) -> Iterator[bytes]:
        """Give the lines that are new."""
        if self._file is None and not self._open():
            return
        yield from self._lines()
        if self._was_rotated() and self._open():
            yield from self._lines()

    def close(self) -> None:
        """Read no more."""
        if self._file:
            self._file.close()

    def _open(self) -> bool:
        try:
            opened = self._path.open("rb")
        except OSError:  # between the two steps of a rotation, or not written yet
            return False
        self.close()
        self._file = opened
        return True

    def _was_rotated(self) -> bool:
        try:
            now = self._path.stat().st_ino
        except OSError:
            return False
        return self._file is not None and os.fstat(self._file.fileno()).st_ino != now

    def _lines(self) -> Iterator[bytes]:
        for piece in self._file or ():
            whole = self._rest + piece
            is_whole = whole.endswith(b"\n")  # else it is being written
            self._rest = b"" if is_whole else whole
            if is_whole:
                yield whole
