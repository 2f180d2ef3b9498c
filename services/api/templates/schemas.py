"""What callers may send of templates."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from services.api.wire.strict_model import Strict


class TemplateUse(Strict):
    """A task to be made of a template."""

    parameters: dict[str, Any] = Field(
        default={}, description="As the template's `parameters` say; the others have their default."
    )
    overrides: dict[str, Any] = Field(
        default={},
        description="Fields of the task that differ from the template, laid over it (RFC 7396).",
        examples=[{"name": "Start the night shift", "enabled": False}],
    )
