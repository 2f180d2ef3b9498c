"""Where the keys of the secret box come from: the environment, or the file `secret-key`.

The file holds one key a line, `id:base64`, the one that seals first; a line without an id is as
good. Nobody but its reader may touch it. It is replaced whole, so a reader never sees half of it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.secret_box import Key, SecretBox, WrongKey, parse_keys

FILE = "secret-key"
VARIABLE = "AUTOMATION_SECRET_KEY"

log = logging.getLogger(__name__)


class KeyFileIsOpen(Exception):
    """Others than the owner may read the file with the keys."""


class KeyFileIsBusy(Exception):
    """Somebody else is changing the keys just now; try again when that has ended."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class KeyFile:
    """The file with the keys."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> tuple[Key, ...]:
        """Return the keys.

        Raises:
            KeyFileIsOpen: others may read them, too.
            WrongKey, OSError: there are none.
        """
        with self._file.open(encoding="ascii", errors="replace") as file:
            found = os.fstat(file.fileno())
            if others_may_read(found.st_mode, owner=found.st_uid, reader=os.geteuid()):
                mode = stat.S_IMODE(found.st_mode)
                raise KeyFileIsOpen(
                    f"{self._file} has mode {mode:04o}: others may read the keys in it. Make it"
                    f" yours alone: chmod 600 {self._file}"
                )
            self._seen = _mark(found)
            return parse_keys(file.read())

    def changed(self) -> tuple[Key, ...] | None:
        """Return the keys if the file is another one than at the last look, else None."""
        try:
            if _mark(self._file.stat()) == self._seen:
                return None
            return self.read()
        except (OSError, WrongKey, KeyFileIsOpen) as error:
            # Whoever has good keys in hand goes on with them.
            log.error("the keys cannot be read again: %s", error)  # noqa: TRY400 - no stack needed
            return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from changing the keys: of two that read and then write, one key is lost.

        Raises:
            KeyFileIsBusy: another one is at it.
        """
        with self._file.open("rb") as held:  # let go of by the end of the process, too
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise KeyFileIsBusy from None
            if not os.path.samestat(os.fstat(held.fileno()), self._file.stat()):
                raise KeyFileIsBusy  # it was replaced since it was opened
            yield

    def write(self, keys: Sequence[Key]) -> None:
        """Replace the file, and know that it is on the disk."""
        aside = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        for left in self._file.parent.glob(f".{self._file.name}.*"):
            left.unlink()  # of a process that was killed
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write("".join(f"{key}\n" for key in keys))
            out.flush()
            os.fsync(out.fileno())
        _keep_owner(aside, self._file)
        aside.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def others_may_read(mode: int, *, owner: int, reader: int) -> bool:
    """Return whether more than one user may touch a file of this mode.

    A Secret that Kubernetes mounts is root's, and the one user of the pod reads it as a member of
    the group: nobody else is in there.
    """
    rights = mode & (stat.S_IRWXG | stat.S_IRWXO)
    is_handed_out = rights == stat.S_IRGRP and owner == 0 and reader != 0
    return rights != 0 and not is_handed_out


def find_box(secret_key: str, home: Path) -> SecretBox | None:
    """Return the box of this installation, tried out; None if it has no key.

    Raises:
        WrongKey, KeyFileIsOpen, BoxIsBroken: what is given as keys cannot be used.
    """
    if secret_key:
        box = SecretBox.parse(secret_key)
    else:
        file = KeyFile(home / FILE)
        try:
            box = SecretBox(file.read(), file.changed)
        except FileNotFoundError:
            return None
    box.check()
    return box


def _mark(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _keep_owner(new: Path, old: Path) -> None:
    """Let *new* belong to whom *old* belongs to: root may rotate the keys of another user."""
    if os.geteuid() != 0:
        return
    try:
        found = old.stat()
    except FileNotFoundError:
        return
    os.chown(new, found.st_uid, found.st_gid)
