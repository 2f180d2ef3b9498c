"""Every place in a document has a path and a pointer that lead there and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.actions.json_path import JsonPath

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def places(value: Any, path: str = "$", pointer: str = "") -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401 - JSON
    yield path, pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            quoted = key.replace("\\", "\\\\").replace("'", "\\'")
            step = key.replace("~", "~0").replace("/", "~1")
            yield from places(inner, f"{path}['{quoted}']", f"{pointer}/{step}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, f"{path}[{index}]", f"{pointer}/{index}")


@given(documents)
def test_a_place_is_found_by_its_path_and_by_its_pointer(document: Any) -> None:  # noqa: ANN401 - JSON
    for path, pointer, value in places(document):
        (by_path,) = JsonPath.parse(path).find(document)
        (by_pointer,) = JsonPath.parse(pointer).find(document)
        assert by_path is value
        assert by_pointer is value


@given(documents)
def test_all_children_are_those_that_have_an_index_or_a_name(document: Any) -> None:  # noqa: ANN401 - JSON
    children = list(document.values()) if isinstance(document, dict) else document
    expected = children if isinstance(children, list) else []

    assert JsonPath.parse("$[*]").find(document) == expected
