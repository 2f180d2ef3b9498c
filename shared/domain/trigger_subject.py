"""Subjects of events, `event.<source>.<type...>`, and who listens to which.

Patterns are those of NATS: `*` stands for one token, `>` for one or more at the end.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

EVENTS = "event."
EVERY_EVENT = "event.>"
#: The last token of a pattern that covers whatever follows.
REST = ">"
SUBJECT_MAX = 256  # characters

_PATTERN_TOKEN = re.compile(r"[^\s.*>\x00-\x1f\x7f]+|\*")

K = TypeVar("K", bound=Hashable)


def pattern_problem(pattern: str) -> str | None:
    """Return the code of what is wrong with a pattern, or None."""
    tokens = pattern.split(".")
    if len(pattern) > SUBJECT_MAX or len(tokens) < 2 or tokens[0] != EVENTS[:-1]:  # noqa: PLR2004 - `event` and one more
        return "trigger.subject"
    *inner, last = tokens
    if not all(_PATTERN_TOKEN.fullmatch(token) for token in inner):
        return "trigger.subject"
    if last != REST and not _PATTERN_TOKEN.fullmatch(last):
        return "trigger.subject"
    return None


def subject_matches(pattern: str, subject: str) -> bool:
    """Return whether *pattern* covers *subject*."""
    wanted, tokens = pattern.split("."), subject.split(".")
    for number, token in enumerate(wanted):
        if token == REST:
            return len(tokens) > number
        if number >= len(tokens) or token not in ("*", tokens[number]):
            return False
    return len(wanted) == len(tokens)


class _Node(Generic[K]):
    __slots__ = ("children", "here", "onwards")

    def __init__(self) -> None:
        self.children: dict[str, _Node[K]] = {}
        self.here: set[K] = set()
        """Patterns that end at this token."""
        self.onwards: set[K] = set()
        """Patterns that end with `>` after this token."""


class SubjectIndex(Generic[K]):
    """Which keys listen to a subject: a tree by token, so that strangers cost nothing."""

    def __init__(self) -> None:
        self._root: _Node[K] = _Node()

    def add(self, pattern: str, key: K) -> None:
        """Let *key* listen to *pattern*; twice is once."""
        node = self._root
        for token in pattern.split("."):
            if token == REST:
                node.onwards.add(key)
                return
            node = node.children.setdefault(token, _Node())
        node.here.add(key)

    def remove(self, pattern: str, key: K) -> None:
        """Undo `add`; what is not there is no error."""
        node = self._root
        path: list[tuple[_Node[K], str]] = []
        for token in pattern.split("."):
            if token == REST:
                node.onwards.discard(key)
                break
            if token not in node.children:
                return
            path.append((node, token))
            node = node.children[token]
        else:
            node.here.discard(key)
        for parent, token in reversed(path):
            child = parent.children[token]
            if child.children or child.here or child.onwards:
                return
            del parent.children[token]

    def find(self, subject: str) -> set[K]:
        """Return the keys whose pattern covers *subject*."""
        found: set[K] = set()
        for keys in self._walk(subject.split(".")):
            found |= keys
        return found

    def _walk(self, tokens: list[str]) -> Iterator[set[K]]:
        nodes = [self._root]
        for token in tokens:
            onwards: list[_Node[K]] = []
            for node in nodes:
                yield node.onwards
                onwards += [node.children[each] for each in (token, "*") if each in node.children]
            nodes = onwards
        for node in nodes:
            yield node.here
