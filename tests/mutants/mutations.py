"""Small changes of a source that a test should notice, found by its syntax tree."""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_PAIRS = (
    *(("<", "<="), (">", ">="), ("==", "!="), ("in", "not in"), ("is", "is not"), ("and", "or")),
    *(("*", "//"), ("*", "%"), ("+", "-"), ("*", "/")),
)
_SWAPS = {each[0]: each[1] for pair in _PAIRS for each in (pair, pair[::-1])}
_OPERATOR = re.compile(r"\b(?:not in|is not|in|is|and|or)\b|[<>=!]=|//|[-+*/%<>]")

_SQL = re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|JOIN)\s")
_CONDITION = r"\bAND (?:[^\n\"'()]|'[^'\n]*'|\((?:[^\n\"()]|\([^\n\"()]*\))*\))+?"
_SQL_CHANGES = (
    (r"(?<= )([<>])(?= )", r"\1="),
    (r"(?<= )([<>])=(?= )", r"\1"),
    (_CONDITION + r"(?=\s+(?:AND|OR|ORDER|GROUP|LIMIT|FOR|RETURNING)\b|\s*[\n\")])", ""),
    (r"\bFOR (?:NO KEY )?UPDATE(?: OF \w+)?(?: SKIP LOCKED)?", ""),
    (r" SKIP LOCKED", ""),
    (r"\bON CONFLICT[^\n\"]* DO NOTHING", ""),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"\bNOT (?!NULL|MATERIALIZED)", ""),
    (r" DESC\b", ""),
)

_LOGS_OR_STARTS = r"(await )?([\w.]+\.)?_?log\.\w+\(|if __name__ "


@dataclass(frozen=True)
class Mutant:
    """One change of one line; *nth* tells those apart that read alike."""

    path: str
    text: str
    change: str
    nth: int


class Edit(NamedTuple):
    """What a mutant does, in which line, and the source that results."""

    kind: str
    line: int
    source: str


#: A kind, where the change begins and ends, and what stands there instead.
_Span = tuple[str, int, int, str]


def mutants(path: str, root: Path) -> Iterator[tuple[Mutant, Edit]]:
    """Find the mutants of a file, from top to bottom."""
    # Columns of a syntax tree count bytes, and so do those of a text that has one letter a byte.
    text = (root / path).read_bytes().decode("latin-1")
    seen: Counter[tuple[str, str]] = Counter()
    found = set(_Source(text).spans(ast.parse(text.encode("latin-1"))))
    for kind, start, end, new in sorted(found, key=lambda span: span[1:]):
        line = text.count("\n", 0, start)
        shown = _decoded(text.split("\n")[line]).strip()
        change = f"{kind}: {' '.join(_decoded(text[start:end]).split())} → {new}"
        mutant = Mutant(path, shown, change, seen[shown, change])
        seen[shown, change] += 1
        yield mutant, Edit(kind, line + 1, _decoded(f"{text[:start]}{new}{text[end:]}"))


def _decoded(letters: str) -> str:
    return letters.encode("latin-1").decode()


class _Source:
    """A text, and what in it can be changed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *itertools.accumulate(len(each) + 1 for each in text.split("\n"))]

    def spans(self, node: ast.AST) -> Iterator[_Span]:
        """Find what can be changed in a node and below."""
        match node:
            case ast.Compare(left=left, comparators=others):
                yield from self._swaps("comparison", left, *others)
            case ast.BoolOp(values=values):
                yield from self._swaps("and/or", *values)
            case ast.BinOp(left=left, right=right):
                yield from self._swaps("arithmetic", left, right)
            case ast.UnaryOp(op=ast.Not()):
                start = self._place(node)[0]
                yield "not", start, start + len("not "), ""
            case ast.Constant() | ast.JoinedStr():
                yield from self._constants(node)
            case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
                yield "return", *self._place(value), "None"
            case ast.Raise() | ast.Expr(value=ast.Call() | ast.Await(value=ast.Call())):
                if not _is_passed_by(node):
                    yield "statement", *self._place(node), "pass"
        for part in _parts(node):
            yield from self.spans(part)

    def _constants(self, node: ast.Constant | ast.JoinedStr) -> Iterator[_Span]:
        start, end = self._place(node)
        match node:
            case ast.Constant(value=bool() as value):
                yield "constant", start, end, str(not value)
            case ast.Constant(value=int() | float() as value):
                yield "constant", start, end, str(value + 1)
            case _ if _SQL.search(self._text, start, end):
                for pattern, new in _SQL_CHANGES:
                    for match in re.compile(pattern).finditer(self._text, start, end):
                        yield "SQL", *match.span(), match.expand(new)

    def _swaps(self, kind: str, *operands: ast.expr) -> Iterator[_Span]:
        for left, right in itertools.pairwise(map(self._place, operands)):
            if match := _OPERATOR.search(self._text, left[1], right[0]):
                yield kind, *match.span(), _SWAPS[match[0]]

    def _place(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        last, column = node.end_lineno or 0, node.end_col_offset or 0
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[last - 1] + column


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    """Pass by annotations and decorators, too."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *node.args.kw_defaults]
        return [*filter(None, defaults), *node.body]
    if isinstance(node, ast.ClassDef):
        return node.body
    if isinstance(node, ast.AnnAssign):
        return filter(None, [node.value])
    return () if _is_passed_by(node) else ast.iter_child_nodes(node)


def _is_passed_by(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr():  # what is within has no reliable place before Python 3.12
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.Expr() | ast.If():
            return re.match(_LOGS_OR_STARTS, ast.unparse(node)) is not None
        case _:
            return False
