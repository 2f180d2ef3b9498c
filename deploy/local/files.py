"""Write a file so that readers see the old one or the new one, never a part of it."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(file: Path, text: str, *, durable: bool = True) -> None:
    """Write aside, readable by us alone; rename.

    *durable* forces it to disk first, so that it is kept even if the power fails now; that takes a
    moment, and much longer on a busy disk.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        if durable:
            os.fsync(out.fileno())
    aside.replace(file)
