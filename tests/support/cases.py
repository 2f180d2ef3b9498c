"""Cases of one rule in one test: all of them are tried, and those that fail are named together.

for case in cases(TABLE):
    with case as (body, code):
        assert await code_of(body) == code
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, TypeVar

Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class Case(Generic[Values]):
    """One case, and where it is noted if it fails."""

    values: Values
    failures: dict[str, Exception]

    def __enter__(self) -> Values:
        return self.values

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failures[repr(self.values)[:200]] = error
        return True


def cases(table: Iterable[Values]) -> Iterator[Case[Values]]:
    """Yield each case of a table.

    Raises:
        AssertionError: for some of them something was wrong.
    """
    failures: dict[str, Exception] = {}
    tried = 0
    for values in table:
        tried += 1
        yield Case(values, failures)
    assert tried, "there is no case"
    if failures:
        told = "\n\n".join(f"{case}\n{type(e).__name__}: {e}" for case, e in failures.items())
        first = next(iter(failures.values()))
        raise AssertionError(f"{len(failures)} of {tried} cases:\n\n{told}") from first
