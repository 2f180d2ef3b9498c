"""What is to be told when an alert begins, fires or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.api.alerts.views import number
from shared.domain.alerting.machine import Instance, State
from shared.domain.alerting.rule import Rule
from shared.domain.instant import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One alert has another state."""

    alert_id: UUID
    fingerprint: str
    state: State
    rule: Rule
    instance: Instance
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    because: str | None = None
    """rule_deleted, rule_disabled; None: by what was measured."""

    @property
    def value(self) -> float | None:
        """What was measured last."""
        return self.instance.value


def event_data(transition: Transition) -> dict[str, Any]:
    """Return the data of `event.alert.<state>`."""
    instance = transition.instance
    return {
        "alert_id": str(transition.alert_id),
        "fingerprint": transition.fingerprint,
        "state": transition.state,
        "rule": transition.rule.name,
        "rule_id": str(transition.rule.id),
        "rule_type": transition.rule.rule_type,
        "level": transition.rule.level,
        "labels": dict(transition.labels),
        "annotations": dict(transition.annotations),
        "value": number(instance.value),
        "reason": instance.reason,
        "because": transition.because,
        "active_at": format_instant(instance.active_at),
        "fired_at": instance.fired_at and format_instant(instance.fired_at),
        "resolved_at": instance.resolved_at and format_instant(instance.resolved_at),
    }
