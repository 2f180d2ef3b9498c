"""No file and no function is longer than one can take in."""

from __future__ import annotations

import ast

from tests.architecture.source import modules, name

FILE = 300
COMPOSITION_ROOT = 120
FUNCTION = 50

#: By name, the longest that it may be, and why.
FILES: dict[str, tuple[int, str]] = {}
FUNCTIONS: dict[str, tuple[int, str]] = {}


def test_files() -> None:
    lengths = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules("shared", "services", "deploy")
    }
    too_long = {
        path: length
        for path, length in lengths.items()
        if length > FILES.get(path, (COMPOSITION_ROOT if path.endswith("/app.py") else FILE, ""))[0]
    }

    assert too_long == {}
    assert FILES.keys() <= lengths.keys()


def test_functions() -> None:
    lengths = {
        f"{name(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in modules("shared", "services", "deploy")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    too_long = {
        function: length
        for function, length in lengths.items()
        if length > FUNCTIONS.get(function, (FUNCTION, ""))[0]
    }

    assert too_long == {}
    assert FUNCTIONS.keys() <= lengths.keys()
