"""Cases of one rule as one test: all are tried, also after one that is wrong, and each is named.

    @table(("text", "expected"), [("1", 1), ("2", 2)])
    def test_a_number_is_read(text: str, expected: int) -> None:
        assert read(text) == expected

    for case in cases(TABLE):       # where they share what the test has made
        with case as (body, code):
            assert await code_of(body) == code

A case costs what the test does and nothing else. All share the fixtures of their test: what one
leaves behind must not change the next.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import pytest

Values = TypeVar("Values")
Test = Callable[..., Any]

#: What a case may fail with; `pytest.fail` and `pytest.raises` do not raise an `Exception`.
FAILURES = (Exception, pytest.fail.Exception)


@dataclass(frozen=True, slots=True)
class Case(Generic[Values]):
    """One case, and where it is noted if it fails."""

    values: Values
    failures: list[BaseException]

    def __enter__(self) -> Values:
        return self.values

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, FAILURES):
            return False
        error.add_note(f"in the case {self.values!r:.300}")
        self.failures.append(error)
        return True


def cases(table: Iterable[Values]) -> Iterator[Case[Values]]:
    """Yield each case of a table.

    Raises:
        BaseException: what was wrong with the only one that failed.
        BaseExceptionGroup: the same of several.
        AssertionError: there is none.
    """
    __tracebackhide__ = True
    failures: list[BaseException] = []
    tried = 0
    for values in table:
        tried += 1
        yield Case(values, failures)
    assert tried, "a table without cases proves nothing"
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {tried} cases are wrong", failures)


def table(columns: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the decorated test once for every row; one column is not wrapped in a tuple."""
    names = (columns,) if isinstance(columns, str) else columns
    tried = [
        dict(zip(names, (row,) if isinstance(columns, str) else row, strict=True)) for row in rows
    ]

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def each(*args: object, **fixtures: object) -> None:
            for case in cases(tried):
                with case as row:
                    test(*args, **fixtures, **row)

        @functools.wraps(test)
        async def each_awaited(*args: object, **fixtures: object) -> None:
            for case in cases(tried):
                with case as row:
                    await test(*args, **fixtures, **row)

        run: Any = each_awaited if inspect.iscoroutinefunction(test) else each
        run.__signature__ = _without(names, inspect.signature(test))
        return run  # type: ignore[no-any-return]

    return decorate


def _without(names: tuple[str, ...], signature: inspect.Signature) -> inspect.Signature:
    """Hide the columns from pytest, which would look for fixtures of these names."""
    missing = set(names) - set(signature.parameters)
    assert not missing, f"the test does not take {missing}"
    kept = [each for name, each in signature.parameters.items() if name not in names]
    return signature.replace(parameters=kept)
