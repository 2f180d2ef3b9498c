"""What becomes of a replay: the firings of a range of stored events, turned into runs to ask for.

Pure. A firing is told from the task's other firings by its moment: the event that completed it, or
the silence that it is. So the same range, replayed twice, starts each run once; and what has run
already, when the event came or in a replay before, does not run again unless that is asked for.

A firing that stands in the ledger with a reason why it did not run (its limit was reached, the task
was off) keeps that row; its replay is a run of its own beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.api.runs.ask import NewRun, new_run_id
from services.api.store.tasks import TaskRow
from shared.contracts.runs import Origin
from shared.domain.occurrence import Outcome, run_id_for
from shared.domain.trigger import Trigger
from shared.domain.trigger_template import mapped_params
from shared.domain.triggering.records import Firing, Watched
from shared.domain.triggering.rehearsal import paced

EVENT: Final = "event"
REPLAY: Final = "replay"


def identities(task_id: UUID, firing: Firing) -> tuple[UUID, UUID]:
    """Return the run of *firing*, and the one that takes its place if that did not run."""
    return (
        run_id_for(str(task_id), EVENT, firing.moment),
        run_id_for(str(task_id), REPLAY, firing.moment),
    )


def runs_to_ask_for(
    row: TaskRow,
    trigger: Trigger,
    firings: Sequence[Firing],
    outcomes: Mapping[UUID, str],
    *,
    again: bool,
) -> list[NewRun]:
    """Return the runs that are new, given the *outcomes* of what is in the ledger.

    *again*: all of them are.
    """
    chosen: dict[UUID, Firing] = {}
    for firing in firings:
        run_id = new_run_id() if again else _free(row.id, firing, outcomes)
        if run_id is not None:
            chosen.setdefault(run_id, firing)
    started = paced(Watched(row.id, row.version, trigger), chosen.values(), row.now)
    return [
        _run(run_id, row, trigger, firing, row.now)
        for run_id, firing in zip(chosen, started, strict=True)
    ]


def _free(task_id: UUID, firing: Firing, outcomes: Mapping[UUID, str]) -> UUID | None:
    for run_id in identities(task_id, firing):
        if run_id not in outcomes:
            return run_id
        if outcomes[run_id] == Outcome.FIRED:
            return None
    return None


def _run(run_id: UUID, row: TaskRow, trigger: Trigger, firing: Firing, now: datetime) -> NewRun:
    later = firing.not_before
    return NewRun(
        run_id=run_id,
        task_id=row.id,
        trigger=EVENT,
        params=mapped_params(trigger.map, firing.event, row.definition.action_config),
        origin=Origin(event=dict(firing.event), causes=firing.causes),
        not_before=later if later and later > now else None,
    )
