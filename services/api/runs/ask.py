"""Asks the scheduler for runs: many at once, in messages of a size that the bus takes.

What is asked for is left in the outbox inside the caller's transaction and stays there until the
ledger has it (`insist.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import pydantic

from services.api.bus.announce import MOST_MESSAGE_BYTES, OUTBOX
from services.api.store import ledger, tasks
from services.api.tasks.definition import MOST_CONFIG_BYTES, Catalog, ConfigTooLarge, size_of
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.bus import topology
from shared.bus.publisher import Outgoing
from shared.contracts.policy import Overlap
from shared.contracts.runs import Origin, RunRequest, RunsRequested
from shared.db.pool import Connection
from shared.domain.errors import Problem
from shared.domain.occurrence import time_ordered
from shared.runtime import tracing

#: Runs in one message: about 100 KB if they have no parameters of their own.
RUNS_PER_MESSAGE = 500
#: All requests of one call together, encoded.
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that is to be asked for."""

    run_id: UUID
    task_id: UUID
    trigger: Literal["manual", "requeue", "backfill", "event"] = "manual"
    scheduled_for: datetime | None = None
    params: Mapping[str, Any] | None = None
    overlap: str | None = None
    origin: Origin | None = None
    not_before: datetime | None = None


def new_run_id() -> UUID:
    """Return an identifier for a run that has nothing to be known by but its request."""
    return time_ordered(uuid4(), datetime.now(UTC))


def judge_params(
    action_name: str, params: Mapping[str, Any], catalog: Catalog, pointer: str
) -> None:
    """Hold parameters against the action that is to take them.

    Raises:
        Refused: with everything that is wrong.
        ConfigTooLarge: they are larger than any run needs.
    """
    problems = params_problems(action_name, params, catalog, pointer)
    if problems:
        raise refuse_fields(problems)


def params_problems(
    action_name: str, params: Mapping[str, Any], catalog: Catalog, pointer: str
) -> list[Problem]:
    """Return what is wrong with parameters for an action.

    Raises:
        ConfigTooLarge: they are larger than any run needs.
    """
    if size_of(params) > MOST_CONFIG_BYTES:
        raise ConfigTooLarge("params")
    action = catalog.get(action_name)
    if action is None:
        return [Problem(pointer, "action.unknown", {"known": ", ".join(catalog)})]
    try:
        action.params.model_validate(dict(params))
    except pydantic.ValidationError as error:
        return [problem.under(pointer) for problem in problems_of(error)]
    return []


async def add_new_runs(
    connection: Connection,
    runs: Sequence[NewRun],
    versions: Mapping[UUID, int],
    *,
    requested_by: str,
    key: str | None = None,
    by_hand: bool = False,
) -> list[str]:
    """Ask for runs; return the queues of those that were let go at once, for a hint.

    Only runs *by_hand* are, and only those that need no rule. The requests for the others are left
    in the outbox; under *key* they are published in this order.

    Raises:
        Refused: 413, they are too large together.
    """
    if not runs:
        return []
    requests = _requests(runs, versions, requested_by, await tasks.now(connection))
    queues: dict[UUID, str] = {}
    if by_hand:
        plain = [each for each in requests if each.overlap is None]
        queues = await ledger.enter(connection, plain, requested_by)
    for message in _messages([each for each in requests if each.run_id not in queues]):
        spelled = "".join(str(each.run_id) for each in message.requests)
        identity = f"runs:{hashlib.sha256(spelled.encode()).hexdigest()[:32]}"
        await OUTBOX.add(
            connection,
            key or identity,
            Outgoing(topology.RUN_REQUEST_API, message.encode(), identity),
            awaits=[each.run_id for each in message.requests],
        )
    return list(queues.values())


def _requests(
    runs: Sequence[NewRun], versions: Mapping[UUID, int], requested_by: str, now: datetime
) -> list[RunRequest]:
    return [
        RunRequest(
            run_id=run.run_id,
            task_id=run.task_id,
            # Apart by a microsecond each: so they keep their order wherever it is read off later.
            requested_at=now - timedelta(microseconds=len(runs) - 1 - place),
            requested_by=requested_by,
            version=versions[run.task_id],
            trigger=run.trigger,
            scheduled_for=run.scheduled_for,
            params=None if run.params is None else dict(run.params),
            overlap=None if run.overlap is None else Overlap(run.overlap),
            origin=run.origin,
            not_before=run.not_before,
            traceparent=tracing.header(),
        )
        for place, run in enumerate(runs)
    ]


def _messages(requests: Sequence[RunRequest]) -> Iterator[RunsRequested]:
    """Yield the requests in messages that the bus takes.

    Raises:
        Refused: 413, they are too large together.
    """
    batch: list[RunRequest] = []
    size = total = 0
    for request in requests:
        bytes_ = _size(request)
        total += bytes_
        if total > MOST_BYTES:
            raise Refused(413, "runs.too_large", params={"limit": MOST_BYTES})
        if batch and (len(batch) == RUNS_PER_MESSAGE or size + bytes_ > MOST_MESSAGE_BYTES):
            yield RunsRequested(requests=tuple(batch))
            batch, size = [], 0
        batch.append(request)
        size += bytes_
    if batch:
        yield RunsRequested(requests=tuple(batch))


def _size(request: RunRequest) -> int:
    # Only what a caller sent can be large; spelling out thousands of plain requests twice costs.
    large = request.params or (request.origin and request.origin.event)
    return 400 + (len(request.model_dump_json().encode()) if large else 0)
