"""Single fields of a script, judged: what each kind of value may be. Pure; `script.py` uses it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.domain.errors import Problem
from shared.domain.script_text import Node

MOST_WAIT = 3600  # seconds

#: YAML refuses them as they are, and makes them of escapes ("\0").
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(slots=True)
class Judge:
    """Collects what is wrong, and what is used where until all of it is known."""

    problems: list[Problem] = field(default_factory=list)
    blanks: list[tuple[str, str, int]] = field(default_factory=list)
    gotos: list[tuple[str, str, int]] = field(default_factory=list)
    replies: list[tuple[str, str, int]] = field(default_factory=list)

    def found(self, pointer: str, code: str, line: int, **params: object) -> None:
        self.problems.append(Problem(pointer, code, {"line": line, **params}))


Part = Callable[["Judge", Node, str], None]


def pointer_step(name: str) -> str:
    """Return a key of the document as a step of a pointer."""
    return name[:100].replace("~", "~0").replace("/", "~1")


def entries_of(
    judge: Judge,
    node: Node,
    pointer: str,
    *,
    required: tuple[str, ...],
    known: Mapping[str, Part | None],
) -> Mapping[str, Node]:
    """Return the entries of a mapping that are known, each judged by its part."""
    if not isinstance(node.value, Mapping):
        judge.found(pointer, "script.mapping", node.line)
        return {}
    for name in required:
        if name not in node.value:
            judge.found(f"{pointer}/{name}", "script.required", node.line, field=name)
    for name, child in node.value.items():
        if name not in known:
            allowed = ", ".join(known)
            where = f"{pointer}/{pointer_step(name)}"
            judge.found(where, "script.unknown_key", child.line, allowed=allowed)
        elif part := known[name]:
            part(judge, child, f"{pointer}/{name}")
    return {name: child for name, child in node.value.items() if name in known}


def items_of(judge: Judge, node: Node | None, pointer: str, most: int, part: Part) -> int:
    """Judge each item of a list; return how many there are."""
    if node is None:
        return 0
    if not isinstance(node.value, list):
        judge.found(pointer, "script.list", node.line)
        return 0
    if len(node.value) > most:
        judge.found(pointer, "script.too_many", node.line, limit=most)
        return 0
    for index, each in enumerate(node.value):
        part(judge, each, f"{pointer}/{index}")
    return len(node.value)


def a_text(most: int, *, least: int = 1) -> Part:
    """Return the judge of texts of such a length."""

    def judge_text(judge: Judge, node: Node, pointer: str) -> None:
        if not isinstance(node.value, str):
            judge.found(pointer, "script.text", node.line)
        elif not least <= len(node.value) <= most:
            judge.found(pointer, "script.length", node.line, least=least, most=most)
        elif _CONTROL.search(node.value):
            judge.found(pointer, "script.control", node.line)

    return judge_text


def matching(pattern: re.Pattern[str], code: str) -> Part:
    """Return the judge of names that fit *pattern*; *code* is what is found of others."""

    def judge_name(judge: Judge, node: Node, pointer: str) -> None:
        if not isinstance(node.value, str) or not pattern.fullmatch(node.value):
            judge.found(pointer, code, node.line)

    return judge_name


def one_of(*allowed: str) -> Part:
    """Return the judge of what must be one of *allowed*."""

    def judge_choice(judge: Judge, node: Node, pointer: str) -> None:
        if node.value not in allowed:
            judge.found(pointer, "script.choice", node.line, allowed=", ".join(allowed))

    return judge_choice


def truth(judge: Judge, node: Node, pointer: str) -> None:
    """Judge what is true or false."""
    if not isinstance(node.value, bool):
        judge.found(pointer, "script.boolean", node.line)


def seconds(judge: Judge, node: Node, pointer: str) -> None:
    """Judge a pause."""
    value = node.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (math.isfinite(value) and 0 <= value <= MOST_WAIT):  # type: ignore[arg-type, operator]
        judge.found(pointer, "script.seconds", node.line, limit=MOST_WAIT)


def step_name(judge: Judge, node: Node, pointer: str) -> None:
    """Judge where it goes on; whether there is such a step is known at the end."""
    if isinstance(node.value, str):
        judge.gotos.append((node.value, pointer, node.line))
    else:
        judge.found(pointer, "script.text", node.line)


def reply(judge: Judge, node: Node, pointer: str) -> None:
    """Judge one text, or a list of which one is chosen."""
    if isinstance(node.value, list):
        if not items_of(judge, node, pointer, 100, _one_reply) and not node.value:
            judge.found(pointer, "script.none", node.line)
        return
    _one_reply(judge, node, pointer)


def _one_reply(judge: Judge, node: Node, pointer: str) -> None:
    a_text(4000)(judge, node, pointer)
    if not isinstance(node.value, str):
        return
    judge.replies.append((node.value, pointer, node.line))
    for blank in _BLANK.findall(node.value):
        judge.blanks.append((blank.strip(), pointer, node.line))


def keywords(judge: Judge, node: Node, pointer: str) -> None:
    """Judge the words of which one is to be said."""
    if not items_of(judge, node, pointer, 100, a_text(100)) and node.value == []:
        judge.found(pointer, "script.none", node.line)
