"""The parts of a condition that are joined by `&&` and `||`: so each can be told by itself. Pure.

Only the outermost level is parted, by its words and brackets, not by its meaning: whoever shows a
part shows a text that stands in the condition. What cannot be parted safely stays whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_PARTS = 20

_TOKEN = re.compile(
    r"""[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"|&&|\|\||[?()\[\]{}]|//[^\n]*|.",
    re.DOTALL,
)
_OPEN, _CLOSE = "([{", ")]}"


class Part(NamedTuple):
    """One part: all parts of one group must hold, and one group suffices."""

    group: int
    text: str


def parts_of(condition: str) -> list[Part]:
    """Return the parts of *condition*; none if it has one only, or too many."""
    alternatives = _split(condition, "||")
    if alternatives is None:
        return []
    found: list[Part] = []
    for group, alternative in enumerate(alternatives):
        conjuncts = _split(_bare(alternative) if len(alternatives) > 1 else alternative, "&&")
        found += [Part(group, each) for each in conjuncts or [alternative.strip()]]
    return found if 1 < len(found) <= MOST_PARTS else []


def _split(text: str, operator: str) -> list[str] | None:
    """Return what *operator* joins at the outermost level; None: it cannot be parted."""
    depth = 0
    parts: list[str] = [""]
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in _OPEN:
            depth += 1
        elif token in _CLOSE:
            depth -= 1
        elif token == "?" and depth == 0:  # noqa: S105 - of a text
            return None
        if token == operator and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
        if depth < 0:
            return None
    stripped = [each.strip() for each in parts]
    return stripped if depth == 0 and all(stripped) else None


def _bare(text: str) -> str:
    """Return *text* without the brackets around the whole of it."""
    inner = text.strip()
    if not (inner.startswith("(") and inner.endswith(")")):
        return inner
    depth = 0
    for found in _TOKEN.finditer(inner):
        if found[0] in _OPEN:
            depth += 1
        elif found[0] in _CLOSE:
            depth -= 1
            if depth == 0 and found.end() < len(inner):
                return inner
    return inner[1:-1].strip()
