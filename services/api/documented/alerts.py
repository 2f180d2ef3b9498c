"""What the API answers of alert rules and alerts, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from shared.domain.alerting.machine import Reason, State
from shared.domain.alerting.rule import Level, Method, NoData, OnError, RuleType
from shared.domain.alerting.samples import Operator

Number = float | Literal["NaN", "+Inf", "-Inf"]


class LastCheck(Shown):
    """How the last check of a rule went."""

    at: AwareDatetime
    samples: int
    error: str | None = Field(description="Why nothing could be measured.")


class AlertRule(Shown):
    """An alert rule."""

    id: str
    name: str
    description: str | None
    rule_type: RuleType
    alert_level: Level
    threshold_operator: Operator
    threshold_value: float
    enabled: bool
    notification_method: Method | None
    notification_target: str | None
    rule_conditions: dict[str, Any]
    query: dict[str, Any] | None
    window_seconds: int
    interval_seconds: int
    for_seconds: int
    keep_firing_for_seconds: int
    after_samples: int | None
    clear_samples: int | None
    no_data: NoData
    on_error: OnError
    labels: dict[str, str]
    annotations: dict[str, str]
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None
    last_check: LastCheck | None = Field(description="null: none within the last hour of checks.")
    pending: int
    firing: int


class AlertRules(Shown):
    """A page of rules; `next` is null on the last one."""

    items: list[AlertRule]
    next: str | None


class TriedSample(Shown):
    """A number that a rule would find now, and the alert that it would be."""

    value: Number | None
    met: bool = Field(description="It is beyond the threshold.")
    labels: dict[str, str]
    annotations: dict[str, str]


class AlertRuleTested(Shown):
    """What a rule would find now."""

    outcome: Literal["ok", "met", "no_data", "too_many", "elsewhere"] = Field(
        description="elsewhere: of this type only runs of `alert_check` measure; nothing was."
    )
    samples: int
    met: int
    found: list[TriedSample] = Field(description="At most 100, those beyond the threshold first.")


class LevelCounts(Shown):
    """Alerts of one state by their level."""

    error: int
    warning: int
    info: int


class AlertCounts(Shown):
    """How many alerts there are."""

    pending: LevelCounts
    firing: LevelCounts
    resolved: LevelCounts = Field(description="Within the last 15 minutes.")
    unacknowledged: int = Field(description="Firing, and nobody has said to take care of it.")
    muted: int = Field(description="Firing, and nobody is told: silenced or inhibited.")


class StartedByAlert(Shown):
    """A run that an event of an alert has started."""

    run_id: str
    task_id: str
    task_name: str | None
    event: str = Field(description="alert.pending, alert.firing, alert.resolved")
    at: AwareDatetime
    status: str | None = Field(description="null: it has not begun, or never will.")
    outcome: str


class Alert(Shown):
    """One thing that is, or was, not in order: from pending to resolved."""

    id: str
    rule_id: str
    rule: str
    fingerprint: str = Field(description="The same whenever this rule finds this series.")
    state: State
    level: Level
    reason: Reason | None = Field(description="nodata, error: nothing could be measured.")
    labels: dict[str, str]
    annotations: dict[str, str]
    value: Number | None
    active_at: AwareDatetime = Field(description="Since then the condition has been met.")
    fired_at: AwareDatetime | None
    condition_met: bool = Field(description="false while firing: kept by keep_firing_for_seconds.")
    resolved_at: AwareDatetime | None
    resolved_because: Literal["rule_deleted", "rule_disabled"] | None
    evaluated_at: AwareDatetime
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    acknowledged_comment: str | None
    silenced_by: list[str] = Field(description="Silences, by id: nobody is told meanwhile.")
    inhibited_by: list[str] = Field(description="Alerts, by fingerprint, that say it already.")


class Alerts(Shown):
    """A page of alerts; `next` is null on the last one."""

    items: list[Alert]
    next: str | None


class AlertStep(Shown):
    """One step in the life of an alert."""

    state: Literal["pending", "firing", "resolved", "acknowledged"]
    at: AwareDatetime
    value: Number | None
    run_id: str | None = Field(description="The run whose check it was; null: a person.")
    actor: str | None
    comment: str | None


class AlertDetail(Alert):
    """An alert and its life."""

    history: list[AlertStep]
    started: list[StartedByAlert] = Field(description="Runs that it has started, newest first.")
