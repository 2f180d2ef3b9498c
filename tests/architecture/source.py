"""The source tree as the architecture tests see it: each module is parsed once per run.

What is kept of a module is what the tests look at, for the trees of all take hundreds of megabytes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = (
    "api",
    "scheduler",
    "executor",
    "log_writer",
    "notifier",
    "account_runtime",
    "bus_keeper",
)

#: Statements as we write them; lower case is prose.
_SQL = re.compile(
    r"\s*(?:--.*\n\s*)*"
    r"(SELECT|INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE|WITH|CREATE|ALTER|DROP|COPY)\s"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What stands in a module."""

    lines: int
    texts: tuple[tuple[int, str], ...]
    """Each text with its line; what is put into it becomes {}."""
    functions: tuple[tuple[str, int], ...]
    """Each function with its length in lines."""
    imported: frozenset[str]
    """The modules something is imported from."""
    outboxes: frozenset[str]
    """The schemas that an `OutboxStore` is made for."""

    @property
    def sql(self) -> Iterator[tuple[int, str]]:
        """Yield each text that is SQL, with its line."""
        yield from ((line, text) for line, text in self.texts if _SQL.match(text))


@cache
def modules(*tops: str) -> tuple[Path, ...]:
    """Return every Python file under the folders *tops*."""
    return tuple(
        path
        for top in tops
        for path in sorted((ROOT / top).rglob("*.py"))
        if "node_modules" not in path.parts
    )


def name(path: Path) -> str:
    """Return *path* as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> Source:
    """Read a module."""
    code = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(code)))
    inside = {
        id(part)
        for node in nodes
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    return Source(
        lines=len(code.splitlines()),
        texts=tuple(
            (node.lineno, text)
            for node in nodes
            if isinstance(node, ast.expr) and id(node) not in inside
            if (text := _text(node)) is not None
        ),
        functions=tuple(
            (node.name, (node.end_lineno or 0) - node.lineno + 1)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        imported=frozenset(
            node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module
        ),
        outboxes=frozenset(
            ast.literal_eval(node.args[0])
            for node in nodes
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "OutboxStore"
        ),
    )


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return None
