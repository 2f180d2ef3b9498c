"""Cases of one rule as one test: a table whose rows are all tried, also after one that is wrong.

    @table(("text", "expected"), [("1", 1), ("2", 2)])
    def test_a_number_is_read(text: str, expected: int) -> None:
        assert read(text) == expected

A row costs what the test does and nothing else; a failure names every row that is wrong. All rows
share the fixtures of their test: what a row leaves behind must not change the next one.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

Test = Callable[..., Any]

#: What a row may fail with; `pytest.fail` and `pytest.raises` do not raise an `Exception`.
FAILURES = (Exception, pytest.fail.Exception)


def table(columns: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the decorated test once for every row; one column is not wrapped in a tuple."""
    names = (columns,) if isinstance(columns, str) else columns
    cases = [
        dict(zip(names, (row,) if isinstance(columns, str) else row, strict=True)) for row in rows
    ]
    assert cases, "a table without rows proves nothing"

    def decorate(test: Test) -> Test:
        if inspect.iscoroutinefunction(test):
            return _without(names, _each_awaited(test, cases))
        return _without(names, _each(test, cases))

    return decorate


def _each(test: Test, cases: list[dict[str, Any]]) -> Test:
    @functools.wraps(test)
    def all_rows(*args: object, **fixtures: object) -> None:
        __tracebackhide__ = True
        wrong: list[BaseException] = []
        for case in cases:
            with _collected(wrong, case):
                test(*args, **fixtures, **case)
        _report(wrong, len(cases))

    return all_rows


def _each_awaited(test: Callable[..., Awaitable[None]], cases: list[dict[str, Any]]) -> Test:
    @functools.wraps(test)
    async def all_rows(*args: object, **fixtures: object) -> None:
        __tracebackhide__ = True
        wrong: list[BaseException] = []
        for case in cases:
            with _collected(wrong, case):
                await test(*args, **fixtures, **case)
        _report(wrong, len(cases))

    return all_rows


@contextmanager
def _collected(wrong: list[BaseException], case: Mapping[str, object]) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        error.add_note("in the row " + ", ".join(f"{name}={it!r}" for name, it in case.items()))
        wrong.append(error)


def _report(wrong: list[BaseException], rows: int) -> None:
    __tracebackhide__ = True
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise BaseExceptionGroup(f"{len(wrong)} of {rows} rows are wrong", wrong)


def _without(names: tuple[str, ...], test: Test) -> Test:
    """Hide the columns from pytest, which would look for fixtures of these names."""
    signature = inspect.signature(test)
    missing = set(names) - set(signature.parameters)
    assert not missing, f"the test does not take {missing}"
    kept = [each for name, each in signature.parameters.items() if name not in names]
    test.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return test
