"""Who is in which step, as the parameters say (`shared/domain/rollout.py` decides). Pure."""

from __future__ import annotations

from services.executor.actions.script_publish.params import Strategy
from shared.domain import rollout
from shared.domain.rollout import Stage, in_order, open_stage

__all__ = ["Stage", "in_order", "open_stage", "stages_of"]


def stages_of(total: int, strategy: Strategy, *, least_hold: float = 0) -> list[Stage]:
    """Return the steps for *total* accounts; one that would add nobody is left out."""
    own = [rollout.Step(each.percent, each.hold_seconds) for each in strategy.steps]
    steps = own or rollout.USUAL[strategy.type]
    return rollout.stages_of(total, steps, least_hold=least_hold)
