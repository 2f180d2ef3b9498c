"""A condition is parted where its outermost `&&` and `||` stand, and nowhere else."""

from __future__ import annotations

from services.api.events.condition_parts import MOST_PARTS, parts_of
from tests.support.cases import table


@table(
    ("condition", "parts"),
    [
        ("a > 1", []),
        ("a > 1 && b < 2", [(0, "a > 1"), (0, "b < 2")]),
        ("a || b && c", [(0, "a"), (1, "b"), (1, "c")]),
        ("(a && b) || (c)", [(0, "a"), (0, "b"), (1, "c")]),
        ("(a || b) && c", [(0, "(a || b)"), (0, "c")]),
        ("(a) || (b)", [(0, "a"), (1, "b")]),
        ("name == 'x && y' && b", [(0, "name == 'x && y'"), (0, "b")]),
        (r'name == "a\" || b" || c', [(0, r'name == "a\" || b"'), (1, "c")]),
        ('"""x || y""" == a && b', [(0, '"""x || y""" == a'), (0, "b")]),
        ("xs.exists(x, x > 1 && x < 3) && b", [(0, "xs.exists(x, x > 1 && x < 3)"), (0, "b")]),
        ("m['a && b'] == 1 && b", [(0, "m['a && b'] == 1"), (0, "b")]),
    ],
)
def test_parts(condition: str, parts: list[tuple[int, str]]) -> None:
    assert [tuple(each) for each in parts_of(condition)] == parts


@table("condition", ["a ? b && c : d", "a && (b", "a && b)", "a &&", "&& a", "", "a && && b"])
def test_what_cannot_be_parted_safely_stays_whole(condition: str) -> None:
    assert parts_of(condition) == []


def test_a_condition_of_very_many_parts_stays_whole() -> None:
    assert len(parts_of(" && ".join("a" * MOST_PARTS))) == MOST_PARTS
    assert parts_of(" && ".join("a" * (MOST_PARTS + 1))) == []
