"""What the API answers of templates, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from services.api.documented.policy import Shown


class TaskTemplate(Shown):
    """A template, in the caller's language."""

    id: str
    category: str
    title: str
    description: str
    task_type: Literal["scheduled", "triggered", "manual"]
    task_action: str
    parameters: dict[str, Any] = Field(description="A JSON Schema.")
    example: dict[str, Any] = Field(description="Parameters to try it with.")
    task: dict[str, Any] = Field(description="The task, with `{{ parameter }}` for its blanks.")


class TaskTemplates(Shown):
    """A page of templates; `next` is null on the last one."""

    items: list[TaskTemplate]
    next: str | None
