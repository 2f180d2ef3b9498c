"""A disk that is small enough to be filled: a tmpfs, which only root may mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CAP_SYS_ADMIN = 21


def may_mount() -> bool:
    """Say whether we are root, and a root that may mount something."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)


root = pytest.mark.skipif(not may_mount(), reason="needs root to mount a tmpfs")


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """Mount a tmpfs; it is gone at the end, whatever still uses it."""
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], check=True)  # noqa: S607
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)  # noqa: S607


class Filler:
    """A file that takes all the room that there is."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "filler"

    def fill(self) -> None:
        """Take what has become free since the last time, too."""
        with self._file.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:  # full
                    continue

    def remove(self) -> None:
        """Give it back."""
        self._file.unlink()
