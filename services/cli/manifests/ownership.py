"""The mark of who owns a thing, at the end of its description: `… [owner:payments]`.

Everything that can be declared has a description, and people see it where they would edit by hand.
Only what bears the mark of an owner is ever deleted by `--prune`.
"""

from __future__ import annotations

import re

from services.cli.failures import Misused
from services.cli.language import both

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_MARK = re.compile(r"\s*\[owner:([A-Za-z0-9][A-Za-z0-9._-]{0,62})\]\Z", re.ASCII)


def checked(owner: str) -> str:
    """Return *owner*, if it is a name.

    Raises:
        Misused: it is none.
    """
    if not _NAME.fullmatch(owner):
        raise Misused(
            both(
                f"{owner!r} is no owner: letters, digits, dots, dashes, at most 63.",
                f"「{owner}」不能作為擁有者：只能用英數字、點與連字號，最多 63 字。",
            )
        )
    return owner


def marked(description: str | None, owner: str | None) -> str | None:
    """Return a description with the mark of *owner*; None: without any."""
    plain = unmarked(description)
    if owner is None:
        return plain
    return f"{plain} {mark(owner)}" if plain else mark(owner)


def unmarked(description: str | None) -> str | None:
    """Return a description without a mark."""
    if description is None:
        return None
    return _MARK.sub("", description) or None


def owner_of(description: str | None) -> str | None:
    """Return whose mark a description bears."""
    found = _MARK.search(description or "")
    return found[1] if found else None


def mark(owner: str) -> str:
    """Return the mark of *owner*."""
    return f"[owner:{owner}]"
