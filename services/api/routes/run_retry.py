"""Runs that ended are run again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.runs import Retried, may_take
from services.api.parts import Parts
from services.api.routes.caller import BASE, RunId
from services.api.runs.retry import read_retry, retry
from services.api.runs.schemas import RunRetry
from services.api.store import audit
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, OptionalBody
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection

router = closed_router(BASE)


@router.post(
    "/automation-runs/{run_id}/retry", response_model=Retried, openapi_extra=may_take(RunRetry)
)
async def retry_run(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    run_id: RunId,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Run again what ended, however it did: a new run, with the same parameters unless given.

    A run that had no parameters of its own takes those of its task as they are now. A live run is
    refused (409). Of a dead run this is its requeueing.
    """
    wished = read_retry(document.value)

    async def act(connection: Connection) -> Answer:
        new = await retry(connection, parts.catalog, run_id, wished, caller)
        after = {
            "run_id": str(new.run_id),
            "retry_of": str(run_id),
            "own_params": wished.params is not None,
        }
        actor = audit.Actor.of(caller)
        await audit.note(connection, actor, "run.requested", "task", str(new.task_id), after=after)
        return json_answer(
            {"run_id": str(new.run_id), "task_id": str(new.task_id), "retry_of": str(run_id)}
        )

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()
