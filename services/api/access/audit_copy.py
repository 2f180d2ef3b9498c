"""How an exported audit list is verified, years later, with nothing but itself. Pure.

The last line of a file is its *end*: how many rows it has, and from where to where the chain went
when it was written. So a file that was cut off, at either end or in the middle, is told from a
whole one. It is no proof against somebody who writes the end anew as well: against those stands a
head that was written down elsewhere (see `audit_chain`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.api.access.audit_chain import Mark, Trouble, Wrong, link

#: What only the last line of a file has.
END = "end"


class End(NamedTuple):
    """What the last line says of the whole file."""

    rows: int
    anchor: Mark
    """The last seal that retention had removed when the file was done."""
    head: Mark
    """The last seal when it was begun; what was sealed later stands in it unsealed."""

    def line(self) -> dict[str, Any]:
        """Return the last line."""
        return {END: {"rows": self.rows, "anchor": str(self.anchor), "head": str(self.head)}}

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> End:
        """Read what `line` returned.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: it is none.
        """
        said = line[END]
        return cls(int(said["rows"]), Mark.parse(said["anchor"]), Mark.parse(said["head"]))


@dataclass(slots=True)
class Found:
    """What verifying a copy has found."""

    rows: int = 0
    first: int | None = None
    """The number of the first seal; None: there is none."""
    head: Mark | None = None
    whole: bool = False
    """Its end is there, and all that it tells of; of a *part* only the number of rows is told."""
    unsealed: list[int] = field(default_factory=list)
    """Rows that were exported before they were sealed; none of them is proven."""
    troubles: list[Trouble] = field(default_factory=list)


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
    ends: list[End] = []
    marks = {anchor and anchor.seal + 1: _Seal(), head and head.seal: _Seal()}
    for row in rows:
        if END in row:
            ends.append(End.read(row))
            continue
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
    found.whole = len(ends) == 1 and _is_whole(found, ends[0], part=part)
    if anchor is not None and (first := marks[anchor.seal + 1]).before != anchor.hash:
        found.troubles.append(Trouble(Wrong.ANCHOR, first.row, anchor.seal + 1))
    if head is not None and (last := marks[head.seal]).hash != head.hash:
        found.troubles.append(Trouble(Wrong.HEAD, last.row, head.seal))
    found.troubles = sorted(set(found.troubles), key=lambda each: (each.seal or 0, each.row or 0))
    return found


def _is_whole(found: Found, end: End, *, part: bool) -> bool:
    if found.rows != end.rows:
        return False
    if part or end.head.seal <= end.anchor.seal:  # retention has left nothing that was sealed
        return True
    # Retention may have taken rows off the beginning while they were written into the file already.
    begins = found.first is not None and found.first <= end.anchor.seal + 1
    return begins and found.head == end.head


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
