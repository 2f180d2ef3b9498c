"""Text that people type and other people see: normalised, trimmed, and free of tricks.

Refused are control characters, line breaks in one-line texts, marks that turn the writing direction
(a name could then read as something else), and text of which nothing is visible.
"""

from __future__ import annotations

import unicodedata

from pydantic_core import PydanticCustomError

#: Embeddings, overrides and isolates: they reorder what stands around them.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = frozenset("\u2028\u2029")
_UNSEEN = frozenset({"Cf", "Mn", "Zs", "Zl", "Zp", "Cn", "Co"})


def clean_line(text: str, *, most: int) -> str:
    """Return one line of text in its normal form.

    Raises:
        PydanticCustomError: `text.…`, if it is none.
    """
    text = unicodedata.normalize("NFC", text).strip(" \u3000\u00a0")
    _refuse_tricks(text, allowed="")
    if not any(unicodedata.category(mark) not in _UNSEEN for mark in text):
        raise PydanticCustomError("text.empty", "text.empty")
    _refuse_length(text, most)
    return text


def clean_block(text: str, *, most: int) -> str:
    """Return text that may have several lines in its normal form.

    Raises:
        PydanticCustomError: `text.…`, if it is none.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    _refuse_tricks(text, allowed="\n\t")
    _refuse_length(text, most)
    return text


def _refuse_tricks(text: str, *, allowed: str) -> None:
    for mark in text:
        if mark in _BIDI:
            raise PydanticCustomError("text.bidi", "text.bidi")
        if mark in _LINE_ENDS or (unicodedata.category(mark) == "Cc" and mark not in allowed):
            raise PydanticCustomError("text.control", "text.control")


def _refuse_length(text: str, most: int) -> None:
    if len(text) > most:
        raise PydanticCustomError("text.too_long", "text.too_long", {"limit": most})
