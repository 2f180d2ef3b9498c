"""Many runs asked for in one call: all of them, or none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pydantic

from services.api.announce import OUTBOX
from services.api.dependencies import read_id
from services.api.problems import refuse_fields
from services.api.schemas import RunsCreate, RunsItem
from services.api.shape import problems_of
from services.api.store import tasks
from shared.bus import topology
from shared.bus.publisher import Outgoing
from shared.contracts.runs import RunRequest, RunsRequested
from shared.db.pool import Connection
from shared.domain.errors import Problem
from shared.domain.occurrence import run_id_for

MOST_RUNS = 10_000
#: Runs in one message: about 100 KB, well below what the server takes.
RUNS_PER_MESSAGE = 500

MANUAL = "manual"


class Wish(NamedTuple):
    """One run to be asked for."""

    item: int
    """Its place in the caller's list."""
    task_id: UUID
    run_id: UUID


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
        return [Wish(index, task_id, uuid4()) for _ in range(item.count)]
    moments = [own] if item.count == 1 else [f"{own}#{number}" for number in range(item.count)]
    return [Wish(index, task_id, run_id_for(str(task_id), MANUAL, each)) for each in moments]


async def add_requests(
    connection: Connection, wished: Sequence[Wish], *, requested_by: str
) -> list[UUID]:
    """Leave the requests in the outbox; return the ids of the runs.

    Raises:
        Refused: one of the tasks does not exist.
    """
    known = await tasks.versions(connection, list({wish.task_id for wish in wished}))
    unknown = sorted({wish.item for wish in wished if wish.task_id not in known})
    if unknown:
        raise refuse_fields([Problem(f"/runs/{each}/task_id", "task.unknown") for each in unknown])
    now = await tasks.now(connection)
    requests = [
        RunRequest(
            run_id=wish.run_id,
            task_id=wish.task_id,
            requested_at=now,
            requested_by=requested_by,
            version=known[wish.task_id],
        )
        for wish in wished
    ]
    for start in range(0, len(requests), RUNS_PER_MESSAGE):
        message = RunsRequested(requests=tuple(requests[start : start + RUNS_PER_MESSAGE]))
        spelled = "".join(str(each.run_id) for each in message.requests)
        identity = f"runs:{hashlib.sha256(spelled.encode()).hexdigest()[:32]}"
        await OUTBOX.add(
            connection,
            identity,
            Outgoing(topology.RUN_REQUEST_API, message.encode(), identity),
            awaits=[each.run_id for each in message.requests],
        )
    return [wish.run_id for wish in wished]
