"""What `FIELD=VALUE` and files become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.cli.bodies import fields_of, read_value
from services.cli.failures import Misused

VALUES: dict[str, Any] = {
    "3": 3,
    "true": True,
    "null": None,
    "": "",
    "0 3 * * *": "0 3 * * *",
    "[a, 1]": ["a", 1],
    '{"a": {"b": 1}}': {"a": {"b": 1}},
    "2026-10-10": "2026-10-10",
    "[2026-10-10]": ["2026-10-10"],
    "* * * * *": "* * * * *",
    "a: b: c": "a: b: c",
}


def test_values() -> None:
    assert {text: read_value(text) for text in VALUES} == VALUES


def test_a_field_below_keeps_its_neighbours_and_nothing_else_is_sent() -> None:
    onto = {"retry": {"max_attempts": 3, "backoff": 2}, "name": "x"}

    assert fields_of(None, ["retry.max_attempts=5"], onto=onto) == {
        "retry": {"max_attempts": 5, "backoff": 2}
    }
    assert onto["retry"] == {"max_attempts": 3, "backoff": 2}
    assert fields_of(None, ["a.b.c=1"]) == {"a": {"b": {"c": 1}}}


def test_the_command_line_lies_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fields.yaml"
    file.write_text("name: a\ntimes: {x: 1}\nday: 2026-10-10\n")

    assert fields_of(str(file), ["name=b", "times.y=2"]) == {
        "name": "b",
        "times": {"x": 1, "y": 2},
        "day": "2026-10-10",
    }


@pytest.mark.parametrize("change", ["nonsense", "=1"])
def test_what_is_no_change(change: str) -> None:
    with pytest.raises(Misused):
        fields_of(None, [change])
