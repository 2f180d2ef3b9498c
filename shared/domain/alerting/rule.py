"""What an alert rule says, in the form in which it is measured and judged.

Of what this system measures itself, `rule_conditions` says whose numbers they are; the models are
here, so that whoever stores a rule and whoever measures it read the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.alerting.samples import Operator

RuleType = Literal[
    "error_rate",
    "response_time",
    "system_errors",
    "account_offline",
    "queue_age",
    "schedule_silent",
    "backup_age",
    "promql",
    "http",
    "sql",
]
Level = Literal["error", "warning", "info"]
NoData = Literal["alerting", "ok", "keep_last", "nodata"]
OnError = Literal["alerting", "ok", "keep_last", "error"]
Method = Literal["email", "webhook", "telegram", "channels"]

#: Measured elsewhere: `query` says where.
ASKED: frozenset[RuleType] = frozenset({"promql", "http", "sql"})


class Conditions(BaseModel):
    """Base of `rule_conditions`; read from JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RunConditions(Conditions):
    """Which runs count: error_rate (failed share in percent), response_time (p95 in ms)."""

    task_id: UUID | None = None
    task_action: str | None = Field(default=None, min_length=1, max_length=64)
    queue: str | None = Field(default=None, min_length=1, max_length=63)
    min_runs: int = Field(default=1, ge=1, le=1_000_000)
    """With fewer in the window there is no sample."""
    by: Literal["all", "task", "task_action", "queue"] = "all"
    """One sample for all, or one for each."""


class NoConditions(Conditions):
    """All of it: system_errors; and what is asked elsewhere."""


class AccountConditions(Conditions):
    """Which accounts count: account_offline (seconds without working, per account)."""

    account_ids: tuple[str, ...] = Field(default=(), max_length=1000)
    tags: tuple[str, ...] = Field(default=(), max_length=50)
    server_id: str | None = Field(default=None, min_length=1, max_length=200)


class QueueConditions(Conditions):
    """Which queue: queue_age (seconds that the oldest run waits, per queue)."""

    queue: str | None = Field(default=None, min_length=1, max_length=63)


class TaskConditions(Conditions):
    """Which task: schedule_silent (seconds of silence, per task)."""

    task_id: UUID | None = None


class BackupConditions(Conditions):
    """Which source: backup_age (seconds since the last verified backup, per source)."""

    source: str | None = Field(default=None, min_length=1, max_length=200)


CONDITIONS: Mapping[RuleType, type[Conditions]] = {
    "error_rate": RunConditions,
    "response_time": RunConditions,
    "system_errors": NoConditions,
    "account_offline": AccountConditions,
    "queue_age": QueueConditions,
    "schedule_silent": TaskConditions,
    "backup_age": BackupConditions,
    "promql": NoConditions,
    "http": NoConditions,
    "sql": NoConditions,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An alert rule as it is stored."""

    id: UUID
    name: str
    version: int = 1
    rule_type: RuleType
    level: Level = "warning"
    operator: Operator = ">"
    threshold: float
    enabled: bool = True
    conditions: Conditions
    """That of `CONDITIONS[rule_type]`."""
    query: Mapping[str, Any] | None = None
    window: timedelta = timedelta(minutes=5)
    interval: timedelta = timedelta(minutes=1)
    hold: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(0)
    after_samples: int | None = None
    clear_samples: int | None = None
    no_data: NoData = "nodata"
    on_error: OnError = "keep_last"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
