"""What a good answer looks like: claims about a JSON document, and what is kept of it.

Pure: `judge` says which claims do not hold, with what was seen instead. Patterns are RE2, as in
conditions of triggers: one that backtracks could hold up every run of an executor.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import Label
from services.executor.actions.json_path import PATH_MAX, JsonPath, NoPath
from shared.contracts.action import ActionParams
from shared.domain.texts.catalog import Text
from shared.domain.texts.generic_actions import OPERATORS
from shared.runtime.cel import Condition

Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "matches",
    "in",
    "exists",
    "lt",
    "le",
    "gt",
    "ge",
]

_Comparison = Callable[[JsonValue, JsonValue], bool]

EXPECTED_MAX = 50
CAPTURED_MAX = 50
PATTERN_MAX = 500  # characters
#: A longer text is not held against a pattern.
TEXT_MAX = 64 * 1024  # characters
#: What is looked at of one answer, in comparisons of numbers: about half a second, in which no
#: other run of the executor goes on.
EFFORT_MAX = 200_000
PATTERN_EFFORT = 100
TOO_MUCH = "more than is looked at"
SHOWN_MAX = 200  # characters of a value in words
VALUE_MAX = 4096  # characters of one captured value as JSON
ALL_MAX = 16 * 1024  # characters of all of them

_ENCODER = json.JSONEncoder(ensure_ascii=False)
_VALUE, _PATTERN = "v", "p"
_MATCHES = f"{_VALUE}.matches({_PATTERN})"


class Claim(ActionParams):
    """What is claimed of one value."""

    op: Annotated[
        Operator,
        Label(
            Text("比較方式", "Comparison"),
            Text(
                "lt、le、gt、ge 用於數字；matches 為 RE2 正規表示式；in 的值為陣列；"
                "exists 的值為 true 或 false",
                "lt, le, gt and ge are for numbers; matches takes an RE2 pattern, in a list, "
                "exists true or false",
            ),
            choices=OPERATORS,
        ),
    ] = "equals"
    value: Annotated[
        JsonValue,
        Label(Text("預期值", "Value"), Text("拿來比較的值", "What it is compared with")),
    ] = Field(default=None, validate_default=True)

    @field_validator("value")
    @classmethod
    def _judge_value(cls, value: JsonValue, info: ValidationInfo) -> JsonValue:
        op = info.data.get("op", "equals")
        if op in ("lt", "le", "gt", "ge") and not _is_number(value):
            raise PydanticCustomError("claim.number", "{op} needs a number", {"op": op})
        if op == "in" and not isinstance(value, list):
            raise PydanticCustomError("claim.list", "in needs a list")
        if op == "exists" and not isinstance(value, bool | None):
            raise PydanticCustomError("claim.boolean", "exists takes true or false")
        if op == "matches" and not (isinstance(value, str) and _is_pattern(value)):
            raise PydanticCustomError("claim.pattern", "matches needs a pattern (RE2)")
        return value

    def holds(self, seen: JsonValue) -> bool:
        """Say whether it is true of a value that is there."""
        return _HOLDS[self.op](seen, self.value)

    def effort(self, found: Sequence[JsonValue]) -> int:
        """Return about how much there is to do to hold it against all of *found*."""
        if self.op == "matches":
            return PATTERN_EFFORT * len(found)
        if self.op in ("contains", "not_contains"):
            return sum(len(each) if isinstance(each, list) else 1 for each in found)
        of_each = len(self.value) if self.op == "in" and isinstance(self.value, list) else 1
        return of_each * len(found)


class Expectation(Claim):
    """A claim about what lies at a place of a document."""

    path: Annotated[
        str,
        Label(
            Text("位置", "Path"),
            Text(
                "JSONPath（$.items[0].id、$.items[*].id）或 JSON Pointer（/items/0/id）；"
                "[*] 表示每一個都必須符合",
                "JSONPath ($.items[0].id, $.items[*].id) or JSON pointer (/items/0/id); "
                "with [*] it must hold for each",
            ),
        ),
    ] = Field(max_length=PATH_MAX)

    @field_validator("path")
    @classmethod
    def _judge_path(cls, path: str) -> str:
        return judged_path(path)


Expectations = Annotated[list[Expectation], Field(max_length=EXPECTED_MAX)]


def judged_path(path: str) -> str:
    """Return *path*, for a validator.

    Raises:
        PydanticCustomError: `path.json`, it is none.
    """
    try:
        JsonPath.parse(path)
    except NoPath as error:
        raise PydanticCustomError("path.json", "no JSON path: {why}", {"why": str(error)}) from None
    return path


def _judged_paths(paths: dict[str, str]) -> dict[str, str]:
    for path in paths.values():
        judged_path(path)
    return paths


Captures = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")], str],
    Field(max_length=CAPTURED_MAX),
    AfterValidator(_judged_paths),
]


def judge(document: JsonValue, expected: Sequence[Expectation]) -> list[dict[str, Any]]:
    """Return the claims that do not hold, each with what was seen; none if all is well.

    One that there is too much to do for does not hold.
    """
    failed = []
    left = EFFORT_MAX
    for each in expected:
        found = JsonPath.parse(each.path).find(document)
        if each.op == "exists":
            if bool(found) is not (each.value is not False):
                failed.append(_failure(each, found))
            continue
        left -= each.effort(found)
        if left < 0:
            failed.append({**_failure(each, found), "seen": TOO_MUCH})
            continue
        wrong = [seen for seen in found if not each.holds(seen)]
        if wrong or not found:
            failed.append(_failure(each, wrong))
    return failed


def in_words(failed: Sequence[Mapping[str, Any]]) -> str:
    """Return the first claim that does not hold, and how many others there are."""
    first = failed[0]
    what = first["path"] or "the document"
    seen = f"is {first['seen']}" if first["found"] else "is not there"
    wanted = first["op"].replace("_", " ")
    said = f"{what} {seen}; expected: {wanted} {shown(first['value'])}"
    more = len(failed) - 1
    return said if not more else f"{said} (and {more} more)"


def capture(document: JsonValue, paths: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return what lies at these places: a value, a list for a path with `[*]`, None for nothing.

    What is too large to be kept is told by its beginning.
    """
    kept: dict[str, JsonValue] = {}
    room = ALL_MAX
    for name, text in paths.items():
        path = JsonPath.parse(text)
        found = path.find(document)
        value: JsonValue = (found[0] if found else None) if path.is_single else found
        said = _beginning(value, VALUE_MAX)
        if len(said) > min(VALUE_MAX, room):
            value = said = said[: min(SHOWN_MAX, room)] + "…"
        kept[name] = value
        room = max(room - len(said), 0)
    return kept


def shown(value: JsonValue) -> str:
    """Return a value as JSON, its beginning if it is long."""
    text = _beginning(value, SHOWN_MAX)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def _beginning(value: JsonValue, most: int) -> str:
    """Return a value as JSON, or little more than its first *most* characters."""
    parts, size = [], 0
    for part in _ENCODER.iterencode(value):  # piece by piece: a megabyte takes 50 ms
        parts.append(part)
        size += len(part)
        if size > most:
            break
    return "".join(parts)


def _failure(claim: Expectation, seen: Sequence[JsonValue]) -> dict[str, Any]:
    return {
        "path": claim.path,
        "op": claim.op,
        "value": claim.value,
        "found": bool(seen),
        "seen": shown(seen[0]) if seen else None,
    }


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Compare as JSON does: true is not 1, 1.0 is 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if _is_number(one) and _is_number(other):
        return one == other
    return type(one) is type(other) and one == other


def _contains(whole: JsonValue, part: JsonValue) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    if isinstance(whole, list):
        return any(_same(each, part) for each in whole)
    return isinstance(whole, dict) and isinstance(part, str) and part in whole


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_pattern(text: str) -> bool:
    asked = {"data": {_VALUE: "", _PATTERN: text}}
    return len(text) <= PATTERN_MAX and isinstance(Condition(_MATCHES).evaluate(asked), bool)


def _matches(text: str, pattern: JsonValue) -> bool:
    asked = {"data": {_VALUE: text[:TEXT_MAX], _PATTERN: pattern}}
    return Condition(_MATCHES).evaluate(asked) is True


def _by_size(compare: Callable[[Any, Any], bool]) -> _Comparison:
    return lambda seen, value: _is_number(seen) and _is_number(value) and compare(seen, value)


def _is_in(seen: JsonValue, value: JsonValue) -> bool:
    return isinstance(value, list) and any(_same(seen, each) for each in value)


_HOLDS: Mapping[Operator, _Comparison] = {
    "equals": _same,
    "not_equals": lambda seen, value: not _same(seen, value),
    "contains": _contains,
    "not_contains": lambda seen, value: not _contains(seen, value),
    "matches": lambda seen, value: isinstance(seen, str) and _matches(seen, value),
    "in": _is_in,
    "exists": lambda _, value: value is not False,
    "lt": _by_size(operator.lt),
    "le": _by_size(operator.le),
    "gt": _by_size(operator.gt),
    "ge": _by_size(operator.ge),
}
