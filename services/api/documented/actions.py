"""What the API answers of actions, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, JsonValue

from services.api.documented.policy import Shown
from shared.contracts.action import Category


class Action(Shown):
    """An installed action."""

    name: str
    title: dict[str, str]
    description: dict[str, str]
    category: Category
    runs_code: bool = Field(description="Its parameters say which program is run.")
    has_dry_run: bool = Field(description="It can plan: with `dry_run` it does nothing.")
    parameters: dict[str, Any] = Field(
        description="JSON Schema of action_config, in the caller's language. Hints for a form:"
        " `x-widget`, `x-advanced`, `x-secret` (the name of a secret), `x-choices` (what the values"
        " of an enumeration mean), `x-i18n` (the words in every language)."
    )


class Variable(Shown):
    """One thing that can be filled in."""

    insert: str = Field(description="What is written.")
    description: str | None = Field(description="null: its name says it.")
    sample: JsonValue = Field(description="What it was for the newest event; null: unknown.")


class VariablePlace(Shown):
    """A place of a task that is filled in."""

    place: Literal["map", "condition", "path", "key", "environment", "header"]
    title: str
    description: str
    variables: list[Variable]


class TemplateVariables(Shown):
    """What may be filled into a task, by place."""

    places: list[VariablePlace]
