"""Stops runs, and says truthfully what came of it.

The scheduler answers what it has committed: a run that had not begun never will; a live one is told
to stop. How that one ended, perhaps by itself a moment before it heard, is what its row says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pydantic

from services.api.access.known_tokens import Principal
from services.api.parts import ApiParts
from services.api.runs.schemas import MOST_AT_ONCE, RunsCancel
from services.api.store import audit, open_runs, runs
from services.api.tasks.dependencies import read_id
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.contracts.cancel import CancelItem, CancelState
from shared.contracts.runs import RunStatus
from shared.domain.errors import NotFound, Problem

#: Between two looks at a run that is being stopped, in seconds.
LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Stopped:
    """What came of the wish to stop a run: `cancelled`, `cancelling` (still) or `ended`."""

    run_id: UUID
    state: CancelState
    status: str | None
    """How it ended, if it has."""


def spell_reason(reason: str | None, by: str) -> str:
    """Return the reason as it is shown with the run: who, and why."""
    return f"{by}: {reason}" if reason else by


async def stop(parts: ApiParts, run_id: UUID, *, reason: str, seconds: float) -> Stopped:
    """Have one run stopped; wait up to *seconds* for the end of a live one.

    Raises:
        NotFound: there is no such run.
        Refused: 503, no scheduler answers; 409, the scheduler has not heard of the run yet.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while True:
        (item,) = await parts.scheduler.cancel([run_id], reason=reason)
        if item.state is not CancelState.UNKNOWN:
            break
        ended = await _unknown(parts, run_id)
        if ended is not None:
            return ended
        if clock() >= until:
            raise Refused(409, "run.on_its_way", headers={"Retry-After": "1"})
        await asyncio.sleep(LOOK_EVERY)
    if item.state is CancelState.CANCELLED:
        return Stopped(run_id, CancelState.CANCELLED, RunStatus.CANCELLED.value)
    if item.state is CancelState.ENDED:
        return Stopped(run_id, CancelState.ENDED, item.status or await _end_of(parts, run_id))
    while True:
        status = await _end_of(parts, run_id)
        if status is not None:
            stopped = status == RunStatus.CANCELLED
            state = CancelState.CANCELLED if stopped else CancelState.ENDED
            return Stopped(run_id, state, status)
        if clock() >= until:
            return Stopped(run_id, CancelState.CANCELLING, None)
        await asyncio.sleep(LOOK_EVERY)


async def _unknown(parts: ApiParts, run_id: UUID) -> Stopped | None:
    """Return what a run is that the ledger does not have; None: it is on its way there."""
    async with parts.database.connection() as connection:
        status = (await open_runs.ends_of(connection, [run_id])).get(run_id)
        if status is not None:
            return Stopped(run_id, CancelState.ENDED, status)
        if not await runs.is_known(connection, run_id):
            raise NotFound("run", str(run_id))
    return None


async def _end_of(parts: ApiParts, run_id: UUID) -> str | None:
    async with parts.database.connection() as connection:
        return (await open_runs.ends_of(connection, [run_id])).get(run_id)


async def note_wish(
    parts: ApiParts, caller: Principal, run_ids: Sequence[UUID], reason: str | None
) -> None:
    """Write down who wants runs to end, before the scheduler hears of it."""
    deeds = [audit.Deed(str(run_id), {"reason": reason}) for run_id in run_ids]
    async with parts.database.transaction() as connection:
        actor = audit.Actor.of(caller)
        await audit.note_many(connection, actor, "run.cancel_requested", "run", deeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which runs are to be stopped."""

    run_ids: tuple[UUID, ...] | None
    task_id: UUID | None
    queue: str | None
    waiting_only: bool
    reason: str | None


def read_choice_of_runs(document: Mapping[str, Any]) -> Choice:
    """Return which runs *document* names.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = RunsCancel.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    if (wished.run_ids is None) == (wished.task_id is None and wished.queue is None):
        raise refuse_fields([Problem("", "runs.choice")])
    task_id = read_id(wished.task_id)
    if wished.task_id is not None and task_id is None:
        raise refuse_fields([Problem("/task_id", "task.unknown")])
    return Choice(
        run_ids=None if wished.run_ids is None else read_run_ids(wished.run_ids),
        task_id=task_id,
        queue=wished.queue,
        waiting_only=wished.waiting_only,
        reason=wished.reason,
    )


def read_run_ids(texts: list[str]) -> tuple[UUID, ...]:
    """Return the runs that *texts* name, each once.

    Raises:
        Refused: one of them spells no id.
    """
    ids = [read_id(text) for text in texts]
    problems = [
        Problem(f"/run_ids/{index}", "run.not_found")
        for index, identity in enumerate(ids)
        if identity is None
    ]
    if problems:
        raise refuse_fields(problems)
    return tuple(dict.fromkeys(identity for identity in ids if identity))


async def stop_many(
    parts: ApiParts, choice: Choice, caller: Principal
) -> tuple[list[CancelItem], bool]:
    """Have the chosen runs stopped; return what came of each, and whether there are more.

    Raises:
        Refused: 503, no scheduler answers.
    """
    more = False
    ids = list(choice.run_ids or ())
    if choice.run_ids is None:
        async with parts.database.connection() as connection:
            ids = await open_runs.of(
                connection,
                task_id=choice.task_id,
                queue=choice.queue,
                waiting_only=choice.waiting_only,
                limit=MOST_AT_ONCE + 1,
            )
        more = len(ids) > MOST_AT_ONCE
        ids = ids[:MOST_AT_ONCE]
    if not ids:
        return [], False
    await note_wish(parts, caller, ids, choice.reason)
    reason = spell_reason(choice.reason, caller.name)
    items = await parts.scheduler.cancel(ids, reason=reason, waiting_only=choice.waiting_only)
    over = [each.run_id for each in items if each.state is CancelState.ENDED and not each.status]
    if over:
        async with parts.database.connection() as connection:
            ends = await open_runs.ends_of(connection, over)
        items = [
            each.model_copy(update={"status": ends[each.run_id]}) if each.run_id in ends else each
            for each in items
        ]
    return items, more
