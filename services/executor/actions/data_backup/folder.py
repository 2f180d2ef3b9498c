"""A folder of backups: what is in it, what is whole, what may go.

    <home>/backups/<folder>/
        20260101T120000Z-<run id>/      a whole backup (places.py), never changed again
        .partial-<run id>/              one being written, or what a death left of it
        .lock                           flock: one writer at a time

A backup appears by one rename, when it is whole and checked and on the disk. Everything here is
about names below one root, and no symbolic link is followed on the way to it.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import ValidationError

from services.executor.actions.data_backup.places import (
    MANIFEST,
    NAME,
    VERIFIED,
    Backup,
    Manifest,
    Verification,
)
from shared.contracts.action import ActionFailed

PARTIAL = ".partial-"

FOLDER_MAX = 200  # characters
DEPTH_MAX = 8


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
    """One folder of backups, opened; also the place where copies for S3 are made."""

    kind: Literal["folder"] = "folder"

    def __init__(self, path: Path, location: str) -> None:
        self.path = path
        self.location = location
        self._lock: int | None = None

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
        return cls(root / folder, folder)

    def try_lock(self) -> bool:
        """Take the folder for us alone; says whether it worked. Death gives it back."""
        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def unlock(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def backups(self) -> list[Backup]:
        """Return all whole backups, oldest first."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[Backup]:
        found = []
        for path in self.path.iterdir():
            if NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                with suppress(OSError, ValidationError):
                    manifest = Manifest.model_validate_json((path / MANIFEST).read_bytes())
                    if (path / manifest.file).stat().st_size == manifest.size:
                        found.append(Backup(path.name, manifest, _verification(path)))
        return sorted(found, key=lambda backup: backup.name)

    def begin(self, run_id: UUID) -> Path:
        """Make the place where a backup is written."""
        partial = self.path / f"{PARTIAL}{run_id}"
        partial.mkdir(mode=0o700)
        return partial

    async def store(self, written: Path, manifest: Manifest) -> Backup:
        """Let a backup appear under its name, for good."""
        write_whole(written / MANIFEST, manifest.model_dump_json(indent=2))
        # Not in a thread: one that a cancellation leaves running would meet the clearing away.
        sync(written)
        os.rename(written, self.path / manifest.id)  # noqa: PTH104 - pathlib's is linted as blocking
        sync(self.path)
        return Backup(manifest.id, manifest)

    async def fetch(self, backup: Backup, into: Path) -> Path:  # noqa: ARG002 - it is here already
        """Return the file itself."""
        return self.path / backup.name / backup.manifest.file

    async def mark(self, backup: Backup, verification: Verification) -> Backup:
        """Keep what a drill found."""
        write_whole(self.path / backup.name / VERIFIED, verification.model_dump_json(indent=2))
        return replace(backup, drilled=verification)

    def discard(self, run_id: UUID) -> None:
        """Remove what an unfinished attempt has written."""
        shutil.rmtree(self.path / f"{PARTIAL}{run_id}", ignore_errors=True)

    async def sweep(self) -> list[str]:
        """Remove what dead runs have left: whoever holds the lock is the only one alive."""
        return await asyncio.to_thread(self._sweep)

    def _sweep(self) -> list[str]:
        gone = []
        for path in self.path.glob(f"{PARTIAL}*"):
            with suppress(OSError):
                shutil.rmtree(path)
                gone.append(path.name)
        return gone

    async def remove(self, name: str) -> bool:
        """Remove a backup; it may be gone already, if a cancelled run is still removing."""
        return await asyncio.to_thread(self._remove, name)

    def _remove(self, name: str) -> bool:
        # Renamed first: half a backup must not look like a whole one.
        try:
            dying = (self.path / name).rename(self.path / f"{PARTIAL}{name}")
        except OSError:
            return False
        shutil.rmtree(dying, ignore_errors=True)
        return True

    def free_bytes(self) -> int:
        """Return how much may still be written here."""
        return shutil.disk_usage(self.path).free


def _verification(path: Path) -> Verification | None:
    with suppress(OSError, ValidationError):
        return Verification.model_validate_json((path / VERIFIED).read_bytes())
    return None


def write_whole(path: Path, text: str) -> None:
    """Write a small file that is there whole, or as it was."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text + "\n", encoding="utf-8")
    sync(beside)
    beside.rename(path)


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
