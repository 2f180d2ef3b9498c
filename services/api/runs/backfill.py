"""A backfill: the fires of a past range are run again, each as a run of its own.

The fires are those of the schedule as it is now, computed as the scheduler computes them: without
those in the blackouts of its calendars, unless they are asked for, too. A person asks for it, so a
blackout that holds at this moment is no obstacle. The runs' ids follow from the backfill's, so that
asking twice cannot start one twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

import pydantic

from services.api.parts import ApiParts
from services.api.runs.ask import NewRun, add_new_runs
from services.api.runs.cancel import spell_reason
from services.api.runs.schemas import BackfillCreate
from services.api.store import backfills as store
from services.api.store.audit import Actor, note
from services.api.store.tasks import TaskRow
from services.api.tasks.definition import schedule_of
from services.api.tasks.upcoming import upcoming
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.contracts.cancel import CancelState
from shared.contracts.runs import Origin
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant, parse_instant
from shared.domain.occurrence import run_id_for
from shared.domain.schedule import fires

BACKFILL = "backfill"
MOST_FIRES = 10_000
#: Looks at runs that are on their way to the scheduler while their backfill is cancelled.
ROUNDS = 10
ROUND_SECONDS = 0.2

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What is to be run again."""

    first_at: datetime
    last_at: datetime
    overlap: str
    ignore_blackout: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What came of the wish to cancel a backfill, in runs."""

    cancelled: int
    cancelling: int
    left: int


def read_range(document: Mapping[str, Any]) -> Range:
    """Return the range that *document* asks for.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = BackfillCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    problems: list[Problem] = []
    first, last = (
        _read_instant(name, text, problems)
        for name, text in (("from", wished.first), ("to", wished.last))
    )
    if first is not None and last is not None and first >= last:
        problems.append(Problem("/to", "backfill.order"))
    if problems or first is None or last is None:
        raise refuse_fields(problems)
    return Range(
        first_at=first,
        last_at=last,
        overlap=wished.overlap,
        ignore_blackout=wished.ignore_blackout,
        dry_run=wished.dry_run,
    )


def fires_of(task: TaskRow, wished: Range) -> tuple[list[datetime], int]:
    """Return the fires of a task in a range, oldest first, and how many a blackout left out.

    Raises:
        Refused: the range lies in the future, has no fire or too many, or lies in a blackout; or
            there is no schedule.
    """
    schedule = schedule_of(task.definition)
    if schedule is None:
        raise refuse_fields([Problem("", "backfill.no_schedule")])
    if wished.last_at > task.now:
        raise refuse_fields([Problem("/to", "backfill.future")])
    after = max(wished.first_at, datetime.min.replace(tzinfo=wished.first_at.tzinfo) + _MICROSECOND)
    # One more than allowed, so that too many can be told from just enough.
    found = fires(schedule, after - _MICROSECOND, MOST_FIRES + 1)
    within = [fire.at for fire in found if fire.at < wished.last_at]
    if not within:
        raise refuse_fields([Problem("/from", "backfill.empty")])
    if len(within) > MOST_FIRES:
        raise refuse_fields([Problem("/from", "backfill.too_many", {"limit": MOST_FIRES})])
    if wished.ignore_blackout or task.definition.policy.blackout is None:
        return within, 0
    running = replace(task.definition, enabled=True)
    coming = upcoming(running, task.id, task.calendars, after - _MICROSECOND)
    clear = [fire.at for fire in takewhile(lambda fire: fire.at < wished.last_at, coming)]
    if not clear:
        raise refuse_fields([Problem("/from", "backfill.blackout")])
    return clear, len(within) - len(clear)


async def start(
    connection: Connection,
    backfill_id: UUID,
    task: TaskRow,
    wished: Range,
    instants: Sequence[datetime],
    *,
    by: str,
) -> None:
    """Store a backfill and ask for its runs, oldest first."""
    runs = [
        NewRun(
            run_id=run_id_for(str(task.id), f"{BACKFILL}:{backfill_id}", format_instant(at)),
            task_id=task.id,
            trigger="backfill",
            scheduled_for=at,
            overlap=wished.overlap,
            origin=Origin(backfill_id=backfill_id),
        )
        for at in instants
    ]
    await store.insert(
        connection,
        backfill_id,
        task.id,
        first_at=wished.first_at,
        last_at=wished.last_at,
        overlap=wished.overlap,
        run_ids=[run.run_id for run in runs],
        created_by=by,
    )
    await add_new_runs(
        connection, runs, {task.id: task.version}, requested_by=by, key=_key(backfill_id)
    )


async def cancel(
    parts: ApiParts, backfill_id: UUID, *, running_too: bool, reason: str | None, actor: Actor
) -> Cancelled:
    """Take back what has not begun, and stop what has if it is wanted.

    What is on its way to the scheduler is waited for a moment; `left` tells what did not arrive.

    Raises:
        Refused: 503, no scheduler answers; the backfill is marked, ask again.
    """
    async with parts.database.transaction() as connection:
        await store.cancel(connection, backfill_id, _key(backfill_id), by=actor.name)
        after = {"running_too": running_too, "reason": reason}
        await note(
            connection, actor, "backfill.cancelled", "backfill", str(backfill_id), after=after
        )
    came_of: Counter[CancelState] = Counter()
    asked_already: set[UUID] = set()
    left = 0
    for round_ in range(ROUNDS):
        if round_:
            await asyncio.sleep(ROUND_SECONDS)
        async with parts.database.connection() as connection:
            standing = await store.standing(connection, backfill_id)
        wanted = {store.WAITING, store.RUNNING} if running_too else {store.WAITING}
        there = [
            run_id
            for run_id, how in standing.items()
            if how in wanted and run_id not in asked_already
        ]
        # The newest first: what waits behind another is taken back before it could begin.
        items = await parts.scheduler.cancel(
            there[::-1], reason=spell_reason(reason, actor.name), waiting_only=not running_too
        )
        asked_already.update(there)
        came_of.update(item.state for item in items)
        left = sum(how == store.ASKED for how in standing.values())
        if not left:
            break
    return Cancelled(came_of[CancelState.CANCELLED], came_of[CancelState.CANCELLING], left)


def state_of(row: store.BackfillRow, counts: Mapping[str, int]) -> str:
    """Return how a backfill stands as a whole."""
    if row.cancelled_at is not None:
        return "cancelled"
    going = counts.keys() & {store.ASKED, store.WAITING, store.RUNNING}
    return "running" if going else "done"


def backfill_view(row: store.BackfillRow) -> dict[str, Any]:
    """Return a backfill as the contract shows it."""
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "from": format_instant(row.first_at),
        "to": format_instant(row.last_at),
        "overlap": row.overlap,
        "fires": row.fires,
        "created_at": format_instant(row.created_at),
        "created_by": row.created_by,
        "cancelled_at": format_instant(row.cancelled_at) if row.cancelled_at else None,
        "cancelled_by": row.cancelled_by,
    }


def _read_instant(name: str, text: str, problems: list[Problem]) -> datetime | None:
    try:
        return parse_instant(text)
    except InvalidDefinition as error:
        problems += (problem.under(f"/{name}") for problem in error.problems)
        return None


def _key(backfill_id: UUID) -> str:
    """Return the key of a backfill's messages: published one after the other."""
    return f"{BACKFILL}:{backfill_id}"
