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
    found, runs = Found(), _Runs()
    marks = {anchor and anchor.seal + 1: _Seal(), head and head.seal: _Seal()}
    for row in rows:
        found.rows += 1
        number = row.get("seal")
        if number is None:
            found.unsealed.append(row["id"])
            continue
        if row["previous_hash"] is None:  # the seal before it was gone when it was exported
            found.troubles.append(Trouble(Wrong.MISSING, None, number - 1))
            continue
        seal = _Seal(bytes.fromhex(row["previous_hash"]), bytes.fromhex(row["hash"]), row["id"])
        if link(seal.before, row) != seal.hash:
            found.troubles.append(Trouble(Wrong.CHANGED, seal.row, number))
        found.troubles += runs.add(number, seal)
        if number in marks and marks[number].row is None:
            marks[number] = seal
    found.first, found.head, breaks = runs.ends(part=part)
    found.troubles += breaks
    if anchor is not None and (first := marks[anchor.seal + 1]).before != anchor.hash:
        found.troubles.append(Trouble(Wrong.ANCHOR, first.row, anchor.seal + 1))
    if head is not None and (last := marks[head.seal]).hash != head.hash:
        found.troubles.append(Trouble(Wrong.HEAD, last.row, head.seal))
    found.troubles = sorted(set(found.troubles), key=lambda each: (each.seal or 0, each.row or 0))
    return found


class _Seal(NamedTuple):
    before: bytes = b""
    hash: bytes = b""
    row: int | None = None


@dataclass(slots=True)
class _Run:
    """Seals without a gap, of which the ends are kept."""

    first: int
    last: int
    before: bytes
    row: int | None
    hash: bytes


class _Runs:
    """What is known of a file so far: not each of its seals, so that it may be of any length."""

    def __init__(self) -> None:
        self._by_first: dict[int, _Run] = {}
        self._by_last: dict[int, _Run] = {}

    def add(self, number: int, seal: _Seal) -> list[Trouble]:
        """Take one more seal; return where it does not fit its neighbours."""
        if number in self._by_first or number in self._by_last:
            return [Trouble(Wrong.CHANGED, seal.row, number)]
        troubles = []
        run = _Run(number, number, seal.before, seal.row, seal.hash)
        if left := self._by_last.pop(number - 1, None):
            if left.hash != seal.before:
                troubles.append(Trouble(Wrong.CHANGED, seal.row, number))
            run = _Run(left.first, number, left.before, left.row, seal.hash)
        if right := self._by_first.pop(number + 1, None):
            if right.before != seal.hash:
                troubles.append(Trouble(Wrong.CHANGED, right.row, number + 1))
            run.last, run.hash = right.last, right.hash
        self._by_first[run.first] = self._by_last[run.last] = run
        return troubles

    def ends(self, *, part: bool) -> tuple[int | None, Mark | None, list[Trouble]]:
        """Return the first seal, the last one, and what is missing or there twice in between."""
        runs = sorted(self._by_first.values(), key=lambda run: (run.first, -run.last))
        if not runs:
            return None, None, []
        troubles, head = [], Mark(runs[0].last, runs[0].hash)
        for run in runs[1:]:
            if run.first <= head.seal:
                troubles.append(Trouble(Wrong.CHANGED, run.row, run.first))
            elif not part:
                troubles.append(Trouble(Wrong.MISSING, None, head.seal + 1))
            if run.last > head.seal:
                head = Mark(run.last, run.hash)
        return runs[0].first, head, troubles
