"""The source tree as the architecture tests see it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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


def modules(*tops: str) -> Iterator[Path]:
    """Yield every Python file under the folders *tops*."""
    for top in tops:
        paths = sorted((ROOT / top).rglob("*.py"))
        yield from (path for path in paths if "node_modules" not in path.parts)


def name(path: Path) -> str:
    """Return *path* as people write it."""
    return path.relative_to(ROOT).as_posix()


def sql_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each string of a module that is SQL, with its line; what is put into it becomes {}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or id(node) in inside:
            continue
        text = _text(node)
        if text is not None and _SQL.match(text):
            yield node.lineno, text


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "{}" for part in node.values)
    return None
