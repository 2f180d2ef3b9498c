"""A folder of backups: what is in it, what is whole, what may go.

    <home>/backups/<folder>/
        20260101T120000Z-<run id>/      a whole backup: dump + manifest.json, never changed again
        .partial-<run id>/              one being written, or what a death left of it
        .lock                           flock: one writer at a time

A backup appears by one rename, when it is whole and verified and on the disk. So a folder of that
name that has a manifest *is* a backup, at any moment and after any death. Everything here is about
names below one root, and no symbolic link is followed on the way to it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.contracts.action import ActionFailed

MANIFEST = "manifest.json"
DUMP = "database.dump"
PARTIAL = ".partial-"
#: Longer than any run: what lies around after that belongs to nobody.
ABANDONED_AFTER = timedelta(days=1)

FOLDER_MAX = 200  # characters
DEPTH_MAX = 8

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Manifest(BaseModel):
    """What a backup says about itself."""

    model_config = ConfigDict(frozen=True)

    id: str
    run_id: UUID
    task_id: UUID
    started_at: AwareDatetime
    finished_at: AwareDatetime
    server_version: str
    tool_version: str
    file: str
    sha256: str
    size: int
    tables: int
    """How many tables have their rows in it."""
    excluded_tables: list[str]


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup."""

    path: Path
    manifest: Manifest


def problem_with_folder(folder: str) -> str | None:
    """Say what is wrong with the name of a target folder, as a code; None if nothing is."""
    parts = folder.split("/")
    if not folder or len(folder) > FOLDER_MAX or len(parts) > DEPTH_MAX:
        return "path.length"
    if not folder.isprintable() or "\\" in folder or ":" in folder:
        return "path.character"
    if folder.startswith(("/", "~")):
        return "path.absolute"
    # A leading dot would hide it, and could name what is being written; a dash looks like an
    # option to whoever works with the files by hand.
    if any(not part or part.startswith((".", "-")) or part != part.strip() for part in parts):
        return "path.part"
    return "path.length" if any(len(part.encode()) > 255 for part in parts) else None  # noqa: PLR2004 - NAME_MAX


class BackupFolder:
    """One folder of backups, opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, root: Path, folder: str) -> BackupFolder:
        """Open or create *folder* below *root*.

        Raises:
            ActionFailed: the name or a symbolic link leads somewhere else.
        """
        if code := problem_with_folder(folder):
            raise ActionFailed(f"{folder!r} is not a folder for backups ({code})", permanent=True)
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            root = root.resolve()
            _make_beneath(root, folder.split("/"))
        except OSError as error:
            raise ActionFailed(
                f"{folder!r} is not a folder for backups: {error.strerror}",
                permanent=error.errno in (errno.ELOOP, errno.ENOTDIR),
            ) from error
        return cls(root / folder)

    @contextmanager
    def try_lock(self) -> Iterator[bool]:
        """Take the folder for us alone; says whether it worked. Death gives it back."""
        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)

    def backups(self) -> list[Backup]:
        """Return all whole backups, oldest first."""
        found = []
        for path in self.path.iterdir():
            if _NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                with suppress(OSError, ValidationError):
                    manifest = Manifest.model_validate_json((path / MANIFEST).read_bytes())
                    if (path / DUMP).stat().st_size == manifest.size:
                        found.append(Backup(path, manifest))
        return sorted(found, key=lambda backup: backup.path.name)

    def begin(self, run_id: UUID) -> Path:
        """Make the place where a backup is written."""
        partial = self.path / f"{PARTIAL}{run_id}"
        partial.mkdir(mode=0o700)
        return partial

    def finish(self, partial: Path, name: str) -> Path:
        """Let a backup appear under its name, for good."""
        final = self.path / name
        sync(partial)
        partial.rename(final)
        sync(self.path)
        return final

    def discard(self, run_id: UUID) -> None:
        """Remove what an unfinished attempt has written."""
        shutil.rmtree(self.path / f"{PARTIAL}{run_id}", ignore_errors=True)

    def discard_abandoned(self, *, now: datetime) -> list[str]:
        """Remove what died long ago; return the names."""
        limit = (now - ABANDONED_AFTER).timestamp()
        gone = []
        for path in self.path.glob(f"{PARTIAL}*"):
            with suppress(OSError):
                if path.stat(follow_symlinks=False).st_mtime < limit:
                    shutil.rmtree(path)
                    gone.append(path.name)
        return gone

    def prune(self, *, keep_last: int, newest: Path) -> list[str]:
        """Remove the oldest backups, never *newest*, whatever the clock said when it was made."""
        others = [each.path for each in self.backups() if each.path != newest]
        gone = []
        for path in others[: max(0, len(others) + 1 - keep_last)]:
            # Renamed first: half a backup must not look like a whole one. It may be gone already,
            # if a cancelled run is still removing.
            with suppress(OSError):
                dying = path.rename(path.with_name(f"{PARTIAL}{path.name}"))
                shutil.rmtree(dying, ignore_errors=True)
                gone.append(path.name)
        return gone


def _make_beneath(root: Path, parts: list[str]) -> None:
    """Walk down, folder by folder, making what is missing and following no link."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            with suppress(FileExistsError):
                os.mkdir(part, mode=0o700, dir_fd=at)
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
    finally:
        os.close(at)


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
