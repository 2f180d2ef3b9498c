"""Many runs asked for in one call: all of them, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import pydantic

from services.api.access.known_tokens import Principal
from services.api.runs.ask import NewRun, add_new_runs, new_run_id, params_problems
from services.api.secrets.allowed import Wished, require_allowed
from services.api.store import audit, tasks
from services.api.tasks.definition import Catalog
from services.api.tasks.dependencies import read_id
from services.api.tasks.schemas import RunNow, RunsCreate, RunsItem
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import Problem
from shared.domain.occurrence import run_id_for

MOST_RUNS = 10_000

MANUAL = "manual"


class Asked(NamedTuple):
    """Runs that were asked for."""

    run_ids: list[UUID]
    let_go: list[str]
    """The queues of those that are let go on commit; executors get a hint then."""


class Wish(NamedTuple):
    """One run to be asked for."""

    item: int
    """Its place in the caller's list."""
    run: NewRun


def read_run_now(document: Mapping[str, Any]) -> RunNow:
    """Return how one run is to differ from what its task says.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        return RunNow.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


def read_runs(document: Mapping[str, Any], key: str | None) -> list[Wish]:
    """Return the runs that *document* asks for; *key* makes their ids repeatable.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = RunsCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    problems: list[Problem] = []
    if sum(item.count for item in wished.runs) > MOST_RUNS:
        problems.append(Problem("/runs", "runs.too_many", {"limit": MOST_RUNS}))
    found: list[Wish] = []
    for index, item in enumerate(wished.runs):
        task_id = read_id(item.task_id)
        if task_id is None:
            problems.append(Problem(f"/runs/{index}/task_id", "task.unknown"))
        elif not problems:
            found += _of_item(index, item, task_id, key)
    if problems:
        raise refuse_fields(problems)
    return found


def _of_item(index: int, item: RunsItem, task_id: UUID, key: str | None) -> list[Wish]:
    """Return the runs of one item.

    A single run under an item's own key is the run that `POST …/run` gives under that key.
    """
    own = item.idempotency_key or (f"{key}#{index}" if key else None)
    if own is None:
        ids = [new_run_id() for _ in range(item.count)]
    else:
        moments = [own] if item.count == 1 else [f"{own}#{number}" for number in range(item.count)]
        ids = [run_id_for(str(task_id), MANUAL, each) for each in moments]
    return [
        Wish(
            index,
            NewRun(run_id=run_id, task_id=task_id, params=item.params, overlap=item.overlap),
        )
        for run_id in ids
    ]


async def add_requests(
    connection: Connection, wished: Sequence[Wish], catalog: Catalog, caller: Principal
) -> Asked:
    """Ask for the runs, and note who did.

    Raises:
        Refused: one of the tasks does not exist, or does not take the parameters.
        ConfigTooLarge: some parameters are too large.
    """
    known = await tasks.versions(connection, list({wish.run.task_id for wish in wished}))
    unknown = sorted({wish.item for wish in wished if wish.run.task_id not in known})
    if unknown:
        raise refuse_fields([Problem(f"/runs/{each}/task_id", "task.unknown") for each in unknown])
    await _judge_params(connection, wished, catalog, caller)
    runs = [wish.run for wish in wished]
    let_go = await add_new_runs(connection, runs, known, requested_by=caller.name, by_hand=True)
    counts = Counter(str(wish.run.task_id) for wish in wished)
    deeds = [audit.Deed(task, {"runs": count}) for task, count in counts.items()]
    actor = audit.Actor.of(caller)
    await audit.note_many(connection, actor, "run.requested", "task", deeds)
    return Asked([each.run_id for each in runs], let_go)


async def _judge_params(
    connection: Connection, wished: Sequence[Wish], catalog: Catalog, caller: Principal
) -> None:
    first = {wish.item: wish.run for wish in reversed(wished) if wish.run.params is not None}
    if not first:
        return
    actions = await tasks.actions(connection, list({run.task_id for run in first.values()}))
    problems = [
        problem
        for item, run in sorted(first.items())
        for problem in params_problems(
            actions.get(run.task_id, ""), run.params or {}, catalog, f"/runs/{item}/params"
        )
    ]
    if problems:
        raise refuse_fields(problems)
    asked = [
        Wished(
            f"/runs/{item}/params",
            catalog.get(actions.get(run.task_id, "")),
            run.params or {},
        )
        for item, run in sorted(first.items())
    ]
    await require_allowed(connection, asked, caller.scopes)
