"""How a task is to be run: everything of a task but *when* and *what*.

The names are those of the field (Temporal's overlap and retry, Airflow's rules, Oban's unique), the
defaults are those of a task that says nothing. A policy travels with its task; the scheduler admits
runs by it, the executor retries by it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.contracts.message import Part
from shared.domain.dependency import Rule

DEFAULT_QUEUE = "default"
#: 1 is the highest, 5 the lowest.
DEFAULT_PRIORITY = 3


class Overlap(StrEnum):
    """What a new run does while another one of its task is live (Temporal's six)."""

    SKIP = "skip"  # start nothing
    BUFFER_ONE = "buffer_one"  # wait; one at most, the first one wins
    BUFFER_ALL = "buffer_all"  # wait, one after the other
    CANCEL_OTHER = "cancel_other"  # cancel it, wait for its end, then start
    TERMINATE_OTHER = "terminate_other"  # cancel it and start at once
    ALLOW_ALL = "allow_all"  # run side by side


class Retry(Part):
    """When a failed attempt is followed by another (Temporal's names; its default is endless)."""

    max_attempts: int = 3
    initial_interval_seconds: float = 1.0
    backoff: float = 2.0
    max_interval_seconds: float = 100.0
    jitter: float = 0.1
    """Share of the pause, up or down."""
    non_retryable: tuple[str, ...] = ()
    """Beginnings of error messages after which trying again is no use."""
    retry_on: tuple[str, ...] = ()
    """Beginnings of the only error messages after which it is tried again; empty: after all."""


class Concurrency(Part):
    """How many runs of a task (or with one key) may be live at once."""

    limit: int
    key: str | None = None
    """A template such as `{{ params.account_id }}`; None: the task itself."""
    strategy: Literal["queue", "skip", "cancel_oldest", "round_robin"] = "queue"


class RateLimit(Part):
    """How many runs may start within any period; the others wait."""

    limit: int
    period_seconds: int


class Lock(Part):
    """A thing that only one live run may have, whatever its task: `account:{{ params.id }}`."""

    key: str
    on_conflict: Literal["wait", "skip", "supersede"] = "wait"


class Unique(Part):
    """Runs by hand, over the API and by event that would be the same as one that is there."""

    period_seconds: int | None = None
    """How far back "there" reaches; None: for ever."""
    fields: tuple[Literal["task", "params"], ...] = ("task", "params")
    states: Literal["incomplete", "scheduled", "all"] = "incomplete"
    on_conflict: Literal["return_existing", "replace", "reject"] = "return_existing"


class DependsOn(Part):
    """Upstream tasks whose ends start this one."""

    tasks: tuple[UUID, ...]
    rule: Rule = Rule.ALL_SUCCESS
    window_seconds: int = 86_400
    """The ends must lie within so much of each other."""


class Blackout(Part):
    """Calendars whose times a schedule keeps clear of."""

    calendars: tuple[str, ...]
    on_blackout: Literal["skip", "run_at_end"] = "skip"


class Selector(Part):
    """What an executor must be to take the task's runs."""

    labels: dict[str, str]


class NotifyRule(Part):
    """On which event who is told."""

    on: tuple[
        Literal[
            "start",
            "success",
            "failure",
            "recovered",
            "late",
            "missed",
            "silent",
            "skipped",
            "cancelled",
            "dead",
            "needs_operator",
        ],
        ...,
    ]
    channels: tuple[str, ...] = ()
    """Names of channels; empty: the task's recipients."""
    after_failures: int = 1
    """Failures in a row before a failure is told."""
    exact: bool = False
    """Only at exactly that many, not at each one after it."""


class TaskPolicy(Part):
    """How a task is to be run. A field that is None means the default of its feature: none."""

    overlap: Overlap | None = None
    """None: `skip` for a schedule's fires, `allow_all` for everything else."""
    retry: Retry | None = None
    start_deadline_seconds: int | None = None
    """A run that could not start so long after it was due expires."""
    queue: str = DEFAULT_QUEUE
    priority: int = DEFAULT_PRIORITY
    concurrency: Concurrency | None = None
    rate_limit: RateLimit | None = None
    unique: Unique | None = None
    locks: tuple[Lock, ...] = ()
    depends_on: DependsOn | None = None
    blackout: Blackout | None = None
    selector: Selector | None = None
    notify: tuple[NotifyRule, ...] = ()

    def to_json(self) -> str:
        """Return what differs from the defaults; `{}` for most tasks."""
        return self.model_dump_json(exclude_defaults=True)
