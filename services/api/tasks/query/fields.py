"""What the query language knows of a task: each field, its kind, its words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contracts.runs import RunStatus
from shared.contracts.tasks import TaskType

Kind = Literal["text", "choice", "flag", "time", "number", "task"]

_EQUALS = (":", "=", "!=")
_ORDER = (":", "=", "!=", "<", "<=", ">", ">=")

#: What each kind may be compared with.
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    "text": _EQUALS,
    "choice": _EQUALS,
    "flag": _EQUALS,
    "time": (":", "<", "<=", ">", ">="),
    "number": _ORDER,
    "task": (":", "="),
}

#: Beside a time: there is none.
NEVER = "never"
FLAGS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something of a task that can be asked for."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    """The only words it takes; none: any."""
    listed: str = ""
    """What else its words are taken from when a person is offered some."""
    future: bool = False
    """A time to come: `next<1h` is within an hour, while `last_run<1h` is within the last one."""
    example: str = ""


_ALL = (
    Field(name="name", kind="text", example='name:"night*"'),
    Field(name="description", kind="text", example="description:invoice"),
    Field(name="id", kind="text", example="id:3f2a"),
    Field(name="type", kind="choice", choices=tuple(TaskType), example="type:scheduled"),
    Field(name="action", kind="choice", listed="actions", example="action:http_request"),
    Field(name="queue", kind="choice", listed="queues", example="queue:default"),
    Field(name="by", kind="text", example="by:admin"),
    Field(name="timezone", kind="choice", example="timezone:Asia/Taipei"),
    Field(name="enabled", kind="flag", example="enabled:true"),
    Field(name="failing", kind="flag", example="failing:true"),
    Field(name="running", kind="flag", example="running:true"),
    Field(name="waiting", kind="flag", example="waiting:true"),
    Field(name="late", kind="flag", example="late:true"),
    Field(
        name="last",
        kind="choice",
        choices=(*RunStatus, "retrying", NEVER),
        example="last:failure,timed_out",
    ),
    Field(
        name="has",
        kind="choice",
        choices=(
            "dependents",
            "dependencies",
            "description",
            "schedule",
            "trigger",
            "retry",
            "blackout",
            "recipients",
            "runs",
        ),
        example="has:dependents",
    ),
    Field(name="next", kind="time", future=True, example="next<1h"),
    Field(name="last_run", kind="time", example="last_run<1d"),
    Field(name="created", kind="time", example="created>2026-01-01"),
    Field(name="updated", kind="time", example="updated<7d"),
    Field(name="priority", kind="number", example="priority>=4"),
    Field(name="failures", kind="number", example="failures>10"),
    Field(name="runs", kind="number", example="runs>100"),
    Field(name="upstream", kind="task", example="upstream:<id>"),
    Field(name="downstream", kind="task", example="downstream:<id>"),
)

FIELDS: Mapping[str, Field] = {each.name: each for each in _ALL}
