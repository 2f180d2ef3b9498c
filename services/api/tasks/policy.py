"""How a task is to be run: from the fields that callers send to the policy that travels, and back.

Pure. The shape of each field was judged by `schemas_policy.py`; here is judged what the parts of a
field mean together, and what must exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import BaseModel

from services.api.tasks.dependencies import read_id
from services.api.tasks.schemas_policy import POLICY_FIELDS, RetryFields
from shared.contracts.policy import TaskPolicy
from shared.domain.errors import Problem

_DEFAULTS = TaskPolicy()

Judge = Callable[[Any, AbstractSet[str]], list[Problem]]


def with_policy(
    base: TaskPolicy, given: Mapping[str, Any], calendars: AbstractSet[str]
) -> tuple[TaskPolicy, list[Problem]]:
    """Return *base* with the fields of *given* that speak of policy, and what is wrong with them.

    *calendars* are the mentioned ones that exist. A field that is wrong stays as it was.
    """
    problems: list[Problem] = []
    values = base.model_dump(exclude_defaults=True)
    for name in sorted(given.keys() & POLICY_FIELDS):
        value = given[name]
        found = JUDGES[name](value, calendars) if value is not None and name in JUDGES else []
        if found:
            problems += (problem.under(f"/{name}") for problem in found)
            continue
        values.pop(name, None)
        if value is not None:
            values[name] = _plain(value)
    return TaskPolicy.model_validate(values), problems


def mentioned_calendars(document: Mapping[str, Any]) -> list[str]:
    """Return the calendars that *document* names, as far as they can be read."""
    blackout = document.get("blackout")
    names = blackout.get("calendars") if isinstance(blackout, dict) else None
    if not isinstance(names, list):
        return []
    return sorted({name for name in names if isinstance(name, str) and "\x00" not in name})


def policy_view(policy: TaskPolicy) -> dict[str, Any]:
    """Return the fields of a task that say how it is to be run, defaults included."""
    return policy.model_dump(mode="json")


def _plain(value: object) -> object:
    if isinstance(value, RetryFields):
        return _plain_retry(value)
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _plain_retry(retry: RetryFields) -> dict[str, Any]:
    """Return *retry*; a longest pause that was left out is never shorter than the first one."""
    values = retry.model_dump()
    if "max_interval_seconds" not in retry.model_fields_set:
        values["max_interval_seconds"] = max(
            retry.max_interval_seconds, retry.initial_interval_seconds
        )
    return values


def _judge_retry(retry: RetryFields, _: AbstractSet[str]) -> list[Problem]:
    given = "max_interval_seconds" in retry.model_fields_set
    if given and retry.max_interval_seconds < retry.initial_interval_seconds:
        return [Problem("/max_interval_seconds", "retry.intervals")]
    return []


def _judge_unique(unique: Any, _: AbstractSet[str]) -> list[Problem]:  # noqa: ANN401 - see JUDGES
    return _repeated(unique.fields, "/fields")


def _judge_locks(locks: Any, _: AbstractSet[str]) -> list[Problem]:  # noqa: ANN401 - see JUDGES
    return _repeated([lock.key for lock in locks], "")


def _judge_depends_on(depends_on: Any, _: AbstractSet[str]) -> list[Problem]:  # noqa: ANN401 - see JUDGES
    """Judge the spelling; that the tasks exist, and form no cycle, is judged with the graph."""
    return [
        Problem(f"/tasks/{index}", "deps.unknown")
        for index, text in enumerate(depends_on.tasks)
        if read_id(text) is None
    ]


def _judge_blackout(blackout: Any, calendars: AbstractSet[str]) -> list[Problem]:  # noqa: ANN401 - see JUDGES
    unknown = [
        Problem(f"/calendars/{index}", "calendar.unknown")
        for index, name in enumerate(blackout.calendars)
        if name not in calendars
    ]
    return unknown + _repeated(blackout.calendars, "/calendars")


def _judge_notify(rules: Any, _: AbstractSet[str]) -> list[Problem]:  # noqa: ANN401 - see JUDGES
    found: list[Problem] = []
    for index, rule in enumerate(rules):
        found += _repeated(rule.on, f"/{index}/on")
        found += _repeated(rule.channels, f"/{index}/channels")
    return found


def _repeated(values: Sequence[str], pointer: str) -> list[Problem]:
    seen: set[str] = set()
    found: list[Problem] = []
    for index, value in enumerate(values):
        if value in seen:
            found.append(Problem(f"{pointer}/{index}", "field.repeated"))
        seen.add(value)
    return found


#: What judges a field beyond its shape; the values are those of `schemas_policy.PolicyFields`.
JUDGES: Mapping[str, Judge] = {
    "retry": _judge_retry,
    "unique": _judge_unique,
    "locks": _judge_locks,
    "depends_on": _judge_depends_on,
    "blackout": _judge_blackout,
    "notify": _judge_notify,
}
