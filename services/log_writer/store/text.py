"""Texts that PostgreSQL takes: it refuses one character that JSON allows."""

from __future__ import annotations

from typing import overload

CUT = " …"


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """Return *text* with every NUL made visible."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if text else text


def capped(text: str, size: int) -> str:
    """Return *text* cut to *size* bytes of UTF-8, with a mark if something is missing."""
    if len(text) * 4 <= size:  # no character takes more than four bytes
        return text
    data = text.encode()
    return text if len(data) <= size else data[:size].decode(errors="ignore") + CUT
