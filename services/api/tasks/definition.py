"""What a task may be: reads what a caller sends, and says everything that is wrong with it at once.

Pure. What must be looked up (which tasks exist, what the time is) comes in as `Facts`. Two layers:
the *shape* of each field is judged by the models in `schemas.py`, which also are the documentation;
the *meaning* of those that have their shape is judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import pydantic

from services.api.tasks.action_check import judge_action, judge_secrets
from services.api.tasks.dependencies import Graph, judge_graph, judge_tasks, read_ids
from services.api.tasks.policy import with_policy
from services.api.tasks.recipients import judge_rules
from services.api.tasks.schemas import TaskCreate, TaskUpdate
from services.api.tasks.schemas_policy import POLICY_FIELDS
from services.api.tasks.trigger_check import judge_trigger
from services.api.wire.shape import problems_of
from shared.contracts.action import Action
from shared.contracts.policy import TaskPolicy
from shared.contracts.tasks import TaskDefinition, TaskType
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.schedule import Schedule, parse_schedule
from shared.domain.schedule import warnings as schedule_warnings

Catalog = Mapping[str, Action[Any]]

#: Bytes of one config as compact JSON.
MOST_CONFIG_BYTES = 64 * 1024


class ConfigTooLarge(Exception):
    """A config is larger than any task needs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A task as its operator defined it."""

    name: str = ""
    description: str | None = None
    task_type: TaskType = TaskType.MANUAL
    task_action: str = ""
    schedule_config: Mapping[str, Any] | None = None
    trigger_config: Mapping[str, Any] | None = None
    action_config: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    dependent_tasks: tuple[UUID, ...] = ()
    timeout_seconds: int = 3600
    notify_on_success: bool = False
    notify_on_failure: bool = True
    notify_recipients: tuple[str, ...] = ()
    policy: TaskPolicy = field(default_factory=TaskPolicy)

    def same_as(self, other: Definition) -> bool:
        """Return whether nothing differs; unlike `==` this tells `true` from `1`."""
        return self == other and all(
            json.dumps(mine) == json.dumps(theirs)
            for mine, theirs in (
                (self.schedule_config, other.schedule_config),
                (self.trigger_config, other.trigger_config),
                (self.action_config, other.action_config),
            )
        )

    def as_contract(self) -> TaskDefinition:
        """Return what the scheduler and the executors need to know of it."""
        return TaskDefinition(
            name=self.name,
            task_type=self.task_type,
            task_action=self.task_action,
            schedule_config=None if self.schedule_config is None else dict(self.schedule_config),
            trigger_config=None if self.trigger_config is None else dict(self.trigger_config),
            action_config=dict(self.action_config),
            enabled=self.enabled,
            dependent_tasks=self.dependent_tasks,
            timeout_seconds=self.timeout_seconds,
            policy=self.policy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database had to say before a definition can be judged."""

    now: datetime
    graph: Graph
    calendars: frozenset[str] = frozenset()
    """The mentioned calendars that exist."""
    channels: frozenset[str] = frozenset()
    """The mentioned channels that exist."""
    secrets: frozenset[str] = frozenset()
    """The named secrets that exist."""


def read_new(document: Mapping[str, Any], catalog: Catalog, facts: Facts) -> Definition:
    """Return the task that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong.
        ConfigTooLarge: one of its configs is.
    """
    shaped, problems = _shaped(TaskCreate, document)
    return _judged(Definition(), shaped, problems, catalog, facts, task_id=None)


def read_change(
    document: Mapping[str, Any],
    current: Definition,
    catalog: Catalog,
    facts: Facts,
    *,
    task_id: UUID,
) -> Definition:
    """Return *current* with the changes that *document* asks for.

    Only what is given is judged, so that a task whose action is gone can still be switched off.

    Raises:
        InvalidDefinition: with everything that is wrong.
        ConfigTooLarge: one of its configs is.
    """
    shaped, problems = _shaped(TaskUpdate, document)
    return _judged(current, shaped, problems, catalog, facts, task_id=task_id)


def warnings_of(definition: Definition) -> list[Problem]:
    """Return what is allowed, yet perhaps not what was meant."""
    found: list[Problem] = []
    schedule = schedule_of(definition)
    if schedule is not None:
        found += (problem.under("/schedule_config") for problem in schedule_warnings(schedule))
    return found


def schedule_of(definition: Definition) -> Schedule | None:
    """Return the schedule by which a task fires, or None if none does."""
    if definition.task_type is not TaskType.SCHEDULED or not definition.schedule_config:
        return None
    return _read_schedule(json.dumps(definition.schedule_config))


@lru_cache(maxsize=4096)
def _read_schedule(text: str) -> Schedule | None:
    try:
        return parse_schedule(json.loads(text))
    except InvalidDefinition:  # saved under older rules: never breaks a read
        return None


def _shaped(
    model: type[pydantic.BaseModel], document: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the fields of *document* that have their shape, and the problems of the others."""
    _refuse_large_configs(document)
    try:
        read = model.model_validate(document)
    except pydantic.ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]}
        problems = problems_of(error)
        # What is right is read once more without the rest, so that all is told in one go.
        rest = {key: value for key, value in document.items() if key not in wrong}
        lenient = TaskUpdate.model_validate(rest)
        return _given(lenient), problems
    return _given(read), []


def _given(model: pydantic.BaseModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in model.model_fields_set}


def _refuse_large_configs(document: Mapping[str, Any]) -> None:
    for name in ("action_config", "schedule_config", "trigger_config"):
        value = document.get(name)
        if isinstance(value, dict) and size_of(value) > MOST_CONFIG_BYTES:
            raise ConfigTooLarge(name)


def size_of(value: object) -> int:
    """Return how many bytes *value* has as compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _judged(
    base: Definition,
    given: dict[str, Any],
    problems: list[Problem],
    catalog: Catalog,
    facts: Facts,
    *,
    task_id: UUID | None,
) -> Definition:
    wrong = {problem.pointer.split("/")[1] for problem in problems if problem.pointer}
    if "task_type" in given:
        given["task_type"] = TaskType(given["task_type"])
    if "notify_recipients" in given:
        given["notify_recipients"] = tuple(given["notify_recipients"])
    misnamed = judge_tasks(given, facts.graph, task_id)
    problems += misnamed
    if "dependent_tasks" in given:
        given["dependent_tasks"] = tuple(read_ids(given["dependent_tasks"]))
    policy, found = with_policy(base.policy, given, facts.calendars)
    problems += (problem for problem in found if problem not in problems)
    if "notify" not in wrong:
        problems += judge_rules(given, facts.channels)
    own = {name: value for name, value in given.items() if name not in POLICY_FIELDS}
    wished = replace(base, **own, policy=policy)
    if not misnamed:
        problems += judge_graph(given, wished, facts.graph, task_id)
    if not wrong & {"task_type", "schedule_config"}:
        wished = _with_schedule(base, wished, given, facts.now, problems)
    if not wrong & {"task_type", "trigger_config"}:
        problems += _judge_trigger(wished, given)
    if not wrong & {"task_action", "action_config"}:
        problems += judge_action(wished.task_action, wished.action_config, given, catalog)
    named = wished.task_action, wished.action_config, wished.trigger_config
    problems += judge_secrets(named, given, catalog, facts.secrets, told=problems)
    if problems:
        raise InvalidDefinition(problems)
    return wished


def _with_schedule(
    base: Definition,
    wished: Definition,
    given: Mapping[str, Any],
    now: datetime,
    problems: list[Problem],
) -> Definition:
    """Return *wished* with its schedule in normal form; note what is wrong with it."""
    if not given.keys() & {"task_type", "schedule_config"}:
        return wished
    scheduled = wished.task_type is TaskType.SCHEDULED
    config = wished.schedule_config
    if config is None or (not config and not scheduled):
        if scheduled:
            problems.append(Problem("/schedule_config", "schedule.required"))
        return replace(wished, schedule_config=None)
    try:
        normal = parse_schedule(config).config
        if scheduled and not (
            base.task_type is TaskType.SCHEDULED and normal == base.schedule_config
        ):
            # A form that sends an old task back unchanged may hold a time that has passed.
            parse_schedule(config, now=now)
    except InvalidDefinition as error:
        problems += (problem.under("/schedule_config") for problem in error.problems)
        return wished
    return replace(wished, schedule_config=dict(normal))


def _judge_trigger(wished: Definition, given: Mapping[str, Any]) -> list[Problem]:
    if not given.keys() & {"task_type", "trigger_config"}:
        return []
    config = wished.trigger_config
    if wished.task_type is TaskType.TRIGGERED and not config:
        return [Problem("/trigger_config", "trigger.required")]
    if wished.task_type is TaskType.TRIGGERED:
        found = judge_trigger(config or {})
        return [problem.under("/trigger_config") for problem in found]
    condition = (config or {}).get("condition", "")
    if not isinstance(condition, str):
        return [Problem("/trigger_config/condition", "field.string")]
    return []
