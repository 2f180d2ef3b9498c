"""A copy of the audit list is verified in whatever order, and in little memory however long."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

from services.api.access.audit_chain import FIELDS, GENESIS, Mark, Wrong, link
from services.api.access.audit_copy import End, verify_copy
from tests.support.cases import table

EMPTY = dict.fromkeys(FIELDS)


def chain(count: int) -> list[bytes]:
    """Return the hashes of *count* rows, behind that before the first."""
    hashes = [GENESIS]
    for number in range(1, count + 1):
        hashes.append(link(hashes[-1], {**EMPTY, "id": 10 * number}))
    return hashes


def rows_of(hashes: list[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the rows as the export does, the latest first."""
    for number in range(len(hashes) - 1, 0, -1):
        yield {
            **EMPTY,
            "id": 10 * number,
            "seal": number,
            "hash": hashes[number].hex(),
            "previous_hash": hashes[number - 1].hex(),
        }


def test_a_long_file_needs_little_memory() -> None:
    hashes = chain(4_000)
    tracemalloc.start()
    try:
        found = verify_copy(rows_of(hashes), head=Mark(4_000, hashes[-1]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.rows, found.troubles) == (4_000, [])
    assert most < 500_000, "it keeps its rows"


@table("seed", range(5))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    hashes = chain(50)
    rows = list(rows_of(hashes))
    shuffle = random.Random(seed).shuffle  # noqa: S311 - no secret
    shuffle(rows)

    found = verify_copy(rows, anchor=Mark(0, GENESIS), head=Mark(50, hashes[-1]))
    assert (found.troubles, found.first, found.head) == ([], 1, Mark(50, hashes[-1]))

    gone = rows.pop()["seal"]
    found = verify_copy(rows)
    if 1 < gone < 50:
        assert [(each.what, each.seal) for each in found.troubles] == [(Wrong.MISSING, gone)]
    assert verify_copy(rows, part=True).troubles == []


@table("seed", range(5))
def test_a_row_that_is_there_twice_is_told(seed: int) -> None:
    rows = list(rows_of(chain(9)))
    rows.insert(random.Random(seed).randrange(9), dict(rows[4]))  # noqa: S311 - no secret
    assert [each.what for each in verify_copy(rows).troubles] == [Wrong.CHANGED]


def whole_file(count: int, *, retained: int = 0) -> list[dict[str, Any]]:
    """Return an export whose oldest *retained* rows are gone, with its end."""
    hashes = chain(count)
    rows = list(rows_of(hashes))[: count - retained]
    end = End(len(rows), Mark(retained, hashes[retained]), Mark(count, hashes[count]))
    return [*rows, end.line()]


@table(("count", "retained"), [(0, 0), (1, 0), (9, 0), (9, 4), (9, 9)])
def test_a_file_with_all_that_its_end_tells_is_whole(count: int, retained: int) -> None:
    found = verify_copy(whole_file(count, retained=retained))

    assert (found.whole, found.troubles) == (True, [])


@table("retained", [0, 4])
@table("part", [True, False])
def test_wherever_a_file_is_cut_it_is_not_whole(retained: int, *, part: bool) -> None:
    lines = whole_file(9, retained=retained)

    for left in range(len(lines)):
        assert not verify_copy(lines[:left], part=part).whole, f"the last lines, from {left}"
    for first in range(1, len(lines)):
        assert not verify_copy(lines[first:], part=part).whole, f"the first {first} lines"
    for gone in range(len(lines)):
        assert not verify_copy(lines[:gone] + lines[gone + 1 :], part=part).whole, f"line {gone}"


def test_an_end_that_was_made_to_fit_fewer_rows_does_not_fit_the_chain() -> None:
    lines = whole_file(9)
    for few in (lines[:-2], lines[1:-1]):
        end = {"end": {**lines[-1]["end"], "rows": len(few)}}
        assert not verify_copy([*few, end]).whole


def test_two_files_in_one_are_no_whole_file() -> None:
    assert not verify_copy(whole_file(9) + whole_file(0), part=True).whole


def test_rows_that_retention_took_while_the_file_was_written_may_stand_in_it() -> None:
    hashes = chain(9)
    end = End(9, Mark(3, hashes[3]), Mark(9, hashes[9]))

    found = verify_copy([*rows_of(hashes), end.line()])
    assert (found.whole, found.troubles, found.first) == (True, [], 1)
