"""Where in a document a path leads, and what is no path."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.actions.json_path import JsonPath, NoPath
from tests.support.cases import table

DOCUMENT: Any = {
    "a": {"b": [10, {"c": "x"}, [1, 2]]},
    "odd name": 1,
    "it's": 2,
    "a/b": {"~": 3},
    "0": "zero",
    "名": None,
    "": "empty",
}


@table(
    ("path", "found"),
    [
        ("$", [DOCUMENT]),
        ("", [DOCUMENT]),
        ("$.a.b[0]", [10]),
        ("$.a.b[1].c", ["x"]),
        ("$.a.b[-1]", [[1, 2]]),
        ("$.a.b[3]", []),
        ("$.a.b[-4]", []),
        ("$.a.b.c", []),
        ("$.a.b[2][*]", [1, 2]),
        ("$.a.b[*].c", ["x"]),
        ("$.a.*", [DOCUMENT["a"]["b"]]),
        ("$['odd name']", [1]),
        ('$["odd name"]', [1]),
        (r"$['it\'s']", [2]),
        ("$['']", ["empty"]),
        ("$['a/b']['~']", [3]),
        ("$.名", [None]),
        ("$.a[0]", []),
        ("/a/b/1/c", ["x"]),
        ("/a~1b/~0", [3]),
        ("/0", ["zero"]),
        ("/a/b/00", []),
        ("/a/b/-1", []),
        ("/a/b/-", []),
        ("/", ["empty"]),
    ],
)
def test_a_path_leads_to_what_lies_there(path: str, found: list[Any]) -> None:
    assert JsonPath.parse(path).find(DOCUMENT) == found


@table(
    "text",
    [
        *("a", "a.b", "$.", "$a", "$[", "$[a]", "$[01]", "$[-0]", "$..a", "$[0:2]", "$[?@.a]"),
        *("$.a b", "$['a'", "$[1e9]", "$.a\n", "/~", "/~2", "$." + "a" * 500, " $", "#/a"),
    ],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(NoPath):
        JsonPath.parse(text)
