"""Keys with blanks for parameters: judged when saved, never failing when used."""

from __future__ import annotations

import pytest

from shared.domain.errors import InvalidDefinition
from shared.domain.key_template import LONGEST, parse_key
from tests.support.cases import table


@table(
    ("text", "params", "key"),
    [
        ("backup", {}, "backup"),
        ("account:{{ params.id }}", {"id": "a1"}, "account:a1"),
        ("{{params.a}}/{{ params.b.c }}", {"a": 1, "b": {"c": True}}, "1/true"),
        ("{{ params.ids }}", {"ids": ["a", "b"]}, '["a","b"]'),
        ("{{ params.o }}", {"o": {"b": 1, "a": 2}}, '{"a":2,"b":1}'),
        ("x{{ params.missing.deep }}y", {"missing": 5}, "xy"),
        ("{{ params.a }}", {"a": None}, ""),
        ("{{ params.a }}", {"a": "{{ params.b }}", "b": "no"}, "{{ params.b }}"),
    ],
)
def test_a_key_is_filled(text: str, params: dict[str, object], key: str) -> None:
    assert parse_key(text).render(params) == key


@table(
    ("text", "code"),
    [
        ("", "key.empty"),
        ("  ", "key.empty"),
        ("a" * (LONGEST + 1), "key.too_long"),
        ("a\nb", "text.control"),
        ("{{ params }}", "key.syntax"),
        ("{{ event.id }}", "key.syntax"),
        ("{{ params.a", "key.syntax"),
        ("params.a }}", "key.syntax"),
        ("{{ params.a | upper }}", "key.syntax"),
        ("{{ params.__class__() }}", "key.syntax"),
        ("{{ {{ params.a }} }}", "key.syntax"),
        ("{{}}", "key.syntax"),
        ("{{ params.\u0661 }}", "key.syntax"),
    ],
)
def test_what_is_no_key_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        parse_key(text)

    assert [problem.code for problem in refusal.value.problems] == [code]
