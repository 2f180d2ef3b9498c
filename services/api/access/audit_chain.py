"""The chain of the audit list: what is hashed, and how a copy of it is verified. Pure.

    hash of a row = SHA-256(hash of the row before + canonical form of the row)

The canonical form is that of the export (`format=jsonl`): the fields below as JSON, keys sorted, no
blanks, ASCII only. So a file can be verified years later with nothing but itself, by
`automation audit verify` or by thirty lines in any language.

A chain proves that what it holds is what was sealed, in that order. It does not prove that nothing
was cut off its end, nor that not all of it was written anew by somebody who may do everything in
the database: against those stands a head that was written down elsewhere. The API says the head in
its log, and `GET …/audit/verify` tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
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


@dataclass(slots=True)
class Found:
    """What verifying a copy has found."""

    rows: int = 0
    first: int | None = None
    """The number of the first seal; None: there is none."""
    head: Mark | None = None
    unsealed: list[int] = field(default_factory=list)
    """Rows that were exported before they were sealed; none of them is proven."""
    troubles: list[Trouble] = field(default_factory=list)


def canonical(row: Mapping[str, Any]) -> bytes:
    """Return what is hashed of *row*, as the export shows it."""
    shown = {name: row[name] for name in FIELDS}
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """Return the hash of *row* behind the hash *before*."""
    return hashlib.sha256(before + canonical(row)).digest()


def verify_copy(
    rows: Iterable[Mapping[str, Any]],
    *,
    part: bool = False,
    anchor: Mark | None = None,
    head: Mark | None = None,
) -> Found:
    """Verify exported rows, in whatever order; *part*: a filter may have left some out.

    *anchor* and *head* are what is known of the chain from elsewhere: it has to begin behind the
    one, and to go through the other.
    """
    found = Found()
    seals: dict[int, tuple[bytes, bytes, int]] = {}
    for row in rows:
        found.rows += 1
        number = row.get("seal")
        if number is None:
            found.unsealed.append(row["id"])
            continue
        if row["previous_hash"] is None:  # the seal before it was gone when it was exported
            found.troubles.append(Trouble(Wrong.MISSING, None, number - 1))
            continue
        before, sealed = bytes.fromhex(row["previous_hash"]), bytes.fromhex(row["hash"])
        if number in seals or link(before, row) != sealed:
            found.troubles.append(Trouble(Wrong.CHANGED, row["id"], number))
        seals.setdefault(number, (before, sealed, row["id"]))
    found.troubles += _breaks(seals, part=part)
    if seals:
        found.first, last = min(seals), max(seals)
        found.head = Mark(last, seals[last][1])
    found.troubles += _misplaced(seals, anchor, head)
    found.troubles = sorted(set(found.troubles), key=lambda each: (each.seal or 0, each.row or 0))
    return found


def _breaks(seals: Mapping[int, tuple[bytes, bytes, int]], *, part: bool) -> list[Trouble]:
    """Return where one seal does not follow the one before."""
    troubles = []
    numbers = sorted(seals)
    for one, other in pairwise(numbers):
        if other != one + 1:
            if not part:
                troubles.append(Trouble(Wrong.MISSING, None, one + 1))
        elif seals[other][0] != seals[one][1]:
            troubles.append(Trouble(Wrong.CHANGED, seals[other][2], other))
    return troubles


def _misplaced(
    seals: Mapping[int, tuple[bytes, bytes, int]], anchor: Mark | None, head: Mark | None
) -> list[Trouble]:
    troubles = []
    if anchor is not None:
        first = seals.get(anchor.seal + 1)
        if first is None or first[0] != anchor.hash:
            troubles.append(Trouble(Wrong.ANCHOR, first and first[2], anchor.seal + 1))
    if head is not None:
        there = seals.get(head.seal)
        if there is None or there[1] != head.hash:
            troubles.append(Trouble(Wrong.HEAD, there and there[2], head.seal))
    return troubles
