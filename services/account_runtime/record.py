"""What a runtime must not forget of an account: a file in the account's folder.

    accounts/<id>/account.json   the record; written whole, forced to disk before anything is done
                                 that rests on it
                  keeper.*       see `keeper.py`
                  output.log     what its program says
                  home/          its program's own, where it works; in it:
                    script.yaml  the text that it plays, and `script.version`

Times in it are seconds since the machine was started (they run on while it sleeps, and nobody sets
them); after a new start of the machine nothing runs, and they are forgotten.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.accounts import AccountDesired, ScriptPin, State
from shared.contracts.message import Message, Part

NAME = "account.json"
HOME = "home"

log = logging.getLogger(__name__)


class Why(StrEnum):
    """Why a program is stopped."""

    WANTED = "wanted"  # it is not to run
    REPLACED = "replaced"  # it is to run otherwise: another config, another script
    FAILED = "failed"  # it did not get ready, or is not well


class Stop(Part):
    """A stop that has begun."""

    why: Why
    kill_at: float
    generation: int
    detail: str | None = None


class Run(Part):
    """One start of a program."""

    token: str
    """Tells this start from all others; see `keeper.py`."""
    argv: tuple[str, ...]
    env: dict[str, str]
    log_bytes: int
    port: int
    spec: str
    """Digest of the config that it was made of."""
    script: ScriptPin | None
    """What it was started with, or last told to read."""
    ready_by: float
    begun_at: float
    is_ready: bool = False
    needs_login: bool = False
    plays: str | None = None
    """The version that it says it plays."""
    detail: str | None = None
    stop: Stop | None = None


class Told(Part):
    """What was last said of it."""

    seq: int
    generation: int
    state: State
    since: datetime
    healthy: bool | None = None
    pid: int | None = None
    restarts: int = 0
    script: ScriptPin | None = None
    detail: str | None = None


class Record(Message):
    """An account, as a runtime keeps it."""

    wanted: AccountDesired
    leaving: bool = False
    """Another runtime has it now: end it, and say nothing."""
    run: Run | None = None
    hold: State | None = None
    """Nothing is tried before the next generation."""
    detail: str | None = None
    """What to say while nothing runs."""
    failures: tuple[float, ...] = ()
    restarts: int = 0
    start_at: float = 0.0
    told: Told | None = None
    boot: str = ""
    """Which start of the machine the times are of."""


class Records:
    """The folders of all accounts of a runtime."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "accounts"

    def folder(self, identity: UUID) -> Path:
        """Return where an account keeps its things."""
        return self._folder / str(identity)

    def all(self) -> Iterator[Record]:
        """Read every record; one that cannot be read is put aside, its account is asked for."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in sorted(self._folder.glob(f"*/{NAME}")):
            try:
                yield Record.decode(file.read_bytes())
            except ValidationError:
                log.exception("%s cannot be read and is put aside", file)
                file.rename(file.with_suffix(".broken"))

    def write(self, record: Record) -> None:
        """Write a record, and be sure that it is on the disk."""
        folder = self.folder(record.wanted.id)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_durably(folder / NAME, record.encode())

    def forget(self, identity: UUID) -> None:
        """Remove all that is kept of an account; the record first, so that nobody starts it."""
        folder = self.folder(identity)
        with suppress(FileNotFoundError):
            (folder / NAME).unlink()
        shutil.rmtree(folder, ignore_errors=True)


def write_durably(file: Path, content: bytes) -> None:
    """Replace *file*: readers see the old one or the new one, also after a power cut."""
    aside = file.with_name(f".{file.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_plain(file: Path, *, most: int) -> bytes | None:
    """Return the beginning of a file in a program's own folder; None: it is no plain file.

    The program may have made anything of that name; a pipe would be waited for without an end.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, most)
    except OSError:
        return None
    finally:
        os.close(descriptor)
