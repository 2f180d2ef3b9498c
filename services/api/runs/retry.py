"""A run that ended is run again: with the parameters it had, or with others.

Of one that counts as dead this is the decision to requeue it (`dead_runs.py`), so that it does not
stay on the list of those that wait for somebody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pydantic

from services.api.access.known_tokens import Principal
from services.api.runs.ask import NewRun, add_new_runs, judge_params, new_run_id
from services.api.runs.dead_runs import REQUEUE, requeue
from services.api.runs.schemas import DeadRunRequeue, RunRetry
from services.api.secrets.allowed import Wished, require_allowed
from services.api.store import dead_runs as dead_store
from services.api.store import run_history, tasks
from services.api.store.run_history import History
from services.api.tasks.definition import Catalog
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.contracts.runs import Origin
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.occurrence import Outcome


def read_retry(document: Mapping[str, Any]) -> RunRetry:
    """Return how a run is to be run again.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        return RunRetry.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


def is_live(history: History) -> bool:
    """Return whether something may still come of a run."""
    if history.run is not None and history.run.final:
        return False
    ledger = history.ledger
    if ledger is None:
        return history.asked is not None
    return ledger.outcome == Outcome.FIRED and not ledger.settled


async def retry(
    connection: Connection, catalog: Catalog, run_id: UUID, wished: RunRetry, caller: Principal
) -> NewRun:
    """Ask for a run like one that ended; return the new one.

    Raises:
        NotFound: there is no such run.
        Refused: 409, it is live or its task is gone; 422, the parameters make no sense.
    """
    history = await run_history.find(connection, run_id)
    if history is None:
        raise NotFound("run", str(run_id))
    if is_live(history):
        raise Refused(409, "run.live")
    task = await tasks.get(connection, history.task_id)
    if task is None:
        raise Refused(409, "run.task_gone")
    origin = Origin(run_id=run_id)
    if await dead_store.get(connection, run_id) is not None:
        decided = await requeue(
            connection, catalog, run_id, DeadRunRequeue(params=wished.params, again=True), caller
        )
        new_id = decided.new_run_id or run_id
        return NewRun(run_id=new_id, task_id=task.id, trigger=REQUEUE, origin=origin)
    params = wished.params
    if params is not None:
        name = task.definition.task_action
        judge_params(name, params, catalog, "/params")
        asked = Wished("/params", catalog.get(name), params)
        await require_allowed(connection, [asked], caller.scopes)
    elif history.ledger is not None and history.ledger.params:
        params = json.loads(history.ledger.params)
    new = NewRun(
        run_id=new_run_id(), task_id=task.id, trigger=REQUEUE, params=params, origin=origin
    )
    await add_new_runs(connection, [new], {task.id: task.version}, requested_by=caller.name)
    return new
