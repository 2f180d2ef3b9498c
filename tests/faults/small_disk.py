"""A disk that is small enough to be filled: a tmpfs, which only root may mount."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.local.postgres import Postgres
from tests.faults.stage import Stage

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


async def make_cluster(home: Path, wal: Path) -> None:
    """Make the cluster of a home that nobody has used yet, with its log of changes elsewhere."""
    data = home / "postgres" / "data"
    await Postgres(home / "postgres").prepare()
    move_log(data, wal)


def move_log(data: Path, wal: Path) -> None:
    """Move the log of changes of a cluster that is not running."""
    owner = data.stat()
    shutil.copytree(data / "pg_wal", wal, dirs_exist_ok=True)
    for path in (wal, *wal.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    wal.chmod(0o700)
    shutil.rmtree(data / "pg_wal")
    (data / "pg_wal").symlink_to(wal)


async def full(here: Stage, filler: Filler, sign: str, *, longer: float) -> None:
    """Keep a disk full until PostgreSQL has said so, and some seconds longer."""
    log = here.system.home / "logs" / "postgres.log"
    deadline = time.monotonic() + 60
    until = 0.0
    while not until or time.monotonic() < until:
        filler.fill()
        try:  # uses up files that are there already, so that it needs another one
            connection = await asyncpg.connect(here.system.dsn, timeout=2)
            await connection.execute("SELECT pg_switch_wal()", timeout=2)
            connection.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass
        if not until and sign in log.read_text(errors="replace"):
            until = time.monotonic() + longer
        assert until or time.monotonic() < deadline, f"no {sign!r} in the log of PostgreSQL"
        await asyncio.sleep(0.2)
