"""Regular expressions of matchers: what they mean, what is refused, and that none takes long."""

from __future__ import annotations

import time

import pytest

from shared.domain.alerting.pattern import LONGEST, MOST_STATES, read_pattern
from shared.domain.errors import InvalidDefinition
from tests.support.cases import table


@table(
    ("pattern", "yes", "no"),
    [
        ("prod.*", ["prod", "production"], ["preprod", "PROD"]),
        ("^a|b$", ["a", "b"], ["ab", ""]),
        ("web-[0-9]{1,2}", ["web-1", "web-42"], ["web-", "web-123"]),
        ("(?:a|bc)+", ["a", "bca"], ["", "b"]),
        (r"\d+\.\d?", ["1.", "12.5"], ["1", "12.55"]),
        (r"[^\s]+", ["x"], ["a b", ""]),
        ("[a-z_-]*", ["", "a-b_c"], ["A"]),
        (r"a\$", ["a$"], ["a"]),
        ("", [""], ["a"]),
        ("高.", ["高雄"], ["台北"]),
        ("(a{2}){2}", ["aaaa"], ["aaa", "aaaaa"]),
        ("a*?", ["", "aa"], ["b"]),
    ],
)
def test_what_an_expression_matches(pattern: str, yes: list[str], no: list[str]) -> None:
    read = read_pattern(pattern)

    assert [text for text in yes if not read.matches(text)] == []
    assert [text for text in no if read.matches(text)] == []


@table(
    "pattern",
    [
        *("(", ")", "a)", "[", "[]", "a**", "*a", "a{2", "a{2,1}", "{1}", "a{101}", "\\"),
        *(r"(a)\1", "(?=a)", "(?i)a", "a^b", "a$b", "[z-a]", "[[:alpha:]]", r"\b", r"[\D]"),
        *("(" * 30 + ")" * 30, "((a{100}){100})", "x" * (LONGEST + 1)),
    ],
)
def test_what_is_no_expression_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidDefinition):
        read_pattern(pattern)


@table("pattern", ["(a+)+b", "(a|a)*b", "(a*)*(a*)*b", "(.*){20}b", "(a?){40}b"])
def test_no_expression_takes_long(pattern: str) -> None:
    """Python's own engine would not be back this year."""
    text = "a" * 2_000
    began = time.process_time()

    assert not read_pattern(pattern).matches(text)

    assert time.process_time() - began < 2, MOST_STATES
