"""Text on a terminal: harmless, and as wide as it looks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services.cli.cells import cut, harmless, padded, width, wrapped

SHOWN = {
    "\x1b[31mred\x1b[0m": "\\x1b[31mred\\x1b[0m",
    "a\rb": "a\\x0db",
    "bell\x07": "bell\\x07",
    "\x9b2J": "\\x9b2J",
    "abc\u202etxt.exe": "abc\\u202etxt.exe",
    "\u2066x\u2069": "\\u2066x\\u2069",
    "two\nlines": "two lines",
    "夜間報表": "夜間報表",
    "naïve 👩‍💻": "naïve 👩‍💻",
}


def test_what_a_terminal_would_obey_is_shown_as_a_code() -> None:
    assert {text: harmless(text) for text in SHOWN} == SHOWN


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    left = harmless(text)

    assert not any(ord(mark) < 32 or 127 <= ord(mark) < 160 for mark in left)
    assert not any(
        mark in left for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def test_wide_letters_are_two_columns() -> None:
    texts = ["abc", "夜間報表", "ｆｕｌｌ", "한국어", "a夜b", "é"]

    assert [width(text) for text in texts] == [cell_len(text) for text in texts], "Rich disagrees"


@given(st.text(), st.integers(1, 30))
def test_what_is_cut_fits(text: str, columns: int) -> None:
    assert width(cut(text, columns)) <= max(columns, 1)


@given(st.text(alphabet="ab夜間 ", max_size=40), st.integers(1, 60))
def test_what_is_padded_is_at_least_so_wide(text: str, columns: int) -> None:
    assert width(padded(text, columns)) == max(width(text), columns)


@given(st.text(alphabet="abc 夜間報表，。", max_size=120), st.integers(10, 40))
def test_wrapping_loses_no_letter(text: str, columns: int) -> None:
    lines = wrapped(text, columns)

    assert "".join("".join(lines).split()) == "".join(text.split())


def test_chinese_is_wrapped_between_letters() -> None:
    assert wrapped("每天早上九點執行報表。", 10) == ["每天早上九", "點執行報", "表。"]
