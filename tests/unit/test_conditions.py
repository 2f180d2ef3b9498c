"""Conditions: what they mean, and that none of them can do harm."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.runtime.conditions import STRIKES, Answer, Asked, Conditions, compile_check, names_in
from tests.support.cases import table

GROWS = ".map(a,a+a+a+a+a+a+a+a+a+a)"
HANGS = "[s]" + GROWS * 10 + ".size() > 0"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def conditions() -> AsyncIterator[Conditions]:
    conditions = Conditions()
    yield conditions
    await conditions.close()


async def ask(conditions: Conditions, text: str, **data: Any) -> Answer:  # noqa: ANN401 - whatever JSON takes
    event = {"specversion": "1.0", "type": "t", "source": "s", "data": data}
    (answer,) = await conditions.evaluate([Asked(text, event)])
    return answer


@table(
    ("text", "data", "holds"),
    [
        ("error_rate > 10", {"error_rate": 11}, True),
        ("error_rate > 10", {"error_rate": 10.5}, True),
        ("error_rate > 10", {"error_rate": 10}, False),
        ("error_rate > 10.5", {"error_rate": 11}, True),
        ("a == 'x' && b in [1, 2]", {"a": "x", "b": 2}, True),
        ("event.data.a.b[0] == 1 && event.type == 't'", {"a": {"b": [1]}}, True),
        ("has(event.data.a)", {}, False),
        ("a || b", {"b": True}, True),
        ("s.matches('^(a+)+$')", {"s": "a" * 5_000 + "b"}, False),
        ("big > 1", {"big": 2**80}, True),
        ("ok", {"ok": True}, True),
        ("名 == 1", {"名": 1}, None),
    ],
)
async def test_what_conditions_mean(
    conditions: Conditions,
    text: str,
    data: dict[str, Any],
    holds: bool | None,  # noqa: FBT001 - a table
) -> None:
    answer = await ask(conditions, text, **data)
    assert answer.holds is bool(holds)
    assert (answer.code is None) is (holds is not None)


@table(
    ("text", "data", "code", "detail"),
    [
        ("x > 1", {}, "condition.missing", "x"),
        ("event.data.a.b > 1", {"a": {}}, "condition.missing", "b"),
        ("x > 1", {"x": "text"}, "condition.error", None),
        ("x", {"x": 1}, "condition.not_boolean", "INT"),
        ("1 +", {}, "condition.syntax", None),
        ("x" * 2_000, {}, "condition.too_long", None),
    ],
)
async def test_without_an_answer_it_does_not_hold_and_says_why(
    conditions: Conditions, text: str, data: dict[str, Any], code: str, detail: str | None
) -> None:
    answer = await ask(conditions, text, **data)
    assert (answer.holds, answer.code) == (False, code)
    assert detail is None or answer.detail == detail


@table(
    ("text", "code"),
    [
        ("error_rate > 10", None),
        ("a.b.c > 1 && d == event.source", None),
        ("1 + 1", "condition.not_boolean"),
        ("'text'", "condition.not_boolean"),
        ("x >", "condition.syntax"),
        ("", "condition.syntax"),
        ("unknown(x) > 1", "condition.syntax"),
        ("x > 'a' + 1", "condition.syntax"),
        ("(" * 200 + "true" + ")" * 200, "condition.syntax"),
        ("!" * 900 + "true", None),
        ("x" * 1_025, "condition.too_long"),
    ],
)
def test_a_check_before_saving(text: str, code: str | None) -> None:
    assert [problem.code for problem in compile_check(text)] == ([code] if code else [])


def test_names_are_the_fields_it_looks_at() -> None:
    assert names_in("a.b > 1 && c == event.source || a.d") == ["a", "c"]
    assert names_in("x >") == []


async def test_one_that_takes_too_long_is_cut_and_after_some_times_rests() -> None:
    conditions = Conditions(limit=timedelta(milliseconds=250), rest=timedelta(hours=1))
    event = {"data": {"s": "x"}}
    good, bad = Asked("s == 'x'", event), Asked(HANGS, event)
    try:
        answers = await conditions.evaluate([good, bad, good, *[bad] * (STRIKES + 2)])
        cut, rests = "condition.timeout", "condition.suspended"
        assert [each.code for each in answers] == [
            None,
            cut,
            None,
            *[cut] * (STRIKES - 1),
            *[rests] * 3,
        ]
        assert conditions.killed == STRIKES
        assert [each.holds for each in await conditions.evaluate([good])] == [True]
    finally:
        await conditions.close()


async def test_a_worker_that_somebody_killed_is_nobodys_fault(conditions: Conditions) -> None:
    assert (await ask(conditions, "x == 1", x=1)).holds
    worker = conditions._worker  # noqa: SLF001 - somebody outside kills it
    assert worker is not None
    os.kill(worker._process.pid, 9)  # noqa: SLF001 - as above
    await worker._process.wait()  # noqa: SLF001 - as above
    assert (await ask(conditions, "x == 1", x=1)).holds


@table(("text", "count"), [("value > {}", 2_000), ("value > 1 || field_{} > 1", 1_200)])
async def test_very_many_conditions_fit_into_one_worker(text: str, count: int) -> None:
    conditions = Conditions(memory=160 << 20)
    event = {"data": {"value": count}}
    try:
        answers = await conditions.evaluate(
            [Asked(text.format(number), event) for number in range(count)]
        )
        assert all(each.holds for each in answers)
        assert conditions.killed == 0
    finally:
        await conditions.close()


async def test_many_events_go_over_in_slices(conditions: Conditions) -> None:
    events = [{"data": {"n": n, "filler": "x" * 100_000}} for n in range(30)]
    answers = await conditions.evaluate([Asked("n % 2 == 0", event) for event in events])
    assert [each.holds for each in answers] == [n % 2 == 0 for n in range(30)]
    (answer,) = await conditions.evaluate([Asked("true", {"data": "x" * (1 << 20)})])
    assert answer.code == "condition.error"
