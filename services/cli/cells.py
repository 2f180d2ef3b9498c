"""Text on a terminal: how wide it is, how it is cut, and how it is made harmless.

Names and log lines come from anybody. What a terminal would obey (escapes, control characters), or
what would make it show one text as another (marks of writing direction), is shown as a code.
Chinese, Japanese and Korean letters are two columns wide.
"""

from __future__ import annotations

import unicodedata

_WIDE = frozenset("WF")
#: No width of their own: combining marks, joiners.
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})
#: They turn the direction in which what follows is read.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CUT = "…"
_ASCII_END = 0x7F


def harmless(text: str, *, lines: bool = False) -> str:
    """Return *text* with nothing in it that a terminal obeys; with *lines* its lines stay lines."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(_shown(mark, lines=lines) for mark in text)


def _shown(mark: str, *, lines: bool) -> str:
    if mark in "\n\t":
        return mark if lines else " "
    code = ord(mark)
    category = unicodedata.category(mark)
    if category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or mark in _TURNING:
        return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte
    return mark


def width(text: str) -> int:
    """Return how many columns *text* takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(mark) for mark in text)


def _columns(mark: str) -> int:
    if ord(mark) < _ASCII_END:
        return 1
    if unicodedata.category(mark) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(mark) in _WIDE else 1


def cut(text: str, columns: int) -> str:
    """Return *text*, at most so many columns wide; what is missing is told by an ellipsis."""
    if width(text) <= columns:
        return text
    room, kept = columns - 1, []
    for mark in text:
        room -= _columns(mark)
        if room < 0:
            break
        kept.append(mark)
    return "".join(kept) + _CUT


def padded(text: str, columns: int) -> str:
    """Return *text* with blanks behind it, so many columns wide."""
    return text + " " * max(0, columns - width(text))


def wrapped(text: str, columns: int) -> list[str]:
    """Return *text* in lines of at most so many columns; Chinese may be broken between letters."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for piece in _pieces(paragraph):
            if line and width(line) + width(piece.rstrip()) > columns:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """Cut *text* where a line may end: after blanks, and between wide letters."""
    pieces, word = [], ""
    for mark in text:
        if _columns(mark) == 2 and not _clings(mark):  # noqa: PLR2004 - two columns
            if word:
                pieces.append(word)
            word = mark
        else:
            word += mark
            if mark == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


def _clings(mark: str) -> bool:
    """Return whether *mark* must not begin a line."""
    return mark in "，。、；：！？）」』…"
