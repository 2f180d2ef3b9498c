"""Which buckets of tasks are compared one by one."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from services.scheduler.loops.reconciler import TOGETHER, differing, id_ranges
from shared.contracts.sync import Bucket
from tests.support.cases import table


def bucket(number: int, tasks: int = 1, digest: int = 7) -> Bucket:
    return Bucket(bucket=number, tasks=tasks, digest=digest)


def test_equal_sides_do_not_differ_whatever_their_order() -> None:
    assert differing([bucket(1), bucket(2)], [bucket(2), bucket(1)]) == []
    assert differing([], []) == []


def test_what_one_side_lacks_differs() -> None:
    assert differing([bucket(1)], []) == [1]
    assert differing([], [bucket(255), bucket(0)]) == [0, 255]


def test_another_version_or_another_task_differs() -> None:
    ours = [bucket(1), bucket(2), bucket(3)]
    theirs = [bucket(1), bucket(2, digest=8), bucket(3, tasks=2)]

    assert differing(ours, theirs) == [2, 3]


@table("alone", [True, False])
def test_the_ranges_cover_every_id_once(*, alone: bool) -> None:
    every = list(range(256))
    ranges = (
        [each for number in every for each in id_ranges([number])] if alone else id_ranges(every)
    )

    assert ranges[0][0] == UUID(int=0)
    assert ranges[-1][1] == UUID(int=(1 << 128) - 1)
    for (_, last), (first, _) in pairwise(ranges):
        assert first.int == last.int + 1


@table("number", [0, 1, 0x7F, 0xFF])
def test_a_range_holds_the_ids_that_begin_with_its_byte(number: int) -> None:
    ((first, last),) = id_ranges([number])

    assert first.bytes[0] == last.bytes[0] == number
    assert set(first.bytes[1:]) == {0}
    assert set(last.bytes[1:]) == {255}


def test_only_neighbours_are_taken_together_and_not_too_many() -> None:
    spans = [(first.bytes[0], last.bytes[0]) for first, last in id_ranges([9, 1, 3, 2])]
    assert spans == [(1, 3), (9, 9)]

    assert len(id_ranges(list(range(2 * TOGETHER)))) == 2
