"""Makes one file of a dump: tar of a directory, zstd, age; and undoes it.

All of it is work for threads. Nothing stops a thread but itself, so each reads through a reader
that looks whether it is still wanted; a cancelled run waits for that, which takes one chunk.

Without this system: `age -d -i key.txt x.dump.age | zstd -d > x.dump`, then `pg_restore`.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import shutil
import tarfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

import pyrage
import zstandard

from services.executor.actions.data_backup.folder import sync
from services.executor.actions.data_backup.places import Manifest
from shared.contracts.action import ActionFailed

CHUNK = 1 << 20  # bytes

Result = TypeVar("Result")


class _Stopped(Exception):
    """Nobody wants this any more."""


class Wanted:
    """Whether a thread's work is still wanted."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let the next `check` fail."""
        self._stopped.set()

    def check(self) -> None:
        """Fail if nobody waits any more."""
        if self._stopped.is_set():
            raise _Stopped


class _Reader(io.RawIOBase):
    """A file that can be read as long as it is wanted."""

    def __init__(self, file: BinaryIO, wanted: Wanted) -> None:
        self._file = file
        self._wanted = wanted

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self._wanted.check()
        return self._file.read(CHUNK if size < 0 or size > CHUNK else size)


async def in_thread(work: Callable[[Wanted], Result]) -> Result:
    """Do *work* in a thread; when cancelled, wait until it has noticed."""
    wanted = Wanted()
    doing = asyncio.ensure_future(asyncio.to_thread(work, wanted))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        wanted.stop()
        await asyncio.wait({doing})
        if not doing.cancelled():
            doing.exception()  # it is no news that it was stopped
        raise


async def checksum(path: Path) -> str:
    """Read a file back and return its SHA-256."""

    def work(wanted: Wanted) -> str:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            reader = _Reader(file, wanted)
            while chunk := reader.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    return await in_thread(work)


def read_key(text: str) -> pyrage.x25519.Identity:
    """Read an age secret key, alone or as `age-keygen` writes it.

    Raises:
        ActionFailed: it is none.
    """
    for line in text.splitlines():
        if line.strip().startswith("AGE-SECRET-KEY-1"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                break
    raise ActionFailed("the key is not an age secret key (AGE-SECRET-KEY-1…)", permanent=True)


async def pack(dump: Path, *, zstd: int | None, recipients: Sequence[str]) -> Path:
    """Make the file that is stored, beside *dump*, and remove what it was made of."""
    return await in_thread(lambda wanted: _pack(dump, zstd, recipients, wanted))


def _pack(dump: Path, zstd: int | None, recipients: Sequence[str], wanted: Wanted) -> Path:
    if dump.is_dir():
        packed = dump.with_name("database.tar")
        with tarfile.open(packed, "w", format=tarfile.PAX_FORMAT) as tar:
            for each in sorted(dump.iterdir()):
                wanted.check()
                tar.add(each, arcname=each.name)
        shutil.rmtree(dump)
        dump = packed
    if zstd is None and not recipients:
        dump.chmod(0o600)
        sync(dump)
        return dump
    name = dump.name + (".zst" if zstd is not None else "") + (".age" if recipients else "")
    target = dump.with_name(name)
    with dump.open("rb") as file, target.open("xb") as out:
        target.chmod(0o600)
        plain: BinaryIO = _Reader(file, wanted)  # type: ignore[assignment]  # its `read` is all that is used
        if zstd is not None:
            plain = zstandard.ZstdCompressor(level=zstd).stream_reader(plain)
        if recipients:
            keys = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
            pyrage.encrypt_io(plain, out, keys)
        else:
            shutil.copyfileobj(plain, out, CHUNK)
    dump.unlink()
    sync(target)
    return target


async def unpack(file: Path, manifest: Manifest, into: Path, key: str | None) -> Path:
    """Undo `pack`; return what pg_restore reads, which is *file* itself if nothing is to be undone.

    Raises:
        ActionFailed: there is no key, a wrong one, or the file is damaged.
    """
    identity = None
    if manifest.recipients:
        if key is None:
            raise ActionFailed("the backup is encrypted, and there is no key", permanent=True)
        identity = read_key(key)
    try:
        return await in_thread(lambda wanted: _unpack(file, manifest, into, identity, wanted))
    except pyrage.DecryptError as error:
        raise ActionFailed(
            f"the backup cannot be decrypted with this key: {error}", permanent=True
        ) from error
    except (zstandard.ZstdError, tarfile.TarError, EOFError) as error:
        raise ActionFailed(f"the backup is damaged: {error}", permanent=True) from error


def _unpack(
    file: Path,
    manifest: Manifest,
    into: Path,
    identity: pyrage.x25519.Identity | None,
    wanted: Wanted,
) -> Path:
    at = file
    if identity is not None:
        at = _step(at, into / "decrypted", wanted, lambda i, o: pyrage.decrypt_io(i, o, [identity]))
    if manifest.zstd:
        expand = zstandard.ZstdDecompressor()
        before, at = at, _step(at, into / "expanded", wanted, expand.copy_stream)
        if before != file:
            before.unlink()
    if manifest.format == "directory":
        folder = into / "database.dir"
        folder.mkdir(mode=0o700)
        with tarfile.open(at) as tar:
            for member in tar:
                _extract(tar, member, folder, wanted)
        if at != file:
            at.unlink()
        return folder
    return at


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, wanted: Wanted) -> None:
    """Write one file of a dump; there are no folders in it, and no links."""
    wanted.check()
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or not re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", member.name):
        raise ActionFailed(f"the backup is damaged: {member.name!r} is in it", permanent=True)
    with source, (folder / member.name).open("xb") as out:
        shutil.copyfileobj(source, out, CHUNK)


def _step(
    source: Path, target: Path, wanted: Wanted, change: Callable[[BinaryIO, BinaryIO], object]
) -> Path:
    with source.open("rb") as file, target.open("xb") as out:
        target.chmod(0o600)
        change(_Reader(file, wanted), out)  # type: ignore[arg-type]  # its `read` is all that is used
    return target
