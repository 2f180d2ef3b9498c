"""How expressions (`pattern.py`) are written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from shared.domain.errors import InvalidDefinition, Problem

#: Groups within groups.
_DEEPEST = 20
#: Repetitions that are counted.
_MOST_TIMES = 100

_CLASSES = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges, or out of all others."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        """Return whether *char* is one of them."""
        return any(first <= char <= last for first, last in self.ranges) is not self.negated


@dataclass(frozen=True, slots=True)
class Chain:
    """One part after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part several times; `most` None: as often as you like."""

    part: Node
    least: int
    most: int | None


Node = Chars | Chain | Choice | Repeat

ANY = Chars((), negated=True)


def size_of(node: Node) -> int:
    """Return how many states *node* becomes."""
    match node:
        case Chars():
            return 3
        case Repeat():
            times = node.least + 1 if node.most is None else node.most
            return 2 + times * size_of(node.part)
        case Chain() | Choice():
            return 2 + sum(size_of(part) for part in node.parts)


def parse_pattern(text: str) -> Node:
    """Return what *text* says; an anchor at an end says nothing new: all of a text is matched.

    Raises:
        InvalidDefinition: it is no expression of ours.
    """
    text = text.removeprefix("^")
    escapes = len(text) - 1 - len(text[:-1].rstrip("\\"))
    if text.endswith("$") and escapes % 2 == 0:
        text = text[:-1]
    parser = _Parser(text)
    node = parser.choice(0)
    if parser.at < len(text):
        _refuse()
    return node


def _refuse() -> NoReturn:
    raise InvalidDefinition([Problem("", "alert.pattern")])


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def choice(self, depth: int) -> Node:
        if depth > _DEEPEST:
            _refuse()
        parts = [self._chain(depth)]
        while self._takes("|"):
            parts.append(self._chain(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _chain(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom(depth)))
        return Chain(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return part
        self._takes("?")  # sooner or later is the same where all is matched
        if self._bounds() is not None:
            _refuse()
        return Repeat(part, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return bounds
        if not self._takes("{"):
            return None
        least = self._number()
        most: int | None = least
        if self._takes(","):
            most = None if self._peek() == "}" else self._number()
        if not self._takes("}") or (most is not None and most < least):
            _refuse()
        return least, most

    def _number(self) -> int:
        digits = ""
        while self._peek().isdecimal() and self._peek().isascii() and len(digits) < 4:  # noqa: PLR2004 - more is too many
            digits += self._next()
        if not digits or int(digits) > _MOST_TIMES:
            _refuse()
        return int(digits)

    def _atom(self, depth: int) -> Node:
        char = self._next()
        match char:
            case "(":
                if self._takes("?") and not self._takes(":"):
                    _refuse()
                node = self.choice(depth + 1)
                if not self._takes(")"):
                    _refuse()
                return node
            case "[":
                return self._set()
            case ".":
                return ANY
            case "\\":
                return self._escaped()
            case "*" | "+" | "?" | "{" | "}" | "]" | "^" | "$":
                _refuse()
        return Chars(((char, char),))

    def _escaped(self) -> Chars:
        char = self._next()
        if char.lower() in _CLASSES:
            return Chars(_CLASSES[char.lower()], negated=char.isupper())
        plain = _CONTROLS.get(char, char)
        if plain == char and (char.isalnum() or not char.isascii() or not char):
            _refuse()
        return Chars(((plain, plain),))

    def _set(self) -> Chars:
        negated = self._takes("^")
        ranges: list[tuple[str, str]] = []
        while not self._takes("]"):
            if self._peek() in ("", "["):
                _refuse()
            ranges += self._range()
        if not ranges:
            _refuse()
        return Chars(tuple(ranges), negated)

    def _range(self) -> tuple[tuple[str, str], ...]:
        first = self._member()
        rest = self._text[self.at : self.at + 2]
        if not rest.startswith("-") or rest in ("-", "-]"):
            return first.ranges
        self.at += 1
        last = self._member()
        (low, high), (low_2, high_2) = first.ranges[0], last.ranges[0]
        if low != high or low_2 != high_2 or high_2 < low:
            _refuse()
        return ((low, high_2),)

    def _member(self) -> Chars:
        char = self._next()
        member = self._escaped() if char == "\\" else Chars(((char, char),))
        if member.negated:
            _refuse()
        return member

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            _refuse()
        self.at += 1
        return char

    def _takes(self, char: str) -> bool:
        found = self._peek() == char
        self.at += found
        return found
