"""What the API answers about executors and dead letters, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class Drain(Shown):
    """That an executor is to take nothing more, and who said so."""

    reason: str | None
    drained_at: AwareDatetime
    drained_by: str | None


class Executor(Shown):
    """An executor process."""

    executor_id: str
    instance: str
    host: str
    version: str | None
    started_at: AwareDatetime
    seen_at: AwareDatetime
    silent_seconds: float
    clock_offset_seconds: float | None = Field(
        description="Its host's clock less the database's. Nothing is decided by the former."
    )
    state: Literal["active", "draining", "drained", "stopping", "silent"] = Field(
        description="draining: it is to take nothing more, and ends what it has. drained: it has"
        " nothing in hand. stopping: its process ends. silent: no sign of life for 15 s."
    )
    slots: int
    running: int
    draining: bool = Field(description="It takes nothing more, for whatever reason.")
    drain: Drain | None = Field(description="null: nobody has drained it.")
    queues: list[str]
    labels: dict[str, str]
    actions: list[str]


class InHand(Shown):
    """A run that an executor has in hand."""

    run_id: str
    task_id: str
    task_name: str | None = Field(description="null: the task is deleted.")
    attempt: int
    claimed_at: AwareDatetime
    lease_until: AwareDatetime
    percent: float | None = Field(description="How far it is, if its action says so.")
    message: str | None


class ExecutorDetail(Executor):
    """An executor with what it has in hand, the longest first."""

    runs: list[InHand]
    more_runs: bool


class DeadLetter(Shown):
    """A message that nobody could handle, and what was decided about it."""

    id: int
    stream: str
    subject: str
    reason: str
    payload: str
    payload_encoding: Literal["utf-8", "base64"]
    headers: dict[str, Any]
    created_at: AwareDatetime
    state: Literal["open", "resent", "discarded"]
    decided_at: AwareDatetime | None
    decided_by: str | None
    deliveries: int | None = Field(description="How often it was tried, if that is known.")
    resendable: bool
    not_resendable_because: str | None = Field(description="In words; null if it can be resent.")


class DeadLetters(Shown):
    """A page of dead letters; `next` is null on the last one."""

    items: list[DeadLetter]
    next: str | None


class LetterDecided(Shown):
    """What was decided about a dead letter."""

    id: int
    state: Literal["resent", "discarded"]
    already: bool = Field(description="It had been decided before; nothing was done.")
