"""Dead runs are tried anew or discarded: one decision each, unless it is asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pydantic

from services.api.access.known_tokens import Principal
from services.api.runs.ask import NewRun, add_new_runs, judge_params
from services.api.runs.cancel import read_run_ids
from services.api.runs.schemas import DeadRunRequeue, DeadRunsChoice, DeadRunsRequeue
from services.api.secrets.allowed import Wished, require_allowed
from services.api.store import dead_runs as store
from services.api.store import tasks
from services.api.tasks.definition import Catalog
from services.api.tasks.dependencies import read_id
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.contracts.runs import Origin
from shared.db.pool import Connection
from shared.domain.errors import NotFound, Problem
from shared.domain.occurrence import run_id_for

REQUEUE: Final = "requeue"


@dataclass(frozen=True, slots=True)
class Decided:
    """What stands about a dead run."""

    run_id: UUID
    state: str
    new_run_id: UUID | None = None
    already: bool = False

    def view(self) -> dict[str, Any]:
        """Return it as the contract shows it."""
        return {
            "run_id": str(self.run_id),
            "state": self.state,
            "new_run_id": str(self.new_run_id) if self.new_run_id else None,
            "already": self.already,
        }


def read_requeue(document: Mapping[str, Any]) -> DeadRunRequeue:
    """Return how a dead run is to be tried anew.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        return DeadRunRequeue.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


@dataclass(frozen=True, slots=True)
class Choice:
    """Dead runs to be decided about: by their ids, or those of a task."""

    run_ids: tuple[UUID, ...] | None
    task_id: UUID | None
    params: dict[str, Any] | None = None


def read_choice(document: Mapping[str, Any], model: type[DeadRunsChoice]) -> Choice:
    """Return the dead runs, or the task, that *document* names.

    Raises:
        Refused: it names neither, or both.
    """
    try:
        wished = model.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    params = wished.params if isinstance(wished, DeadRunsRequeue) else None
    if (wished.run_ids is None) == (wished.task_id is None):
        raise refuse_fields([Problem("", "dead_runs.choice")])
    if wished.run_ids is not None:
        return Choice(read_run_ids(wished.run_ids), None, params)
    task_id = read_id(wished.task_id)
    if task_id is None:
        raise refuse_fields([Problem("/task_id", "task.unknown")])
    return Choice(None, task_id, params)


async def requeue(
    connection: Connection,
    catalog: Catalog,
    run_id: UUID,
    wished: DeadRunRequeue,
    caller: Principal,
) -> Decided:
    """Ask for a run in the stead of a dead one; of one that was requeued before, say which.

    Raises:
        NotFound: no such run died.
        Refused: 409, it was discarded or its task is gone; 422, the parameters make no sense.
    """
    by = caller.name
    dead = await _dead(connection, run_id)
    task = await tasks.get(connection, dead.task_id)
    if task is None:
        raise Refused(409, "dead_run.task_gone")
    if wished.params is not None:
        name = task.definition.task_action
        judge_params(name, wished.params, catalog, "/params")
        asked = Wished("/params", catalog.get(name), wished.params)
        await require_allowed(connection, [asked], caller.scopes)
    times = 1
    if not await store.decide(connection, [run_id], store.REQUEUED, by=by):
        before = await _dead(connection, run_id)
        if not wished.again and before.state == store.DISCARDED:
            raise Refused(409, "dead_run.discarded")
        if not wished.again:
            return Decided(run_id, before.state, before.new_run_id, already=True)
        times = await store.requeue_again(connection, run_id, by=by)
    params = wished.params
    if params is None:
        kept = (await store.params_of(connection, [run_id])).get(run_id)
        params = json.loads(kept) if kept else None
    new = _new_run(run_id, dead.task_id, times, params)
    await add_new_runs(connection, [new], {dead.task_id: task.version}, requested_by=by)
    await store.note_new_runs(connection, [(run_id, new.run_id)])
    return Decided(run_id, store.REQUEUED, new.run_id)


async def requeue_many(
    connection: Connection,
    run_ids: Sequence[UUID],
    params: dict[str, Any] | None,
    catalog: Catalog,
    caller: Principal,
) -> list[Decided]:
    """Ask for a run in the stead of each that is open; return those, in the order asked.

    Raises:
        Refused: 422, *params* make no sense for the task of one of them.
    """
    decided = await store.decide(connection, run_ids, store.REQUEUED, by=caller.name)
    chosen = [run_id for run_id in run_ids if run_id in decided]
    task_of = await store.tasks_of(connection, chosen)
    if params is None:
        kept = await store.params_of(connection, chosen)
        given = {run_id: json.loads(text) for run_id, text in kept.items()}
    else:
        await _judge_for_all(connection, set(task_of.values()), params, catalog, caller)
        given = dict.fromkeys(chosen, params)
    versions = await tasks.versions(connection, list(set(task_of.values())))
    new = [
        _new_run(run_id, task_of[run_id], 1, given.get(run_id))
        for run_id in chosen
        if task_of[run_id] in versions
    ]
    await add_new_runs(connection, new, versions, requested_by=caller.name)
    pairs = [(each.origin.run_id, each.run_id) for each in new if each.origin]
    paired = [(dead, fresh) for dead, fresh in pairs if dead is not None]
    await store.note_new_runs(connection, paired)
    return [Decided(dead, store.REQUEUED, fresh) for dead, fresh in paired]


async def discard(connection: Connection, run_id: UUID, *, by: str) -> Decided:
    """Note that nothing is to be done about a dead run.

    Raises:
        NotFound: no such run died.
        Refused: 409, it was requeued.
    """
    await _dead(connection, run_id)
    if await store.decide(connection, [run_id], store.DISCARDED, by=by):
        return Decided(run_id, store.DISCARDED)
    before = await _dead(connection, run_id)
    if before.state == store.REQUEUED:
        raise Refused(409, "dead_run.requeued")
    return Decided(run_id, store.DISCARDED, already=True)


async def discard_many(
    connection: Connection, run_ids: Sequence[UUID], caller: Principal
) -> list[Decided]:
    """Discard those that are open; return them, in the order asked."""
    decided = await store.decide(connection, run_ids, store.DISCARDED, by=caller.name)
    return [Decided(run_id, store.DISCARDED) for run_id in run_ids if run_id in decided]


async def _judge_for_all(
    connection: Connection,
    task_ids: Iterable[UUID],
    params: dict[str, Any],
    catalog: Catalog,
    caller: Principal,
) -> None:
    """Hold parameters against the action of each task."""
    found = [await tasks.get(connection, task_id) for task_id in sorted(task_ids)]
    for name in sorted({row.definition.task_action for row in found if row is not None}):
        judge_params(name, params, catalog, "/params")
        asked = Wished("/params", catalog.get(name), params)
        await require_allowed(connection, [asked], caller.scopes)


def _new_run(run_id: UUID, task_id: UUID, times: int, params: dict[str, Any] | None) -> NewRun:
    return NewRun(
        run_id=run_id_for(str(task_id), REQUEUE, f"{run_id}:{times}"),
        task_id=task_id,
        trigger=REQUEUE,
        params=params,
        origin=Origin(run_id=run_id),
    )


async def _dead(connection: Connection, run_id: UUID) -> store.DeadRunRow:
    row = await store.get(connection, run_id)
    if row is None:
        raise NotFound("dead_run", str(run_id))
    return row
