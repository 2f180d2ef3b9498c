r"""Regular expressions that can be matched in linear time, whatever people write. Pure.

A label matcher's expression comes from a person, and Python's own engine tries again and again: it
needs hours for `(a+)+b`. Here an expression becomes a set of states that all advance together, one
step per character, as in RE2. It matches the whole text, as Alertmanager's matchers do.

    understood  literals, ., [a-z], [^…], \d \w \s \D \W \S, groups, |, * + ? {m} {m,} {m,n}
    refused     back references, look-around, flags, anchors inside: no such machine has them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from shared.domain.alerting.pattern_syntax import (
    Chain,
    Chars,
    Choice,
    Node,
    Repeat,
    parse_pattern,
    size_of,
)
from shared.domain.errors import InvalidDefinition, Problem

#: Characters of an expression.
LONGEST = 256
#: States of the machine that it becomes.
MOST_STATES = 500
#: Steps that are remembered; then they are forgotten and worked out again.
_MOST_STEPS = 5_000

_States = frozenset[int]


@dataclass(slots=True)
class Pattern:
    """An expression, ready to be matched."""

    chars: list[Chars | None] = field(default_factory=list)
    """What a state reads; None: nothing, it leads on at once."""
    ways: list[list[int]] = field(default_factory=list)
    """Where it leads."""
    start: int = 0
    end: int = 0
    _steps: dict[tuple[_States, str], _States] = field(default_factory=dict)

    def matches(self, text: str) -> bool:
        """Return whether all of *text* is as the expression says."""
        states = self._closed({self.start})
        for char in text:
            if not states:
                return False
            states = self._step(states, char)
        return self.end in states

    def _step(self, states: _States, char: str) -> _States:
        known = self._steps.get((states, char))
        if known is not None:
            return known
        reached = {
            way
            for state in states
            if (chars := self.chars[state]) is not None and chars.has(char)
            for way in self.ways[state]
        }
        if len(self._steps) >= _MOST_STEPS:
            self._steps.clear()
        following = self._steps[states, char] = self._closed(reached)
        return following

    def _closed(self, states: set[int]) -> _States:
        """Return *states* and all that they lead to without reading."""
        found, todo = set(states), list(states)
        while todo:
            state = todo.pop()
            if self.chars[state] is None:
                new = [way for way in self.ways[state] if way not in found]
                found.update(new)
                todo += new
        return frozenset(found)

    def _new(self, chars: Chars | None = None) -> int:
        self.chars.append(chars)
        self.ways.append([])
        return len(self.chars) - 1

    def _join(self, node: Node) -> tuple[int, int]:
        """Add the states of *node*; return its entry and its exit."""
        entry, leaving = self._new(), self._new()
        match node:
            case Chars():
                reading = self._new(node)
                self.ways[entry].append(reading)
                self.ways[reading].append(leaving)
            case Chain():
                at = entry
                for part in node.parts:
                    first, last = self._join(part)
                    self.ways[at].append(first)
                    at = last
                self.ways[at].append(leaving)
            case Choice():
                for part in node.parts:
                    first, last = self._join(part)
                    self.ways[entry].append(first)
                    self.ways[last].append(leaving)
            case Repeat():
                self._repeat(node, entry, leaving)
        return entry, leaving

    def _repeat(self, node: Repeat, entry: int, leaving: int) -> None:
        at = entry
        for _ in range(node.least):
            first, last = self._join(node.part)
            self.ways[at].append(first)
            at = last
        if node.most is None:
            first, last = self._join(node.part)
            self.ways[at] += [first, leaving]
            self.ways[last] += [first, leaving]
            return
        for _ in range(node.most - node.least):
            first, last = self._join(node.part)
            self.ways[at] += [first, leaving]
            at = last
        self.ways[at].append(leaving)


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """Return *text* as an expression.

    Raises:
        InvalidDefinition: it is none of ours, or becomes too large.
    """
    if len(text) > LONGEST:
        raise InvalidDefinition([Problem("", "field.too_long", {"limit": LONGEST})])
    node = parse_pattern(text)
    if size_of(node) > MOST_STATES:
        raise InvalidDefinition([Problem("", "alert.pattern_large")])
    pattern = Pattern()
    pattern.start, pattern.end = pattern._join(node)  # noqa: SLF001 - it is being made
    return pattern
