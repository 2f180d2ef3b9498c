"""What actions over many targets have in common: one result per target, and what all of them say.

    done, noop                          as it should be
    assigned                            it will be, with its next start
    held, superseded, skipped           left alone on purpose: a person, or a later run, wants it so
    failed, needs_operator              not as it should be
    not_tried                           too much had failed before it was its turn

Pure: no clock, no bus. How long a target took is told by whoever did it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Fate = Literal[
    "done",
    "noop",
    "assigned",
    "held",
    "superseded",
    "skipped",
    "failed",
    "needs_operator",
    "not_tried",
]
Status = Literal["succeeded", "partial", "failed", "noop"]

FAILED: Final = frozenset[str]({"failed", "needs_operator"})
UNFINISHED: Final = FAILED | {"not_tried"}

#: Beyond this share of failed targets the rest is not tried.
STOP_AT_PERCENT = 20
#: Targets in the result of a run.
MOST_SHOWN = 150
#: Characters of a target's error.
MOST_ERROR = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What became of one target."""

    id: str
    outcome: Fate
    before: Any = None
    """JSON: how it was found."""
    after: Any = None
    """JSON: how it was left."""
    error: str | None = None
    """One line: why it is not as it should be, or why it was left alone."""
    ms: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in the result of a run."""
        return {
            "id": self.id,
            "before": self.before,
            "after": self.after,
            "outcome": self.outcome,
            "error": self.error and self.error[:MOST_ERROR],
            "ms": self.ms,
        }


def judge(targets: Iterable[Target]) -> Status:
    """Return what all targets together say.

    Nothing to do anywhere is `noop`. Whatever was left alone on purpose is no failure.
    """
    fates = {target.outcome for target in targets}
    if fates & UNFINISHED:
        return "partial" if fates - UNFINISHED else "failed"
    return "succeeded" if fates & {"done", "assigned"} else "noop"


def is_enough(
    targets: Iterable[Target],
    total: int,
    *,
    stop_at_percent: int = STOP_AT_PERCENT,
    max_failures: int | None = None,
) -> bool:
    """Return whether so much has failed that the rest is not to be tried.

    *stop_at_percent*: this share of all *total* targets has failed. *max_failures*: more than so
    many have.
    """
    failures = sum(target.outcome in FAILED for target in targets)
    if max_failures is not None and failures > max_failures:
        return True
    return failures > 0 and failures * 100 >= stop_at_percent * total


def not_tried(identity: str) -> Target:
    """Return what is told of a target whose turn did not come."""
    return Target(id=identity, outcome="not_tried", error="not tried: too much had failed before")


def percent(finished: int, total: int) -> float:
    """Return how far the work is, from 0 to 100."""
    return 100.0 if total == 0 else round(100.0 * min(finished, total) / total, 1)


def counts(targets: Iterable[Target]) -> str:
    """Return the targets by outcome, for a summary: `3 done, 1 failed`; in the order of `Fate`."""
    found = Counter(target.outcome for target in targets)
    order: Sequence[Fate] = Fate.__args__  # type: ignore[attr-defined]  # of a Literal
    return ", ".join(f"{found[each]} {each}" for each in order if found[each]) or "nothing to do"


def result(targets: Sequence[Target], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the data of a run over *targets*, with the names of the contract in *more*.

    Of many targets those are left off first that are as they should be: what is kept of a run has
    an end (64 KiB).
    """
    by_interest = sorted(targets, key=lambda each: each.outcome not in UNFINISHED)
    shown = {id(each) for each in by_interest[:MOST_SHOWN]}
    left_off = len(targets) - len(shown)
    return {
        "status": judge(targets),
        **more,
        "targets": [target.as_json() for target in targets if id(target) in shown],
        **({"targets_left_off": left_off} if left_off else {}),
    }
