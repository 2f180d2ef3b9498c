"""What a change of a task would do, told before it is made. Pure.

The change itself is carried out in a transaction that is rolled back (`routes/tasks.py`), so that a
dry run meets every refusal that the real one would meet. Here its two sides are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Literal
from uuid import UUID

from services.api.tasks.definition import Definition, schedule_of
from services.api.tasks.schedule_views import fire_view
from services.api.tasks.upcoming import Coming, upcoming
from services.api.wire.texts import say
from shared.domain.blackout import Calendar
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language

#: Fires that are shown on each side.
SHOWN = 10
#: Fires are counted so far ahead ...
HORIZON = timedelta(days=7)
#: ... and at most so many on each side; `fires_counted_until` says how far that reached.
MOST_COUNTED = 2_000
#: A fire so soon after the change counts as "now".
NOW = timedelta(seconds=5)

Change = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A task before or after the change; None: there is no such task."""

    definition: Definition | None
    calendars: Sequence[Calendar] = ()
    """Those that its schedule keeps clear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """A task that the changed one is tied to."""

    id: UUID
    name: str
    relation: Literal["started_by_it", "waits_for_it", "starts_it"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What the database knows of the task."""

    task_id: UUID
    now: datetime
    queued: int = 0
    running: int = 0
    dependants: Sequence[Dependant] = ()


def plan_view(
    change: Change,
    before: Side,
    after: Side,
    impact: Impact,
    *,
    task: dict[str, Any] | None,
    language: Language,
) -> dict[str, Any]:
    """Return the answer to a dry run; *task* is the task as it would be shown."""
    lasting = _is_felt(before.definition, after.definition)
    queued = impact.queued if lasting else 0
    running = impact.running if lasting else 0
    added, removed, until = _difference(before, after, impact)
    now_fires = _fires_now(before, after, impact)
    taken_back = (_is_on(before) and not _is_on(after)) or after.definition is None
    sentence = _summary(
        change,
        queued=queued,
        taken_back=taken_back,
        running=running,
        fires={"added": added, "removed": removed},
        until=until if until < impact.now + HORIZON else None,
        now=now_fires,
    )
    return {
        "dry_run": True,
        "valid": True,
        "problems": [],
        "task": task,
        "fires_before": _shown(before, impact, language),
        "fires_after": _shown(after, impact, language),
        "fires_added": added,
        "fires_removed": removed,
        "fires_counted_until": format_instant(until),
        "queued_runs_affected": queued,
        "queued_runs_taken_back": queued if taken_back else 0,
        "running_runs_affected": running,
        "dependants": [
            {"id": str(each.id), "name": each.name, "relation": each.relation}
            for each in impact.dependants
        ],
        "fires_now": now_fires,
        "summary": "".join(say(code, language, params) for code, params in sentence),
    }


def _fires(side: Side, impact: Impact) -> Iterator[Coming]:
    if side.definition is None:
        return iter(())
    return upcoming(side.definition, impact.task_id, side.calendars, impact.now)


def _shown(side: Side, impact: Impact, language: Language) -> list[dict[str, Any]]:
    schedule = schedule_of(side.definition) if side.definition is not None else None
    if schedule is None:
        return []
    return [fire_view(fire, schedule, language) for fire in islice(_fires(side, impact), SHOWN)]


def _difference(before: Side, after: Side, impact: Impact) -> tuple[int, int, datetime]:
    """Return how many fires are added and removed, and up to when that was counted."""
    end = impact.now + HORIZON
    if _same_fires(before, after):
        return 0, 0, end
    sides = []
    for side in (before, after):
        within = takewhile(lambda fire: fire.at <= impact.now + HORIZON, _fires(side, impact))
        fires = [fire.at for fire in islice(within, MOST_COUNTED)]
        if len(fires) == MOST_COUNTED:
            end = min(end, fires[-1])
        sides.append(fires)
    old, new = ({at for at in fires if at <= end} for fires in sides)
    return len(new - old), len(old - new), end


def _same_fires(before: Side, after: Side) -> bool:
    return (
        before.definition is not None
        and after.definition is not None
        and before.definition.enabled == after.definition.enabled
        and before.definition.task_type == after.definition.task_type
        and before.definition.schedule_config == after.definition.schedule_config
        and before.definition.policy.blackout == after.definition.policy.blackout
    )


def _fires_now(before: Side, after: Side, impact: Impact) -> bool:
    """Return whether the change starts a run at once that would not have started anyway."""
    first = next(_fires(after, impact), None)
    if first is None or first.due > impact.now + NOW:
        return False
    old = next(_fires(before, impact), None)
    return old is None or old.at != first.at


def _is_felt(before: Definition | None, after: Definition | None) -> bool:
    """Return whether runs that wait or run notice: their task is gone, or is another one."""
    if before is None or after is None:
        return before is not after
    unfelt = replace(
        before,
        description=after.description,
        notify_on_success=after.notify_on_success,
        notify_on_failure=after.notify_on_failure,
        notify_recipients=after.notify_recipients,
        policy=before.policy.model_copy(update={"notify": after.policy.notify}),
    )
    return not unfelt.same_as(after)


def _is_on(side: Side) -> bool:
    return side.definition is not None and side.definition.enabled


def _summary(
    change: Change,
    *,
    queued: int,
    taken_back: bool,
    running: int,
    fires: dict[str, object],
    until: datetime | None,
    now: bool,
) -> list[tuple[str, dict[str, object]]]:
    """Return one sentence, in parts, as codes of texts with what fills them."""
    parts: list[tuple[str, dict[str, object]]] = [(f"dry_run.{change}", {})]
    if any(fires.values()) and until is not None:
        parts.append(("dry_run.fires_until", {**fires, "until": format_instant(until)}))
    elif any(fires.values()):
        parts.append(("dry_run.fires", fires))
    else:
        parts.append(("dry_run.same_fires", {}))
    if queued:
        code = "dry_run.queued_taken_back" if taken_back else "dry_run.queued_changed"
        parts.append((code, {"count": queued}))
    if running:
        parts.append(("dry_run.running", {"count": running}))
    parts.append(("dry_run.now" if now else "dry_run.not_now", {}))
    return parts
