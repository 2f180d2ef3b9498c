"""Scripts as callers write them, and what may become of one: judged, nothing done. Pure.

    draft ──submit──► reviewing ──approve──► approved ──(a run publishes it)──► published
      ▲                   └──────reject────► rejected ──submit──► reviewing
      └── every change of the text, from any state
    any ──disable──► disabled ──submit──► reviewing

The status is that of the newest version. What is published stays so while a newer one is written.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pydantic

from services.api.scripts.schemas import ScriptCreate, ScriptDecision, ScriptText, ScriptUpdate
from services.api.store.scripts import ScriptRow
from services.api.wire.shape import problems_of
from shared.domain.errors import Conflict, InvalidDefinition, Problem
from shared.domain.script import read_script
from shared.domain.script_text import canonical

Status = Literal["draft", "reviewing", "approved", "rejected", "published", "disabled"]
Verb = Literal["submit", "approve", "reject", "disable"]

DRAFT: Status = "draft"

_MOVES: Mapping[Verb, tuple[frozenset[str], Status]] = {
    "submit": (frozenset({"draft", "rejected", "disabled"}), "reviewing"),
    "approve": (frozenset({"reviewing"}), "approved"),
    "reject": (frozenset({"reviewing"}), "rejected"),
    "disable": (
        frozenset({"draft", "reviewing", "approved", "rejected", "published"}),
        "disabled",
    ),
}

#: Beyond this many pairs of lines a difference is told as "all of it": finding a better one would
#: keep everybody else waiting.
_MOST_PAIRS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """A script as it is to be stored; `yaml_content` is canonical and makes sense."""

    script_id: str
    name: str
    description: str | None
    yaml_content: str
    change_summary: str | None


def read_new(document: Mapping[str, Any]) -> Wished:
    """Return the script that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong, by line.
    """
    try:
        wished = ScriptCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    return Wished(
        script_id=wished.script_id,
        name=wished.name,
        description=wished.description,
        yaml_content=judged_text(wished.yaml_content),
        change_summary=wished.change_summary,
    )


def read_change(document: Mapping[str, Any], before: ScriptRow) -> Wished:
    """Return what becomes of a script; only the given fields change.

    Raises:
        InvalidDefinition: with everything that is wrong, by line.
    """
    try:
        wished = ScriptUpdate.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    given = wished.model_dump(exclude_unset=True)
    if given.pop("script_id", before.script_id) != before.script_id:
        raise InvalidDefinition([Problem("/script_id", "script.id_is_fixed")])
    if "yaml_content" in given:
        given["yaml_content"] = judged_text(given["yaml_content"])
    unchanged = Wished(
        script_id=before.script_id,
        name=before.name,
        description=before.description,
        yaml_content=before.yaml_content,
        change_summary=None,
    )
    return replace(unchanged, **given)


def read_text(document: Mapping[str, Any]) -> str:
    """Return the text that is to be looked at, whatever may be wrong with it.

    Raises:
        InvalidDefinition: there is none.
    """
    try:
        return ScriptText.model_validate(document).yaml_content
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None


def read_decision(document: Mapping[str, Any]) -> str | None:
    """Return the comment of a decision.

    Raises:
        InvalidDefinition: *document* is none.
    """
    try:
        return ScriptDecision.model_validate(document).comment
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None


def judged_text(text: str) -> str:
    """Return the canonical form of a text that makes sense.

    Raises:
        InvalidDefinition: it makes none.
    """
    text = canonical(text)
    try:
        read_script(text)
    except InvalidDefinition as error:
        raise InvalidDefinition([each.under("/yaml_content") for each in error.problems]) from None
    return text


def status_after(verb: Verb, status: str) -> Status:
    """Return the status that follows.

    Raises:
        Conflict: a script of this status cannot do that.
    """
    allowed, after = _MOVES[verb]
    if status not in allowed:
        raise Conflict("script.transition", status=status, verb=verb)
    return after


def difference(old: str, new: str) -> list[str]:
    """Return what makes *new* out of *old*, as lines of a unified diff without file names."""
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        return []
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    inner = (len(before) - start - end, len(after) - start - end)
    if inner[0] * inner[1] > _MOST_PAIRS:
        removed = [f"-{line}" for line in before[start : start + inner[0]]]
        added = [f"+{line}" for line in after[start : start + inner[1]]]
        head = f"@@ -{start + 1},{inner[0]} +{start + 1},{inner[1]} @@"
        return [head, *removed, *added]
    return [*difflib.unified_diff(before, after, lineterm="")][2:]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
