"""What the API answers of the audit list, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from services.api.access.audit_chain import Wrong
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
    seal: int | None = Field(description="Its place in the chain; null: not sealed yet.")
    hash: str | None = Field(
        description="SHA-256 of `previous_hash` and the fields above as JSON: keys sorted, no"
        " blanks, ASCII only."
    )
    previous_hash: str | None


class Audit(Shown):
    """A page of the audit list; `next` is null on the last one."""

    items: list[AuditEntry]
    next: str | None


class AuditProblem(Shown):
    """Where the chain does not hold."""

    what: Wrong = Field(
        description="changed: the row is not what was sealed, or not where it was. missing: the row"
        " or its seal is gone. unsealed: put in around the chain. head, anchor: the chain does not"
        " end, or begin, where it should."
    )
    id: int | None = Field(description="The row; null: only its seal is known.")
    seal: int | None


class AuditVerdict(Shown):
    """What verifying a stretch of the chain has found."""

    ok: bool
    checked: int
    next: int | None = Field(description="`after` of the next stretch; null: this was the last.")
    waiting: int = Field(description="Rows of the last moment, not sealed yet.")
    late: bool = Field(description="Some have waited so long that nobody seems to seal.")
    anchor: str = Field(description="The last seal that retention has removed, `number:hash`.")
    head: str = Field(description="The last seal, `number:hash`.")
    problems: list[AuditProblem]


class AuditWords(Shown):
    """Each word that stands in the list, once."""

    actors: list[str]
    verbs: list[str]
    subject_kinds: list[str]
