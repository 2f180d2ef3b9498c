"""The folder with everything the local system keeps, and the lock that one supervisor holds.

admin-token   0600, written once             logs/       one file per process, rotated
setup-link    0600, while there are no users: makes the first administrator, once, within a day
secret-key    0600, one key a line; `automation secrets rotate` puts new ones first
state.json    what runs where; see state.py  postgres/   cluster and passwords
lock          flock, held while we run       nats/       streams, password, configuration
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

SUPERVISOR, GUARD = "supervisor", "guard"

#: A guard (guard.py) that cleans up after a killed supervisor is done well within this.
GUARD_MAY_TAKE = timedelta(seconds=40)
#: Somebody who just asks `holder` has the lock for an instant, without saying so.
ASKING_MAY_TAKE = timedelta(seconds=2)
LOCK_POLL = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock of a home."""

    role: str
    pid: int


class HomeTaken(Exception):
    """Another supervisor uses this home."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = f" (pid {holder.pid})" if holder else ""
        super().__init__(
            f"another instance uses {path}{who}. Stop it (`automation down`) or choose another "
            "home: AUTOMATION_HOME=..."
        )


class Home:
    """Paths below one home, and its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: int | None = None

    @property
    def postgres(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.path / "postgres"

    @property
    def nats(self) -> Path:
        """Folder of the embedded NATS server."""
        return self.path / "nats"

    @property
    def logs(self) -> Path:
        """Folder of the log files."""
        return self.path / "logs"

    @property
    def admin_token(self) -> Path:
        """File with the token of the first start."""
        return self.path / "admin-token"

    @property
    def setup_link(self) -> Path:
        """File with the address where the first administrator is made."""
        return self.path / "setup-link"

    @property
    def secret_key(self) -> Path:
        """File with the keys that seal secrets."""
        return self.path / "secret-key"

    @property
    def state(self) -> Path:
        """File that says what runs where."""
        return self.path / "state.json"

    def take(self, role: str = SUPERVISOR) -> None:
        """Lock the home for as long as this process lives.

        Raises:
            HomeTaken: somebody else runs here.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Not inherited by children: the lock must die with this process and with it alone.
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        began = time.monotonic()
        while not _lock(lock):
            holder = _said_in(lock)
            waited = timedelta(seconds=time.monotonic() - began)
            if waited > _patience_with(holder):
                os.close(lock)
                raise HomeTaken(self.path, holder)
            time.sleep(LOCK_POLL.total_seconds())
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{role} {os.getpid()}\n".encode(), 0)
        self._lock = lock

    def release(self) -> None:
        """Let others in."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def holder(self) -> Holder | None:
        """Name who holds the lock; None if nobody does."""
        with suppress(OSError):
            lock = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
            try:
                return None if _lock(lock) else _said_in(lock)
            finally:
                os.close(lock)
        return None


def _patience_with(holder: Holder | None) -> timedelta:
    if holder is None:
        return ASKING_MAY_TAKE
    return GUARD_MAY_TAKE if holder.role == GUARD else timedelta(0)


def _said_in(lock: int) -> Holder | None:
    """Read what the holder of the lock wrote into the file."""
    with suppress(OSError, ValueError):
        role, pid = os.pread(lock, 100, 0).decode().split()
        return Holder(role, int(pid))
    return None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
