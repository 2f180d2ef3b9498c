"""A script is judged by the letter, and every finding names its line and its field."""

from __future__ import annotations

import time

import pytest

from services.api.wire.texts import say
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.script import Script, read_script
from shared.domain.script_text import MOST_BYTES, canonical, version_of
from tests.support.cases import table

GOOD = """\
name: 早安互動
description: 每天早上
variables:
  city: {type: string, default: 台北}
  times: {type: number, default: 3, required: true}
forbidden_terms: [保證獲利]
steps:
  - id: hello
    reply: ["早安，{{city}}！", "{{ account_name }} 早！"]
    wait_seconds: 3
    goto: ask
  - id: ask
    reply: 今天天氣如何？
    goto: end
triggers:
  - keywords: [價格]
    reply: 請私訊小編。
  - event: joined
    goto: hello
"""


def wrong(text: str) -> list[tuple[str, str, object]]:
    with pytest.raises(InvalidDefinition) as refused:
        read_script(text)
    return [(each.pointer, each.code, each.params["line"]) for each in refused.value.problems]


def test_a_good_script_is_read() -> None:
    assert read_script(GOOD) == Script(
        name="早安互動",
        variables=frozenset({"city", "times"}),
        steps=("hello", "ask"),
        triggers=2,
    )


@table(
    ("old", "new", "found"),
    [
        ("goto: ask", "goto: nowhere", ("/steps/0/goto", "script.goto", 11)),
        ("{{city}}", "{{town}}", ("/steps/0/reply/0", "script.undeclared", 9)),
        ("{{city}}", "{{ci ty}}", ("/steps/0/reply/0", "script.blank", 9)),
        ("wait_seconds: 3", "wait_seconds: -1", ("/steps/0/wait_seconds", "script.seconds", 10)),
        ("wait_seconds: 3", "wait: 3", ("/steps/0/wait", "script.unknown_key", 10)),
        ("default: 3,", "default: three,", ("/variables/times/default", "script.default", 5)),
        ("type: number", "type: money", ("/variables/times/type", "script.choice", 5)),
        ("  times:", "  Times:", ("/variables/Times", "script.variable_name", 5)),
        ("id: ask", "id: hello", ("/steps/1/id", "script.duplicate_id", 12)),
        ("id: ask", "id: end", ("/steps/1/id", "script.duplicate_id", 12)),
        ("- id: ask\n    ", "- ", ("/steps/1/id", "script.required", 12)),
        ("請私訊小編", "保證獲利", ("/triggers/0/reply", "script.forbidden", 17)),
        ("event: joined", "event: born", ("/triggers/1/event", "script.choice", 18)),
        ("- event: joined\n    goto", "- goto", ("/triggers/1", "script.trigger_when", 18)),
        ("    goto: hello\n", "", ("/triggers/1", "script.trigger_then", 18)),
        ("name: 早安互動", "name: 42", ("/name", "script.text", 1)),
        ("今天天氣如何？", "yes", ("/steps/1/reply", "script.text", 13)),
        ("今天天氣如何？", "2026-01-01", ("/steps/1/reply", "script.quote", 13)),
        ("今天天氣如何？", '"a\\0b"', ("/steps/1/reply", "script.control", 13)),
        ("reply: 請", "reply: &a 請", ("", "script.alias", 17)),
        ("reply: 請", "reply: !!str 請", ("", "script.tag", 17)),
        ("description:", "name: x\ndescription:", ("/name", "script.duplicate_key", 2)),
        ("description:", "on: x\ndescription:", ("", "script.key", 2)),
        ("forbidden_terms: [", "forbidden_terms: {", ("", "script.yaml", 6)),
    ],
)
def test_a_mistake_is_named_with_its_line(
    old: str, new: str, found: tuple[str, str, object]
) -> None:
    assert found in wrong(GOOD.replace(old, new, 1))


def test_everything_that_is_wrong_is_told_at_once_in_order() -> None:
    text = GOOD.replace("name: 早安互動", "title: x").replace("goto: ask", "goto: no")

    assert [line for _, _, line in wrong(text)] == [1, 1, 11]


@table(
    ("text", "code"),
    [
        ("", "script.empty"),
        ("# nothing\n", "script.empty"),
        ("- a\n", "script.mapping"),
        ("name: x\n", "script.nothing"),
        ("a: 1\n---\nb: 2\n", "script.yaml"),
        ("name: \x07", "script.characters"),
        ("name: \ud800", "script.characters"),
        ("[" * 50_000, "script.yaml"),
        ("[" * 50 + "]" * 50, "script.depth"),
        ("a: " + "9" * 5_000, "script.quote"),
        ("x" * (MOST_BYTES + 1), "script.too_large"),
        ("[" + "1," * 20_000 + "]", "script.nodes"),
    ],
)
def test_no_text_is_more_than_can_be_told(text: str, code: str) -> None:
    began = time.process_time()

    assert code in [each[1] for each in wrong(text)]
    assert time.process_time() - began < 2


def test_every_finding_has_words_in_both_languages() -> None:
    problem = Problem("/x", "script.undeclared", {"line": 3, "variable": "town"})

    assert say(problem.code, "en", problem.params) == "Line 3: the variable town is not declared."
    assert say(problem.code, "zh-TW", problem.params) == "第 3 行：變數 town 沒有宣告。"


def test_how_lines_end_makes_no_other_version() -> None:
    unix, windows = "a: 1\nb: 2\n", "\ufeffa: 1\r\nb: 2\r\n\r\n"

    assert canonical(windows) == canonical(unix) == unix
    assert version_of(canonical(windows)) == version_of(unix)
    assert version_of(unix) != version_of("a: 1\nb: 3\n")
