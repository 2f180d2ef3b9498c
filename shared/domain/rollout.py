"""Who is in which step of a publication. Pure: whoever plans it and whoever does it agree.

The order of the accounts is that of a hash of their names: it favours nobody, is the same in every
run, and a new account changes nobody else's place. So the canaries are always the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar


class Step(NamedTuple):
    """After it so many percent of all accounts have the version; then it is watched for so long."""

    percent: int
    hold_seconds: float = 0


#: What a way of publishing means that names no steps.
USUAL: Mapping[str, Sequence[Step]] = {
    "all": (Step(100),),
    "canary": (Step(10, 60), Step(100)),
    "waves": (Step(25, 30), Step(50, 30), Step(75, 30), Step(100)),
}


class Named(Protocol):
    """What has the name of an account."""

    @property
    def account_id(self) -> str: ...


N = TypeVar("N", bound=Named)


@dataclass(frozen=True, slots=True)
class Stage:
    """After it the first *upto* accounts have the version; then it is watched for so long."""

    upto: int
    hold_seconds: float


def in_order(accounts: Iterable[N]) -> list[N]:
    """Return *accounts* in the order in which they get the version."""
    return sorted(accounts, key=lambda each: (_place(each.account_id), each.account_id))


def stages_of(total: int, steps: Sequence[Step], *, least_hold: float = 0) -> list[Stage]:
    """Return the stages for *total* accounts; one that would add nobody is left out."""
    stages: list[Stage] = []
    reached = 0
    for step in steps:
        upto = -(-total * step.percent // 100)
        if upto > reached:
            stages.append(Stage(upto, max(step.hold_seconds, least_hold)))
            reached = upto
    return stages


def open_stage(stages: Sequence[Stage], has_it: Sequence[bool]) -> int:
    """Return the place of the stage at which to go on, given who has the version already.

    That is the last one of which anybody has it: it was begun, so those before it were watched.
    """
    furthest = max((place for place, it_has in enumerate(has_it) if it_has), default=-1)
    for place, stage in enumerate(stages):
        if furthest < stage.upto:
            return place
    return 0


def _place(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
