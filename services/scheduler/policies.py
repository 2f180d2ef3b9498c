"""How a task's policy applies to one of its runs."""

from __future__ import annotations

from functools import lru_cache

from services.scheduler.job import SCHEDULE
from shared.contracts.policy import Overlap, TaskPolicy

PLAIN = TaskPolicy()


@lru_cache(maxsize=20_000)
def policy_of(text: str) -> TaskPolicy:
    """Read a stored policy once; many tasks share one."""
    return PLAIN if text == "{}" else TaskPolicy.model_validate_json(text)


def overlap_of(trigger: str, overlap: str | None, policy: TaskPolicy) -> Overlap:
    """Return what holds for a run: its own overlap, else its task's, else its trigger's."""
    if overlap is not None:
        return Overlap(overlap)
    if policy.overlap is not None:
        return policy.overlap
    return Overlap.SKIP if trigger == SCHEDULE else Overlap.ALLOW_ALL


def needs_admission(policy: TaskPolicy) -> bool:
    """Return whether every run of a task has to be admitted, whatever else there is."""
    return bool(policy.concurrency or policy.rate_limit or policy.locks)
