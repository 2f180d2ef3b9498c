"""What the API answers of scripts, as models for the OpenAPI document."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from services.api.scripts.definition import Status


class ScriptPointer(Shown):
    """What is published in one environment."""

    environment: str
    version: int
    sha256: str
    previous_version: int | None
    previous_sha256: str | None
    revision: int = Field(description="Grows with every move.")
    published_at: AwareDatetime
    published_by: str | None
    run_id: str | None


class Script(Shown):
    """A script with the text of its newest version."""

    script_id: str
    name: str
    description: str | None
    status: Status = Field(description="Of the newest version.")
    version: int = Field(description="The number of the newest version.")
    yaml_content: str
    published_at: AwareDatetime | None
    sha256: str = Field(description="Of the newest text: the version as account runtimes name it.")
    pointers: list[ScriptPointer]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None


class Scripts(Shown):
    """A page of scripts; `next` is null on the last one."""

    items: list[Script]
    next: str | None


class ScriptVersion(Shown):
    """A version, which never changes."""

    version: int
    sha256: str
    yaml_content: str
    change_summary: str | None
    parent: int | None
    created_at: AwareDatetime
    created_by: str | None
    approved_at: AwareDatetime | None
    approved_by: str | None


class ScriptVersions(Shown):
    """A page of versions, newest first; `next` is null on the last one."""

    items: list[ScriptVersion]
    next: str | None


class ScriptDiff(Shown):
    """How one version differs from another."""

    from_: int = Field(alias="from")
    to: int
    added: int
    removed: int
    lines: list[str] = Field(description="A unified diff without file names.")


class ScriptFinding(Shown):
    """One thing that is wrong with a text."""

    pointer: str
    line: int | None
    code: str
    detail: str


class ScriptJudged(Shown):
    """Whether a text makes sense."""

    valid: bool
    errors: list[ScriptFinding]
