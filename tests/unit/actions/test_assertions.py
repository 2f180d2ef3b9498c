"""Which claims about a document hold, and how one that does not is told."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions.assertions import Expectation, capture, in_words, judge
from tests.support.cases import table

DOCUMENT: Any = {
    "status": "ok",
    "count": 3,
    "on": True,
    "tags": ["a", "b"],
    "items": [{"id": 1, "n": 5}, {"id": 2, "n": 7}],
    "nothing": None,
    "empty": [],
}


def claim(path: str, op: str, value: object = None) -> Expectation:
    return Expectation.model_validate({"path": path, "op": op, "value": value})


@table(
    ("path", "op", "value"),
    [
        ("$.status", "equals", "ok"),
        ("$.count", "equals", 3.0),
        ("$.items", "equals", [{"n": 5, "id": 1}, {"id": 2, "n": 7}]),
        ("$.nothing", "equals", None),
        ("$.status", "not_equals", "bad"),
        ("$.status", "contains", "k"),
        ("$.tags", "contains", "a"),
        ("$", "contains", "count"),
        ("$.tags", "not_contains", "c"),
        ("$.status", "matches", "^o.$"),
        ("$.status", "in", ["ok", "fine"]),
        ("$.status", "exists", None),
        ("$.nothing", "exists", True),
        ("$.gone", "exists", False),
        ("$.count", "lt", 4),
        ("$.count", "le", 3),
        ("$.count", "gt", 2.5),
        ("/count", "ge", 3),
        ("$.items[*].n", "ge", 5),
    ],
)
def test_a_claim_that_holds(path: str, op: str, value: object) -> None:
    assert judge(DOCUMENT, [claim(path, op, value)]) == []


@table(
    ("path", "op", "value", "seen"),
    [
        ("$.status", "equals", "OK", '"ok"'),
        ("$.on", "equals", 1, "true"),
        ("$.count", "equals", "3", "3"),
        ("$.status", "not_equals", "ok", '"ok"'),
        ("$.gone", "not_equals", "ok", None),
        ("$.count", "contains", 3, "3"),
        ("$.tags", "not_contains", "a", '["a", "b"]'),
        ("$.count", "matches", "3", "3"),
        ("$.status", "in", ["a"], '"ok"'),
        ("$.gone", "exists", True, None),
        ("$.status", "exists", False, '"ok"'),
        ("$.status", "lt", 4, '"ok"'),
        ("$.on", "ge", 0, "true"),
        ("$.items[*].n", "gt", 5, "5"),
        ("$.empty[*]", "gt", 5, None),
    ],
)
def test_a_claim_that_does_not_hold_tells_what_was_seen(
    path: str, op: str, value: object, seen: str | None
) -> None:
    (failed,) = judge(DOCUMENT, [claim(path, op, value)])

    assert (failed["path"], failed["op"], failed["seen"]) == (path, op, seen)
    assert failed["found"] is (seen is not None)


def test_what_failed_is_told_in_words() -> None:
    failed = judge(DOCUMENT, [claim("$.count", "gt", 9), claim("$.gone", "equals", "x")])

    assert in_words(failed) == "$.count is 3; expected: gt 9 (and 1 more)"
    assert in_words(failed[1:]) == '$.gone is not there; expected: equals "x"'


def test_a_pattern_cannot_hold_up_the_executor() -> None:
    greedy = claim("$", "matches", "(a*)*b")
    began = process_time()

    assert judge("a" * 60_000, [greedy])
    assert process_time() - began < 0.5


@table(
    ("given", "code"),
    [
        ({"path": "a", "value": 1}, "path.json"),
        ({"path": "$", "op": "lt", "value": "1"}, "claim.number"),
        ({"path": "$", "op": "lt", "value": True}, "claim.number"),
        ({"path": "$", "op": "in", "value": "a"}, "claim.list"),
        ({"path": "$", "op": "exists", "value": "yes"}, "claim.boolean"),
        ({"path": "$", "op": "matches", "value": "("}, "claim.pattern"),
        ({"path": "$", "op": "matches", "value": "(?=a)"}, "claim.pattern"),
        ({"path": "$", "op": "matches", "value": "((a{1000}){1000}){1000}"}, "claim.pattern"),
        ({"path": "$", "op": "matches"}, "claim.pattern"),
        ({"path": "$", "op": "like", "value": 1}, "literal_error"),
    ],
)
def test_what_makes_no_claim_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Expectation.model_validate(given)

    assert caught.value.errors()[0]["type"] == code


@table("op", ["matches", "equals", "in", "contains"])
def test_an_answer_with_much_in_it_cannot_hold_up_the_executor(op: str) -> None:
    values = {"matches": "b", "equals": "b", "in": ["b"] * 1000, "contains": "b"}
    answer: Any = [["a"] * 20 for _ in range(10_000)] if op == "contains" else ["a"] * 10_000
    began = process_time()

    failed = judge(answer, [claim("$[*]", op, values[op])] * 50)

    assert process_time() - began < 5  # it was 50 s
    assert len(failed) == 50
    assert failed[-1]["seen"] == "more than is looked at"


def test_what_is_captured_of_much_is_not_written_out_first() -> None:
    answer: Any = [[1] * 1000 for _ in range(400)]
    began = process_time()

    kept = capture(answer, {f"name{number}": "$" for number in range(50)})

    assert process_time() - began < 1  # it was 2 s
    assert str(kept["name0"]).startswith("[[1, 1, ")


def test_values_are_captured() -> None:
    paths = {"n": "$.count", "ids": "$.items[*].id", "gone": "$.gone"}

    assert capture(DOCUMENT, paths) == {"n": 3, "ids": [1, 2], "gone": None}


def test_what_is_captured_has_its_limits() -> None:
    large = {f"k{n}": "x" * 3_000 for n in range(50)} | {"huge": "y" * 100_000}
    kept = capture(large, {name: f"$.{name}" for name in large})  # type: ignore[arg-type]  # a dict of texts is JSON

    assert kept["k0"] == "x" * 3_000
    assert str(kept["huge"]).endswith("…")
    assert sum(len(str(value)) for value in kept.values()) < 32_000
