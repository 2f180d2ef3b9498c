"""Runs are cancelled, one by one or many at once; the answer says what came of it."""

from __future__ import annotations

from typing import Annotated

import pydantic
from fastapi import Depends
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.runs import Cancelled, CancelledMany, may_take
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, RunId
from services.api.runs.cancel import (
    note_wish,
    read_choice_of_runs,
    spell_reason,
    stop,
    stop_many,
)
from services.api.runs.schemas import RunCancel, RunsCancel
from services.api.wire.answers import json_answer
from services.api.wire.body import Document, JsonBody, OptionalBody
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.strict_json import Limits

router = closed_router(BASE)

#: A thousand ids.
_MANY = Limits(size=128 * 1024)


@router.post(
    "/automation-runs/{run_id}/cancel", response_model=Cancelled, openapi_extra=may_take(RunCancel)
)
async def cancel_run(
    parts: Parts,
    caller: Caller,
    run_id: RunId,
    document: Annotated[Document, Depends(OptionalBody())],
) -> Response:
    """Cancel a run. Waits for the end of a live one, five seconds unless told otherwise.

    `cancelled`: it never ran, or was stopped. `ended`: it was over, or came to its end before it
    heard. `cancelling`: an executor has been told; ask for the run to see its end.
    """
    try:
        wished = RunCancel.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    await note_wish(parts, caller, [run_id], wished.reason)
    stopped = await stop(
        parts,
        run_id,
        reason=spell_reason(wished.reason, caller.name),
        seconds=wished.wait_seconds,
    )
    return json_answer(
        {"run_id": str(run_id), "state": stopped.state.value, "status": stopped.status}
    ).response()


@router.post(
    "/automation-runs/cancel", response_model=CancelledMany, openapi_extra=takes(RunsCancel)
)
async def cancel_runs(
    parts: Parts, caller: Caller, document: Annotated[Document, Depends(JsonBody(_MANY))]
) -> Response:
    """Cancel many runs: at most 1,000 by their ids, or those of a task or a queue. Never waits.

    `more` says that there are further ones: ask again.
    """
    choice = read_choice_of_runs(document.value)
    items, more = await stop_many(parts, choice, caller)
    return json_answer(
        {
            "items": [
                {"run_id": str(each.run_id), "state": each.state.value, "status": each.status}
                for each in items
            ],
            "more": more,
        }
    ).response()
