"""Triggers: tried on events without starting anything, and events replayed for one task."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.events import Replayed, TriggerTested
from services.api.documented.tasks import takes
from services.api.events.rehearsal import Played, matching, played
from services.api.events.replay import identities, runs_to_ask_for
from services.api.events.schemas import TriggerReplay, TriggerTest
from services.api.events.stream import Look
from services.api.events.trying import (
    MOST_TRIED,
    events_to_try,
    read_wish,
    tried,
    trigger_of,
    window_of,
    window_view,
)
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE, TaskId
from services.api.runs.ask import add_new_runs
from services.api.store import audit
from services.api.store import events as event_store
from services.api.store import tasks as store
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, NotFound, Problem
from shared.domain.instant import format_instant, parse_instant
from shared.domain.trigger import Trigger
from shared.domain.triggering.records import Watched

router = closed_router(f"{BASE}/automation-tasks/{{task_id}}/trigger")

MOST_REPLAYED = 1_000


@router.post("/test", response_model=TriggerTested, openapi_extra=takes(TriggerTest))
async def test_trigger(parts: Parts, task_id: TaskId, document: JsonDocument) -> Response:
    """Try a trigger, of the task or given here, on one event or on the last that are stored.

    Starts nothing. Tells of each clause whether it matches and what it saw, and what the trigger
    would have made of the last 24 hours.
    """
    wished = read_wish(TriggerTest, document.value)
    row = await _task(parts, task_id)
    trigger = _trigger(wished.trigger_config, row)
    events = await events_to_try(parts, wished.event, wished.last, row.now)
    told = await tried(parts.conditions, trigger, events, task_id)
    day = await window_of(parts, trigger, task_id, row.now, 24)
    return json_answer({"events": told, "last_24_hours": window_view(day)}).response()


@router.post(
    "/replay", status_code=202, response_model=Replayed, openapi_extra=takes(TriggerReplay)
)
async def replay_events(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Let the stored events of a range run through the task's trigger once more.

    It fires what a rehearsal of the range says: with thresholds, keys, limits, batches and waits,
    beginning with nothing remembered; what is still waiting at the end of the range does not fire.
    Starts keep the throttle from now on. What has run already, when its event came or in a replay
    before, does not run again, so the same range replayed twice fires once; `again` says otherwise.
    """
    wished, earliest, latest = _range(document.value)
    row = await _task(parts, task_id)
    trigger = _trigger(None, row)
    look = await parts.events.between(trigger.subject, earliest, latest, most=MOST_TRIED)
    found = await matching(parts.conditions, trigger, look.events, task_id)
    watched = Watched(task_id, row.version, trigger)
    # Silence is told of the past only.
    would = await played(watched, found, earliest, min(latest, row.now))
    _refuse_too_many(look, would)

    async def act(connection: Connection) -> Answer:
        ids = [each for firing in would.firings for each in identities(task_id, firing)]
        known = await event_store.entered(connection, ids)
        new = runs_to_ask_for(row, trigger, would.firings, known, again=wished.again)
        versions = await store.versions(connection, [task_id])
        if not versions:
            raise NotFound("task", str(task_id))
        await add_new_runs(connection, new, versions, requested_by=caller.name)
        await _note_replay(connection, caller, task_id, earliest, latest, runs=len(new))
        return json_answer(
            {
                "events": len(look.events),
                "matches": len(found),
                "fired": len(would.firings),
                "already_fired": len(would.firings) - len(new),
                "run_ids": [str(run.run_id) for run in new],
            },
            202,
        )

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


async def _note_replay(
    connection: Connection,
    caller: Principal,
    task_id: UUID,
    earliest: datetime,
    latest: datetime,
    *,
    runs: int,
) -> None:
    after = {"from": format_instant(earliest), "to": format_instant(latest), "runs": runs}
    actor = audit.Actor.of(caller)
    await audit.note(connection, actor, "trigger.replayed", "task", str(task_id), after=after)


def _refuse_too_many(look: Look, would: Played) -> None:
    if not (look.complete and would.complete):
        raise refuse_fields([Problem("/to", "replay.too_long", {"limit": MOST_TRIED})])
    if len(would.firings) > MOST_REPLAYED:
        raise refuse_fields([Problem("/to", "replay.too_long", {"limit": MOST_REPLAYED})])


def _range(document: Mapping[str, Any]) -> tuple[TriggerReplay, datetime, datetime]:
    wished = read_wish(TriggerReplay, document)
    problems: list[Problem] = []
    found: list[datetime] = []
    for name, text in (("from", wished.earliest), ("to", wished.latest)):
        try:
            found.append(parse_instant(text))
        except InvalidDefinition as error:
            problems += (each.under(f"/{name}") for each in error.problems)
    if not problems and found[0] >= found[1]:
        problems.append(Problem("/to", "replay.range"))
    if problems:
        raise refuse_fields(problems)
    return wished, found[0], found[1]


async def _task(parts: ApiParts, task_id: UUID) -> store.TaskRow:
    async with parts.database.connection() as connection:
        row = await store.get(connection, task_id)
    if row is None:
        raise NotFound("task", str(task_id))
    return row


def _trigger(given: Mapping[str, Any] | None, row: store.TaskRow) -> Trigger:
    """Return the trigger that is meant: the one given, else the task's."""
    config = given if given is not None else row.definition.trigger_config
    return trigger_of(config or {})
