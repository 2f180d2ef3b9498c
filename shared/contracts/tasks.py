"""Facts about tasks, said by the API: one was created, updated or deleted.

Each carries the whole definition and a version that only grows, so that whoever misses one is right
again after the next, and whoever hears one twice, or late, can tell.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, field_serializer

from shared.contracts.message import Message, Part
from shared.contracts.policy import TaskPolicy


class TaskType(StrEnum):
    """What starts a task. Any task can also be started by hand."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"
    MANUAL = "manual"


class TaskDefinition(Part):
    """A task as its operator defined it: what the scheduler and the executors need to know."""

    name: str
    task_type: TaskType
    task_action: str
    schedule_config: dict[str, Any] | None = None
    trigger_config: dict[str, Any] | None = None
    action_config: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True
    dependent_tasks: tuple[UUID, ...] = ()
    timeout_seconds: int = 3600
    """The longest that one attempt may take, in seconds."""
    policy: TaskPolicy = TaskPolicy()

    @field_serializer("policy")
    def _without_defaults(self, policy: TaskPolicy) -> dict[str, Any]:
        return policy.model_dump(mode="json", exclude_defaults=True)


class TaskChanged(Message):
    """A task came to be what this says, at `changed_at` by the database's clock."""

    change: Literal["created", "updated", "deleted"]
    task_id: UUID
    version: int
    changed_at: AwareDatetime
    task: TaskDefinition | None
    """None once the task is deleted."""
