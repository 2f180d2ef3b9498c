"""What callers may send of alert rules and alerts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.api.tasks.schemas import Description, Name
from services.api.wire.strict_model import Strict
from shared.domain.alerting.labels import MOST_LABELS
from shared.domain.alerting.rule import Level, Method, NoData, OnError, RuleType
from shared.domain.alerting.samples import Operator

WEEK = 7 * 86_400

Duration = Annotated[int, Field(ge=0, le=WEEK)]
Samples = Annotated[int, Field(ge=1, le=1000)]
Target = Annotated[str, StringConstraints(max_length=1000)]
Labels = dict[
    Annotated[str, StringConstraints(max_length=100)],
    Annotated[str, StringConstraints(max_length=200)],
]
Annotations = dict[
    Annotated[str, StringConstraints(max_length=100)],
    Annotated[str, StringConstraints(max_length=2000)],
]


class AlertRuleUpdate(Strict):
    """The fields of a rule that are to change; the others stay as they are."""

    name: Name = ""
    description: Description | None = None
    rule_type: RuleType = "error_rate"
    alert_level: Level = "warning"
    threshold_value: float = 0.0
    threshold_operator: Operator = ">"
    enabled: bool = True
    notification_method: Method | None = Field(
        default=None, description="null: nobody is told; the alert is there all the same."
    )
    notification_target: Target | None = Field(
        default=None,
        description="email: an address or a channel; the others: a channel. Several with commas.",
    )
    rule_conditions: dict[str, Any] | None = Field(
        default=None,
        description="Whose numbers. error_rate (percent of runs that failed), response_time (p95"
        " in ms): task_id, task_action, queue, min_runs, by (all, task, task_action, queue)."
        " account_offline (seconds): account_ids, tags, server_id. queue_age (seconds): queue."
        " schedule_silent (seconds): task_id. backup_age (seconds): source.",
    )
    query: dict[str, Any] | None = Field(
        default=None,
        description="promql: url, expr, login, verify_tls. http: url, method, measure (up,"
        " latency_ms, status), expect_status, login, verify_tls. sql: dsn_secret, statement; its"
        " column value is measured, the others are labels. login: secret, username.",
    )
    window_seconds: int = Field(default=300, ge=60, le=WEEK, description="Of what is counted.")
    interval_seconds: int = Field(
        default=60, ge=5, le=86_400, description="How often it is meant to be checked."
    )
    for_seconds: Duration = Field(default=0, description="Pending for so long, then firing.")
    keep_firing_for_seconds: Duration = 0
    after_samples: Samples | None = Field(
        default=None, description="Fire after so many in a row, instead of for_seconds."
    )
    clear_samples: Samples | None = Field(
        default=None, description="Resolve after so many, instead of keep_firing_for_seconds."
    )
    no_data: NoData | None = Field(
        default=None,
        description="What no sample at all means; null: nodata for promql, http, sql and"
        " backup_age, ok for the others.",
    )
    on_error: OnError = Field(
        default="keep_last",
        description="What it means that nothing could be measured. keep_last: after three such"
        " checks in a row there is an alert of its own.",
    )
    labels: Labels = Field(default={}, max_length=MOST_LABELS // 2)
    annotations: Annotations = Field(
        default={},
        max_length=20,
        examples=[{"summary": "{{ labels.queue }} waits for {{ value }} s"}],
        description="Blanks: value, threshold, rule, level, labels.<name>.",
    )


class AlertRuleCreate(AlertRuleUpdate):
    """An alert rule to be created."""

    name: Name
    rule_type: RuleType
    threshold_value: float


class AlertRuleTest(AlertRuleUpdate):
    """A rule to be tried, stored or not; it needs no name."""

    name: Name = "test"
    rule_type: RuleType
    threshold_value: float


class Acknowledge(Strict):
    """Somebody takes care of it."""

    comment: Description = ""
