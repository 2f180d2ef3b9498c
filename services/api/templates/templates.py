"""From a template to a task, and what a caller is shown of a template. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from services.api.templates.filling import Filled, merged, spoken
from services.api.templates.gallery import Template
from services.api.templates.parameters import problems_with, with_defaults
from services.api.templates.schemas import TemplateUse
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.domain.errors import InvalidDefinition
from shared.domain.texts.catalog import Language


class Wished:
    """A task that somebody wants made of a template."""

    def __init__(self, template: Template, document: Mapping[str, Any], language: Language) -> None:
        """Read what the caller sent.

        Raises:
            Refused: 422, with everything that is wrong with it.
        """
        try:
            wished = TemplateUse.model_validate(document)
        except pydantic.ValidationError as error:
            raise refuse_fields(problems_of(error)) from None
        schema = template.parameters
        if problems := list(problems_with(schema, wished.parameters, "/parameters")):
            raise refuse_fields(problems)
        parameters = with_defaults(schema, wished.parameters)
        self._filled = Filled(template.task, parameters, language)
        self._overrides = wished.overrides
        self.task = merged(self._filled.task, wished.overrides)

    def as_sent(self, error: InvalidDefinition) -> InvalidDefinition:
        """Return what is wrong with the task as what is wrong with what the caller sent."""
        return InvalidDefinition(
            [self._filled.as_sent(each, self._overrides) for each in error.problems]
        )


def template_view(template: Template, language: Language) -> dict[str, Any]:
    """Return a template as a caller sees it, in one language."""
    return {
        "id": template.id,
        "category": template.category,
        "title": template.title[language],
        "description": template.description[language],
        "task_type": template.task["task_type"],
        "task_action": template.task["task_action"],
        "parameters": spoken(template.parameters, language),
        "example": dict(template.example),
        "task": spoken(template.task, language),
    }
