"""What pydantic found wrong, in our own words: a pointer and a code, never the value.

pydantic's own messages quote the input, a secret perhaps or 20 MB long, and speak English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
from fastapi.exceptions import RequestValidationError

from shared.domain.errors import Problem

#: Fields of answers that nobody can set.
READ_ONLY = frozenset(
    {
        "id",
        "seq",
        "version",
        "last_run_at",
        "next_run_at",
        "run_count",
        "success_count",
        "failure_count",
        "last_result",
        "created_at",
        "updated_at",
        "created_by",
        "warnings",
        "status",
        "owner_id",
    }
)

_CODES: Mapping[str, str] = {
    "missing": "field.required",
    "string_type": "field.string",
    "int_type": "field.integer",
    "int_from_float": "field.integer",
    "int_parsing": "field.integer",
    "float_type": "field.number",
    "bool_type": "field.boolean",
    "dict_type": "field.object",
    "model_type": "field.object",
    "model_attributes_type": "field.object",
    "list_type": "field.array",
    "tuple_type": "field.array",
    "literal_error": "field.choice",
    "enum": "field.choice",
    "string_pattern_mismatch": "field.pattern",
    "finite_number": "field.finite",
}

_LIMITS: Mapping[str, tuple[str, str]] = {
    "string_too_short": ("field.too_short", "min_length"),
    "string_too_long": ("field.too_long", "max_length"),
    "too_short": ("field.too_few", "min_length"),
    "too_long": ("field.too_many", "max_length"),
    "greater_than": ("field.above", "gt"),
    "greater_than_equal": ("field.at_least", "ge"),
    "less_than": ("field.below", "lt"),
    "less_than_equal": ("field.at_most", "le"),
    "multiple_of": ("field.multiple", "multiple_of"),
}

_TYPE_ERRORS = frozenset(code for code in _CODES if code.endswith("_type")) | {"literal_error"}


def problems_of(error: pydantic.ValidationError) -> list[Problem]:
    """Return every finding of *error* as a problem."""
    return [_problem(each) for each in error.errors(include_url=False)]


def request_problems(error: RequestValidationError) -> list[Problem]:
    """Return what is wrong with the parameters of a request, by the framework's reading."""
    return [_problem(each) for each in error.errors()]


def pointer_to(path: Sequence[object]) -> str:
    """Return the RFC 6901 pointer to *path*, long names cut."""
    # "[key]" is how pydantic says that a key itself is wrong.
    named = [step for step in path if step != "[key]"]
    steps = (str(step)[:100].replace("~", "~0").replace("/", "~1") for step in named)
    return "".join(f"/{step}" for step in steps)


def _problem(found: Any) -> Problem:  # noqa: ANN401 - pydantic's ErrorDetails lacks what we need
    kind: str = found["type"]
    path = found["loc"]
    context: Mapping[str, object] = found.get("ctx", {})
    pointer = pointer_to(path)
    if kind == "extra_forbidden":
        known = len(path) == 1 and path[0] in READ_ONLY
        return Problem(pointer, "field.read_only" if known else "field.unknown")
    if found.get("input", ...) is None and kind in _TYPE_ERRORS:
        return Problem(pointer, "field.null")
    if kind in _LIMITS:
        code, name = _LIMITS[kind]
        return Problem(pointer, code, {"limit": context.get(name, "")})
    if kind in ("literal_error", "enum"):
        return Problem(pointer, "field.choice", {"allowed": context.get("expected", "")})
    if "." in kind:  # one of ours, raised by a validator
        return Problem(pointer, kind, context)
    return Problem(pointer, _CODES.get(kind, "field.invalid"))
