"""What callers may send of scripts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from services.api.tasks.schemas import Description, Name
from services.api.wire.plain_text import clean_block
from services.api.wire.strict_model import Strict
from shared.domain.script_text import MOST_BYTES

SCRIPT_ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

ScriptId = Annotated[str, Field(pattern=SCRIPT_ID, examples=["morning-chat"])]
YamlContent = Annotated[
    str,
    Field(
        max_length=MOST_BYTES,
        examples=["name: Morning\nsteps:\n  - id: hello\n    reply: Good morning!\n"],
        description="The script as YAML. Every change of it makes a new version.",
    ),
]
Summary = Annotated[
    str,
    AfterValidator(partial(clean_block, most=500)),
    Field(json_schema_extra={"maxLength": 500}),
]


class ScriptUpdate(Strict):
    """The fields of a script that are to change; the others stay as they are."""

    script_id: ScriptId = Field(default="", description="Cannot change.")
    name: Name = ""
    description: Description | None = None
    yaml_content: YamlContent = ""
    change_summary: Summary | None = Field(
        default=None, description="What the new version changes, for its history."
    )


class ScriptCreate(ScriptUpdate):
    """A script to be created."""

    script_id: ScriptId = Field(description="Unique; how tasks, accounts and clients name it.")
    name: Name
    yaml_content: YamlContent


class ScriptText(Strict):
    """A text to be looked at."""

    yaml_content: YamlContent


class ScriptDecision(Strict):
    """Why a script goes on, or does not."""

    comment: Summary | None = None


class ScriptPublishNow(Strict):
    """How a script is to be published."""

    params: dict[str, Any] = Field(
        default={},
        examples=[{"environment": "production", "strategy": {"type": "canary"}}],
        description="As the action script_publish takes them (GET …/automation-actions), without"
        " script_id. rollback: true publishes what was published before; dry_run: true makes a run"
        " that only plans.",
    )
