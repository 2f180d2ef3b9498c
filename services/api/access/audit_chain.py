"""The chain of the audit list: what is hashed, and what can be wrong with it. Pure.

    hash of a row = SHA-256(hash of the row before + canonical form of the row)

The canonical form is that of the export (`format=jsonl`): the fields below as JSON, keys sorted, no
blanks, ASCII only. So a file can be verified years later with nothing but itself (`audit_copy`), by
`automation audit verify` or by thirty lines in any language.

A chain proves that what it holds is what was sealed, in that order. It does not prove that nothing
was cut off its end, nor that not all of it was written anew by somebody who may do everything in
the database: against those stands a head that was written down elsewhere. The API says the head in
its log, and `GET …/audit/verify` tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

#: Before the first row.
GENESIS: Final = bytes(32)
#: What is hashed of a row, by the names that the export gives it.
FIELDS: Final = (
    *("id", "at", "actor", "token_id", "run_id", "user_id", "ip", "request_id"),
    *("verb", "subject_kind", "subject_id", "before", "after"),
)
#: So many problems are told; one is enough to ask questions.
MOST_PROBLEMS: Final = 100


class Wrong(StrEnum):
    """What can be wrong with a chain."""

    CHANGED = "changed"
    """The row is not what was sealed, or not where it was."""
    MISSING = "missing"
    """The row is gone, or its seal is."""
    UNSEALED = "unsealed"
    """The row was put in without going through the chain."""
    HEAD = "head"
    """The chain does not end where it should."""
    ANCHOR = "anchor"
    """The chain does not begin where it should."""


class Mark(NamedTuple):
    """A place in the chain: the number of a seal, and its hash."""

    seal: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seal}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read what `str` wrote.

        Raises:
            ValueError: it is none.
        """
        seal, _, digest = text.strip().partition(":")
        mark = cls(int(seal), bytes.fromhex(digest))
        if mark.seal < 0 or len(mark.hash) != len(GENESIS):
            raise ValueError(text)
        return mark


class Trouble(NamedTuple):
    """Something that is wrong, and where: the row's id, if it has one, and the seal's number."""

    what: Wrong
    row: int | None
    seal: int | None


def canonical(row: Mapping[str, Any]) -> bytes:
    """Return what is hashed of *row*, as the export shows it."""
    shown = {name: row[name] for name in FIELDS}
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """Return the hash of *row* behind the hash *before*."""
    return hashlib.sha256(before + canonical(row)).digest()
