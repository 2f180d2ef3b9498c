"""What a script says: which accounts reply what, and what comes next. Judged by the letter. Pure.

    name: 早安互動
    variables:
      city: {type: string, default: 台北}
    steps:
      - id: hello
        reply: ["早安，{{city}}！", "大家早！"]      # one of them
        wait_seconds: 3
        goto: ask                                  # a step, or `end`; left out: the next one
      - id: ask
        reply: 今天天氣如何？
    triggers:
      - keywords: [價格, 多少錢]                     # or `event: joined`
        reply: 請私訊小編。

Every finding names its line and, as a pointer, its field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.errors import InvalidDefinition
from shared.domain.script_fields import (
    Judge,
    Part,
    a_text,
    entries_of,
    items_of,
    keywords,
    matching,
    one_of,
    pointer_step,
    reply,
    seconds,
    step_name,
    truth,
)
from shared.domain.script_text import Node, read_tree

#: Where a step can lead that is no step.
END = "end"
#: Variables that whoever plays the script fills in.
BUILT_IN = frozenset({"account_name", "group_name", "sender_name", "message"})
EVENTS = ("joined", "left", "mentioned", "message")
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
}
MOST_STEPS = 500
MOST_VARIABLES = 100
MOST_PROBLEMS = 50

_ID = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is known of a script that makes sense."""

    name: str
    variables: frozenset[str]
    steps: tuple[str, ...]
    triggers: int


def read_script(text: str) -> Script:
    """Return what the script in *text* says.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    root = read_tree(text)
    judge = Judge()
    entries = entries_of(judge, root, "", required=("name",), known=_ROOT)
    declared = _variables(judge, entries.get("variables"))
    ids = _steps(judge, entries.get("steps"))
    triggers = items_of(judge, entries.get("triggers"), "/triggers", MOST_STEPS, _trigger)
    if not ids and not triggers and not judge.problems:
        judge.found("", "script.nothing", root.line)
    for name, pointer, line in judge.gotos:
        if name not in ids and name != END:
            judge.found(pointer, "script.goto", line, step=name[:80])
    _blanks(judge, declared)
    _forbidden(judge, entries.get("forbidden_terms"))
    if judge.problems:
        ordered = sorted(judge.problems, key=lambda each: int(str(each.params["line"])))
        raise InvalidDefinition(ordered[:MOST_PROBLEMS])
    return Script(
        name=str(entries["name"].value),
        variables=frozenset(declared),
        steps=tuple(ids),
        triggers=triggers,
    )


def _variables(judge: Judge, node: Node | None) -> Mapping[str, Node]:
    """Judge what is declared; return it by name."""
    if node is None:
        return {}
    if not isinstance(node.value, Mapping):
        judge.found("/variables", "script.mapping", node.line)
        return {}
    if len(node.value) > MOST_VARIABLES:
        judge.found("/variables", "script.too_many", node.line, limit=MOST_VARIABLES)
        return node.value
    for name, spec in node.value.items():
        pointer = f"/variables/{pointer_step(name)}"
        if not _VARIABLE.fullmatch(name) or name in BUILT_IN:
            judge.found(pointer, "script.variable_name", spec.line)
            continue
        entries = entries_of(judge, spec, pointer, required=(), known=_SPEC)
        kind = entries["type"].value if "type" in entries else "string"
        default = entries.get("default")
        if default is None or not isinstance(kind, str) or kind not in TYPES:
            continue
        fits = isinstance(default.value, TYPES[kind])
        if not fits or (kind == "number" and isinstance(default.value, bool)):
            judge.found(f"{pointer}/default", "script.default", default.line, type=kind)
    return node.value


def _steps(judge: Judge, node: Node | None) -> list[str]:
    """Judge the steps; return their ids in order."""
    first: dict[str, int] = {}

    def judge_step(judge: Judge, step: Node, pointer: str) -> None:
        entries = entries_of(judge, step, pointer, required=("id", "reply"), known=_STEP)
        name = entries.get("id")
        if name is None or not isinstance(name.value, str):
            return
        if name.value in first or name.value == END:
            line = first.get(name.value, name.line)
            judge.found(f"{pointer}/id", "script.duplicate_id", name.line, first=line)
        first.setdefault(name.value, name.line)

    items_of(judge, node, "/steps", MOST_STEPS, judge_step)
    return list(first)


def _trigger(judge: Judge, node: Node, pointer: str) -> None:
    entries = entries_of(judge, node, pointer, required=(), known=_TRIGGER)
    if not isinstance(node.value, Mapping):
        return
    if ("keywords" in entries) == ("event" in entries):
        judge.found(pointer, "script.trigger_when", node.line)
    if "reply" not in entries and "goto" not in entries:
        judge.found(pointer, "script.trigger_then", node.line)


def _blanks(judge: Judge, declared: Mapping[str, Node]) -> None:
    for name, pointer, line in judge.blanks:
        if not _VARIABLE.fullmatch(name):
            judge.found(pointer, "script.blank", line)
        elif name not in declared and name not in BUILT_IN:
            judge.found(pointer, "script.undeclared", line, variable=name)


def _forbidden(judge: Judge, node: Node | None) -> None:
    if not items_of(judge, node, "/forbidden_terms", 500, a_text(100)) or node is None:
        return
    assert isinstance(node.value, list)  # noqa: S101 - it has items
    terms = [each.value for each in node.value if isinstance(each.value, str) and each.value]
    for text, pointer, line in judge.replies:
        for term in terms:
            if term.casefold() in text.casefold():
                judge.found(pointer, "script.forbidden", line, term=term)


_ROOT: Mapping[str, Part | None] = {
    "name": a_text(200),
    "description": a_text(2000, least=0),
    "variables": None,
    "forbidden_terms": None,
    "steps": None,
    "triggers": None,
}
_SPEC: Mapping[str, Part | None] = {
    "type": one_of(*TYPES),
    "default": None,
    "required": truth,
    "description": a_text(500, least=0),
}
_STEP: Mapping[str, Part | None] = {
    "id": matching(_ID, "script.step_id"),
    "reply": reply,
    "wait_seconds": seconds,
    "goto": step_name,
}
_TRIGGER: Mapping[str, Part | None] = {
    "id": matching(_ID, "script.step_id"),
    "keywords": keywords,
    "event": one_of(*EVENTS),
    "reply": reply,
    "goto": step_name,
}
