"""What the API answers of who plays scripts and how they are published, as models."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from shared.contracts.accounts import State

PublicationState = Literal[
    "running", "published", "rolling_back", "rolled_back", "paused", "abandoned"
]
TargetFate = Literal[
    "waiting", "awaited", "done", "assigned", "noop", "failed", "taken_back", "superseded", "gone"
]


class ScriptVersionPlayed(Shown):
    """Accounts that are to run one version in one environment."""

    environment: str
    version: int | None = Field(description="null: none, or one that is not kept any more.")
    sha256: str | None
    accounts: int
    working: int
    outdated: int = Field(description="Of those that work: they say that they run another one.")


class ScriptPublisher(Shown):
    """A task that publishes the script."""

    id: str
    name: str
    task_type: Literal["scheduled", "triggered", "manual"]
    enabled: bool


class ScriptUsages(Shown):
    """Who plays a script, and which tasks publish it."""

    accounts: int
    versions: list[ScriptVersionPlayed]
    tasks: list[ScriptPublisher] = Field(description="At most 50.")


class ScriptPublication(Shown):
    """One run's publishing of a script."""

    run_id: str
    script_id: str
    environment: str
    version: int
    sha256: str
    from_version: int | None = Field(description="What was published when it began.")
    from_sha256: str | None
    rollback: bool
    state: PublicationState = Field(description="abandoned: its run is over, and did not say more.")
    reason: str | None
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    task_id: str | None
    task_name: str | None
    requested_by: str | None
    params: dict[str, Any] = Field(description="What the run was asked for: strategy, gate, …")
    total: int
    given: int = Field(description="Accounts that have had their turn.")


class ScriptPublications(Shown):
    """A page of publications, the newest first; `next` is null on the last one."""

    items: list[ScriptPublication]
    next: str | None


class ScriptPublicationProgress(ScriptPublication):
    """One run's publishing, and how its accounts stand now."""

    fates: dict[TargetFate, int] = Field(
        description="Accounts by what became of them so far. waiting: not its turn yet. awaited: it"
        " was given the version and has not reported it. assigned: it gets it with its next start."
    )


class ScriptTarget(Shown):
    """An account that a script is published to, as it stands now."""

    account_id: str
    display_name: str | None
    state: State | None
    found: str | None = Field(description="The version that it had when this began.")
    assigned: str | None
    running: str | None
    detail: str | None
    fate: TargetFate


class ScriptTargets(Shown):
    """A page of targets by name; `next` is null on the last one."""

    items: list[ScriptTarget]
    next: str | None


class ScriptPlanStep(Shown):
    """One step of a publication."""

    changed: int
    unchanged: int
    running: int = Field(description="Of those that change: they run, and are to report it.")
    hold_seconds: float
    accounts: list[str] = Field(description="Some of those that change, at most 20.")


class ScriptPlan(Shown):
    """What a publication does, as things stand now."""

    environment: str
    version: int
    sha256: str
    from_version: int | None
    pointer_moves: bool = Field(description="false: this version is published there already.")
    total: int
    steps: list[ScriptPlanStep]
    gate_firing: int | None = Field(description="Alerts of the gate's rule that fire now.")
    busy_run_id: str | None = Field(description="Another run publishes it now; this one waits.")


class ScriptPublishing(Shown):
    """A run that publishes, or plans to."""

    run_id: str
    task_id: str
    task_name: str
    task_created: bool = Field(description="There was no task yet that publishes this script.")
    plan: ScriptPlan
