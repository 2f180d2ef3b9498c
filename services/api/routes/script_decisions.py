"""Scripts on their way from draft to approved, and out of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.runs import may_take
from services.api.documented.scripts import Script
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE
from services.api.routes.scripts import ScriptId, script_answer
from services.api.routes.tasks import IfMatch
from services.api.scripts import changes
from services.api.scripts.definition import Verb, read_decision
from services.api.scripts.schemas import ScriptDecision
from services.api.store.audit import Actor
from services.api.wire.answers import Answer
from services.api.wire.body import Document, OptionalBody
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection

router = closed_router(f"{BASE}/scripts/{{script_id}}")

_TAKES = may_take(ScriptDecision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decides on what, and what is said with it."""

    request: Request
    parts: ApiParts
    caller: Principal
    script_id: str
    document: Document
    if_match: str | None
    key: str | None

    async def carry_out(self, verb: Verb) -> Response:
        """Move the script on, or back."""
        comment = read_decision(self.document.value)

        async def act(connection: Connection) -> Answer:
            row = await changes.decide(
                connection,
                self.script_id,
                verb,
                comment,
                Actor.of(self.caller),
                if_match=self.if_match,
            )
            return await script_answer(connection, row)

        answer = await once(
            self.parts.database, self.request, self.caller, self.document.raw, act, key=self.key
        )
        return answer.response()


async def decision_of(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    script_id: ScriptId,
    document: Annotated[Document, Depends(OptionalBody())],
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Decision:
    """Dependency: what all decisions have in common."""
    return Decision(
        request=request,
        parts=parts,
        caller=caller,
        script_id=script_id,
        document=document,
        if_match=if_match,
        key=key,
    )


ADecision = Annotated[Decision, Depends(decision_of)]


@router.post("/submit", response_model=Script, openapi_extra=_TAKES)
async def submit_script(decision: ADecision) -> Response:
    """Hand the newest version in for review."""
    return await decision.carry_out("submit")


@router.post("/approve", response_model=Script, openapi_extra=_TAKES)
async def approve_script(decision: ADecision) -> Response:
    """Approve the newest version: it may be published."""
    return await decision.carry_out("approve")


@router.post("/reject", response_model=Script, openapi_extra=_TAKES)
async def reject_script(decision: ADecision) -> Response:
    """Send the newest version back."""
    return await decision.carry_out("reject")


@router.post("/disable", response_model=Script, openapi_extra=_TAKES)
async def disable_script(decision: ADecision) -> Response:
    """Publish nothing of it any more. What accounts have they keep."""
    return await decision.carry_out("disable")
