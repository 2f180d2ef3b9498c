"""What the API answers of the audit list, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class AuditEntry(Shown):
    """One change."""

    id: int
    at: AwareDatetime
    actor: str = Field(description="The name of the token, or of the task whose run did it.")
    token_id: str | None = Field(description="null: no token did it.")
    run_id: str | None = Field(description="The run whose action did it.")
    user_id: str | None = Field(description="The user who did it, with or without a token.")
    ip: str | None = Field(description="Where the request came from.")
    request_id: str | None = Field(description="The request, as in X-Request-Id.")
    verb: str = Field(examples=["task.updated"])
    subject_kind: str = Field(examples=["task"])
    subject_id: str
    before: dict[str, Any] | None = Field(description="Of what was changed; null: nothing to tell.")
    after: dict[str, Any] | None


class Audit(Shown):
    """A page of the audit list; `next` is null on the last one."""

    items: list[AuditEntry]
    next: str | None


class AuditWords(Shown):
    """Each word that stands in the list, once."""

    actors: list[str]
    verbs: list[str]
    subject_kinds: list[str]
