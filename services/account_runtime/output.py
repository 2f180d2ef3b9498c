"""The newest lines that an account's program has said, for whoever asks over the bus."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from services.account_runtime.record import Records
from shared.contracts.accounts import AccountOutputAsked, AccountOutputTold

#: As its keeper writes it (`keeper.py`); the older half is put beside it.
NAME = "output.log"
OLDER = f"{NAME}.1"
#: So much of the end is read; an answer must fit into one message of the bus.
MOST_BYTES = 128 * 1024
MOST_LINE = 2_000  # characters


def teller(records: Records) -> Callable[[AccountOutputAsked], AccountOutputTold]:
    """Return what answers questions about the accounts of these records."""

    def tell(asked: AccountOutputAsked) -> AccountOutputTold:
        return tail(records.folder(asked.id), asked.lines)

    return tell


def tail(folder: Path, lines: int) -> AccountOutputTold:
    """Return the last *lines* of what lies in an account's folder."""
    newest, cut = _end_of(folder / NAME, MOST_BYTES)
    if not cut:
        older, cut = _end_of(folder / OLDER, MOST_BYTES - len(newest))
        newest = older + newest
    found = newest.decode(errors="replace").splitlines()
    if cut and found:
        del found[0]  # most likely not a whole one
    shown = tuple(line[:MOST_LINE] for line in found[-lines:])
    return AccountOutputTold(lines=shown, cut=cut or len(found) > lines)


def _end_of(file: Path, most: int) -> tuple[bytes, bool]:
    """Return the end of a file, and whether there is more before it."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b"", False
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return b"", False
        begin = max(found.st_size - most, 0)
        opened.seek(begin)
        return opened.read(most), begin > 0
