"""What the API answers of secrets, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class SecretUser(Shown):
    """A task or an alert rule that names a secret."""

    kind: Literal["task", "alert_rule"]
    id: str
    name: str


class Secret(Shown):
    """A secret without its value."""

    name: str
    description: str | None
    key_id: str = Field(description="The key that it is sealed with.")
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    updated_by: str | None
    value_set_at: AwareDatetime = Field(
        description="How old its value is: neither a new description nor a new key changes this."
    )
    used_by: list[SecretUser] = Field(description="Who names it, at most 100.")


class Secrets(Shown):
    """A page of secrets; `next` is null on the last one."""

    items: list[Secret]
    next: str | None
