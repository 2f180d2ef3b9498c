"""What became of each account of a publication, and what the run says of all of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.executor.actions.script_publish.params import ScriptPublishParams
from services.executor.actions.script_publish.steps import Stage
from services.executor.actions.targets import MOST_SHOWN, Target, counts, judge, result
from shared.contracts.scripts_commands import PreparedScript, TargetSeen


def is_read(seen: TargetSeen, version: str | None) -> bool:
    """Return whether an account runs *version* by its own word, or need not say so.

    Of one that does not run nothing is to be read: it gets its version with its next start.
    """
    return seen.gone or seen.assigned != version or not is_awaited(seen) or seen.running == version


def is_awaited(seen: TargetSeen) -> bool:
    """Return whether an account is to report what it runs: it ran then, and still is to."""
    return seen.was_running and seen.is_up


def target_of(seen: TargetSeen, version: str, *, reached: bool, seconds: float, ms: int) -> Target:
    """Return what became of one account; *reached*: it was its turn."""
    common: dict[str, Any] = {
        "id": seen.account_id,
        "before": seen.found,
        "after": seen.assigned,
        "ms": ms,
    }
    if seen.gone:
        return Target(outcome="skipped", error="deleted, or plays another script", **common)
    if seen.assigned != version:
        if not reached:
            return Target(outcome="not_tried", error="not its turn yet", **common)
        return Target(outcome="superseded", error="somebody gave it another version", **common)
    if seen.running != version and is_awaited(seen):
        runs = seen.running[:12] if seen.running else "nothing"
        why = f": {seen.detail}" if seen.detail else ""
        error = f"does not run it after {seconds:g} s, but {runs}{why}"
        return Target(outcome="failed", error=error, **common)
    if seen.found == version:
        return Target(outcome="noop", **common)
    return Target(outcome="done" if seen.running == version else "assigned", **common)


def taken_back(seen: TargetSeen, version: str, *, changed: bool, ms: int) -> Target:
    """Return what became of one account of a publication that was rolled back."""
    common: dict[str, Any] = {
        "id": seen.account_id,
        "before": version if changed else seen.found,
        "after": seen.assigned,
        "ms": ms,
    }
    if not changed:
        return Target(outcome="skipped", error="has what it had", **common)
    if seen.gone or seen.assigned != seen.found:
        return Target(outcome="superseded", error="somebody gave it another version", **common)
    if not is_read(seen, seen.found):
        return Target(outcome="failed", error="has not reported its old version yet", **common)
    return Target(outcome="done", error="rolled back", **common)


def data_of(
    params: ScriptPublishParams,
    prepared: PreparedScript,
    targets: Sequence[Target],
    message: str,
    *,
    published: bool,
    **more: Any,  # noqa: ANN401 - JSON
) -> dict[str, Any]:
    """Return the data of a run."""
    told = result(
        targets,
        script_published=published,
        script_id=params.script_id,
        message=message,
        environment=params.environment,
        version=prepared.version,
        number=prepared.number,
        from_version=prepared.from_version,
    )
    # Without an account to tell of, the pointer is what was to be moved.
    if not targets:
        told["status"] = "noop" if prepared.pointed else "succeeded"
    return told | more


def summary(params: ScriptPublishParams, prepared: PreparedScript, targets: list[Target]) -> str:
    """Return the line that a person reads."""
    what = f"{params.script_id} version {prepared.number} in {params.environment}"
    verb = "rolled back to" if params.rollback else "published"
    return f"{verb} {what}: {counts(targets)}"


def plan_of(
    ordered: Sequence[TargetSeen], stages: Sequence[Stage], version: str
) -> list[Mapping[str, Any]]:
    """Return what would be done, step by step; of many accounts some are named."""
    plan: list[Mapping[str, Any]] = []
    most = max(MOST_SHOWN // max(len(stages), 1), 1)
    begin = 0
    for stage in stages:
        step = ordered[begin : stage.upto]
        changing = [each for each in step if each.found != version]
        plan.append(
            {
                "changed": len(changing),
                "unchanged": len(step) - len(changing),
                "hold_seconds": stage.hold_seconds,
                "accounts": [
                    {"id": each.account_id, "from": each.found, "to": version}
                    for each in changing[:most]
                ],
            }
        )
        begin = stage.upto
    return plan


def is_noop(targets: Sequence[Target]) -> bool:
    """Return whether there was nothing to do for any account."""
    return judge(targets) == "noop" or not targets
