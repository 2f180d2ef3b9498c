"""Runs that wait and runs that are live, and what admission decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.scheduler.admission import decide
from services.scheduler.waiting import (
    Admit,
    Candidate,
    Conflict,
    Decision,
    Live,
    Situation,
)
from shared.contracts.policy import Concurrency, Overlap, TaskPolicy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TASK, OTHER = UUID(int=1), UUID(int=2)
ADMIT = Admit()


def run(number: int) -> UUID:
    return UUID(int=1000 + number)


def waiting(
    number: int,
    *,
    task: UUID = TASK,
    due: float = 0,
    overlap: Overlap = Overlap.ALLOW_ALL,
    **fields: Any,  # noqa: ANN401 - whatever a candidate takes
) -> Candidate:
    """Return a run that has been due for some seconds."""
    policy = fields.pop("policy", {})
    due_at = NOW - due * SECOND
    values: dict[str, Any] = {
        "queue": "default",
        "priority": 3,
        "trigger": "schedule",
        "scheduled_for": due_at,
        **fields,
    }
    return Candidate(
        run_id=run(number),
        task_id=task,
        due_at=due_at,
        overlap=overlap,
        policy=TaskPolicy(**policy),
        **values,
    )


def live(number: int, *, task: UUID = TASK, since: float = 10, **fields: Any) -> Live:  # noqa: ANN401 - as above
    return Live(run_id=run(number), task_id=task, since=NOW - since * SECOND, **fields)


def decisions(candidates: Sequence[Candidate], **situation: Any) -> list[Decision]:  # noqa: ANN401 - as above
    """Return what is decided about each, in the order in which they are given."""
    verdict = decide(candidates, Situation(now=NOW, **situation))
    return [verdict.decisions[each.run_id] for each in candidates]


def admitted(candidates: Sequence[Candidate], **situation: Any) -> list[int]:  # noqa: ANN401 - as above
    """Return the numbers of those that are admitted, in order."""
    verdict = decide(candidates, Situation(now=NOW, **situation))
    return [
        run_id.int - 1000
        for run_id, decision in verdict.decisions.items()
        if isinstance(decision, Admit)
    ]


def limited(limit: int, strategy: str = "queue") -> dict[str, Any]:
    return {"concurrency": Concurrency.model_validate({"limit": limit, "strategy": strategy})}


def locked(number: int, *locks: tuple[str, Conflict], **fields: Any) -> Candidate:  # noqa: ANN401 - as above
    return waiting(number, task=UUID(int=number), locks=locks, **fields)
