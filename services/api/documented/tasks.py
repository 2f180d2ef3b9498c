"""What the API answers, as models for the OpenAPI document.

Answers are made by `views.py`; a test holds every view against its model here.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from services.api.documented.policy import Shown, TaskPolicyShown


class ProblemDetail(Shown):
    """One thing that is wrong, and where."""

    pointer: str = Field(description="RFC 6901 pointer into the body; /query/… for a parameter.")
    code: str
    detail: str
    position: int | None = Field(
        default=None, description="Of a problem within a text: the character, from 0."
    )
    length: int | None = Field(default=None, description="How many characters are wrong.")


class ProblemDocument(Shown):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str = Field(description="A sentence for people, in their language.")
    instance: str = Field(description="The request's id.")
    errors: list[ProblemDetail]


class Task(TaskPolicyShown):
    """A task."""

    id: str
    name: str
    description: str | None
    task_type: Literal["scheduled", "triggered", "manual"]
    task_action: str
    schedule_config: dict[str, Any] | None
    trigger_config: dict[str, Any] | None
    action_config: dict[str, Any]
    enabled: bool
    dependent_tasks: list[str]
    timeout_seconds: int
    notify_on_success: bool
    notify_on_failure: bool
    notify_recipients: list[str]
    last_run_at: AwareDatetime | None
    next_run_at: AwareDatetime | None
    run_count: int
    success_count: int
    failure_count: int
    last_result: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None
    version: int
    warnings: list[ProblemDetail]


class Run(Shown):
    """A log row: one run."""

    id: str
    task_id: str
    status: str = Field(
        description="running, retrying, success, failure, timed_out, cancelled, needs_operator;"
        " also waiting (not begun) and, of a single run, skipped (never will)."
    )
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    duration_seconds: float | None
    result: str | None
    error_message: str | None
    execution_data: dict[str, Any] | None
    run_id: str
    trigger: str
    scheduled_for: AwareDatetime
    attempt: int
    executor: str | None


class RunStarted(Shown):
    """A run was asked for."""

    message: str
    task_id: str
    status: Literal["running"]
    run_id: str
    conflict: bool = Field(
        default=False,
        description="Only if true: the same run was there already, and `run_id` is that one's.",
    )


class RunsStarted(Shown):
    """Runs were asked for, in the order of the request."""

    run_ids: list[str]


class Line(Shown):
    """A line that a run wrote."""

    attempt: int
    seq: int
    at: AwareDatetime
    level: str
    text: str


class Lines(Shown):
    """A page of lines."""

    items: list[Line]
    next: str
    previous: str | None = Field(
        default=None,
        description="With `before`: what to ask for next; null if there is nothing older.",
    )


class Occurrence(Shown):
    """What became of one fire."""

    scheduled_for: AwareDatetime
    due_at: AwareDatetime
    trigger: str
    outcome: str
    reason: str | None
    reason_code: str | None
    run_id: str | None
    missed_count: int
    missed_since: AwareDatetime | None
    waits_for: str | None = Field(description="Why its run has not begun; null: nothing holds it.")
    waits_for_text: str | None


class Occurrences(Shown):
    """A page of occurrences; `next` is null on the last one."""

    items: list[Occurrence]
    next: str | None


class PreviewedFire(Shown):
    """One fire to come."""

    at: AwareDatetime = Field(description="Its nominal time.")
    local: str
    note: str | None
    due_at: AwareDatetime | None = Field(
        description="When it starts, by jitter and blackouts; null: its jitter is not drawn yet."
    )
    latest_at: AwareDatetime


class Token(Shown):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: AwareDatetime
    created_by: str | None
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    last_used_ip: str | None
    user_id: str | None = Field(description="Whose it is; null: nobody's, a service's.")
    user_name: str | None


class NewToken(Token):
    """A token just made."""

    token: str | None = Field(description="Shown this once; null when the request is repeated.")


class Health(Shown):
    """How the service is."""

    status: str
    checked: list[str] = Field(default=[])
    failed: dict[str, str] = Field(default={})


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the document says of a request body; `openapi.py` adds the model itself."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
