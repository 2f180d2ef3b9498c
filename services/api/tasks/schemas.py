"""What callers may send: the models that judge it, and that the OpenAPI document shows.

Strict: nothing unknown, nothing converted. What a field means beyond its shape is judged in
`definition.py`.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.api.access.scopes import ALL_SCOPES, Scope
from services.api.tasks.schemas_policy import OverlapName, PolicyFields, TaskId
from services.api.wire.plain_text import clean_block, clean_line
from services.api.wire.strict_model import Strict

Name = Annotated[
    str,
    AfterValidator(partial(clean_line, most=200)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 200}),
]
Description = Annotated[
    str,
    AfterValidator(partial(clean_block, most=2000)),
    Field(json_schema_extra={"maxLength": 2000}),
]
Recipient = Annotated[
    str,
    AfterValidator(partial(clean_line, most=320)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 320}),
]
ActionName = Annotated[str, Field(max_length=64, examples=["data_backup"])]
Config = dict[str, Any]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class TaskUpdate(PolicyFields):
    """The fields of a task that are to change; the others stay as they are."""

    name: Name = ""
    description: Description | None = None
    task_type: Literal["scheduled", "triggered", "manual"] = "manual"
    task_action: ActionName = ""
    schedule_config: Config | None = Field(
        default=None,
        examples=[{"cron": "0 9 * * *", "timezone": "Asia/Taipei"}],
        description="One of cron, interval_seconds, interval_minutes, interval_hours, at; optional"
        " timezone, start_at, end_at, jitter_seconds, day_or, dst_gap, dst_fold, misfire.",
    )
    trigger_config: Config | None = Field(
        default=None,
        examples=[{"condition": "error_rate > 10"}],
        description="Which events start the task: subject, type, condition; optional for_each,"
        " threshold, within_seconds, posture, debounce_seconds, debounce_timeout_seconds, throttle,"
        " rate_limit, batch, map.",
    )
    action_config: Config = Field(
        default={}, description="The action's parameters; see GET …/automation-actions."
    )
    enabled: bool = True
    dependent_tasks: list[TaskId] = Field(default=[], max_length=100)
    timeout_seconds: Seconds = Field(default=3600, description="The longest one attempt may take.")
    notify_on_success: bool = Field(default=False, description="Tell of each success.")
    notify_on_failure: bool = Field(
        default=True,
        description="Tell of the first failure after the last retry, then once an hour while it"
        " goes on, and of the recovery; also of a schedule that nobody fires.",
    )
    notify_recipients: list[Recipient] = Field(
        default=[],
        max_length=50,
        description="Channels by name, e-mail addresses; user ids are kept and warned of. Empty:"
        " the creator, if there is a channel of that name or it is an address.",
    )


class TaskCreate(TaskUpdate):
    """A task to be created."""

    name: Name
    task_type: Literal["scheduled", "triggered", "manual"]
    task_action: ActionName


class RunNow(Strict):
    """How one run is to differ from what its task says."""

    params: Config | None = Field(
        default=None, description="Instead of the task's action_config, of the same shape."
    )
    overlap: OverlapName | None = Field(
        default=None, description="Instead of the task's; by hand the default is allow_all."
    )


class RunsItem(RunNow):
    """One task to be run, once or several times."""

    task_id: TaskId
    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="The same key gives the same runs, however often it is sent.",
    )
    count: int = Field(default=1, ge=1, le=1000)


class RunsCreate(Strict):
    """Runs to be started together: all of them, or none."""

    runs: list[RunsItem] = Field(min_length=1, max_length=1000)


class TokenCreate(Strict):
    """A token to be made."""

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=len(ALL_SCOPES))
    expires_in_days: int | None = Field(
        default=90, ge=1, le=365, description="null: it never expires."
    )
