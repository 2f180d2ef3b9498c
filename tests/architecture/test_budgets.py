"""No file and no function is longer than one can take in."""

from __future__ import annotations

from tests.architecture.source import modules, name, read

FILE = 300
COMPOSITION_ROOT = 120
FUNCTION = 50

#: By name, the longest that it may be, and why.
FILES: dict[str, tuple[int, str]] = {}
FUNCTIONS: dict[str, tuple[int, str]] = {}


def test_files() -> None:
    lengths = {name(path): read(path).lines for path in modules("shared", "services", "deploy")}
    too_long = {
        path: length
        for path, length in lengths.items()
        if length > FILES.get(path, (COMPOSITION_ROOT if path.endswith("/app.py") else FILE, ""))[0]
    }

    assert too_long == {}
    assert FILES.keys() <= lengths.keys()


def test_functions() -> None:
    lengths = {
        f"{name(path)}:{function}": length
        for path in modules("shared", "services", "deploy")
        for function, length in read(path).functions
    }
    too_long = {
        function: length
        for function, length in lengths.items()
        if length > FUNCTIONS.get(function, (FUNCTION, ""))[0]
    }

    assert too_long == {}
    assert FUNCTIONS.keys() <= lengths.keys()
