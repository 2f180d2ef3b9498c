"""Alert rules and alerts as people see them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.api.alerts.muting import Muted, Muting
from services.api.store.alert_effects import StartedRun
from services.api.store.alert_rules import RuleRow
from services.api.store.alert_settings import MutableAlert
from services.api.store.alerts import AlertRow, Count, TransitionRow
from shared.domain.alerting.labels import spelled
from shared.domain.instant import format_instant

NOT_MUTED = Muted([], [])
_JSON = ("rule_conditions", "query", "labels", "annotations")


def rule_view(row: RuleRow) -> dict[str, Any]:
    """Return a rule with what its last check came to."""
    written = row.written._asdict()
    return {
        "id": str(row.id),
        **{name: json.loads(value) if name in _JSON else value for name, value in written.items()},
        "version": row.version,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
        "last_check": {
            "at": format_instant(row.checked_at),
            "samples": row.samples,
            "error": row.error,
        }
        if row.checked_at
        else None,
        "pending": row.pending,
        "firing": row.firing,
    }


def rule_audit(row: RuleRow) -> dict[str, Any]:
    """Return what of a rule is written to the audit list: what somebody said of it."""
    written = row.written._asdict()
    return {name: json.loads(value) if name in _JSON else value for name, value in written.items()}


def alert_view(row: AlertRow, held: Muting) -> dict[str, Any]:
    """Return an alert, with what keeps people from being told of it."""
    labels = json.loads(row.labels)
    muted = held.of(row.fingerprint, labels) if row.state != "resolved" else NOT_MUTED
    return {
        "id": str(row.id),
        "rule_id": str(row.rule_id),
        "rule": row.rule_name,
        "fingerprint": row.fingerprint,
        "state": row.state,
        "level": row.level,
        "reason": row.reason,
        "labels": labels,
        "annotations": json.loads(row.annotations),
        "value": number(row.value),
        "active_at": format_instant(row.active_at),
        "fired_at": instant(row.fired_at),
        "condition_met": row.state != "resolved" and row.unmet_since is None,
        "resolved_at": instant(row.resolved_at),
        "resolved_because": row.resolved_because,
        "evaluated_at": format_instant(row.evaluated_at),
        "acknowledged_at": instant(row.acknowledged_at),
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_comment": row.acknowledged_comment,
        "silenced_by": muted.silenced_by,
        "inhibited_by": muted.inhibited_by,
    }


def history_view(rows: Sequence[TransitionRow]) -> list[dict[str, Any]]:
    """Return the life of an alert."""
    return [
        {
            "state": row.state,
            "at": format_instant(row.at),
            "value": number(row.value),
            "run_id": str(row.run_id) if row.run_id else None,
            "actor": row.actor,
            "comment": row.comment,
        }
        for row in rows
    ]


def started_view(rows: Sequence[StartedRun]) -> list[dict[str, Any]]:
    """Return what an alert has started."""
    return [
        {
            "run_id": str(row.run_id),
            "task_id": str(row.task_id),
            "task_name": row.task_name,
            "event": row.event,
            "at": format_instant(row.at),
            "status": row.status,
            "outcome": row.outcome,
        }
        for row in rows
    ]


def counts_view(
    rows: Sequence[Count], firing: Sequence[MutableAlert], held: Muting
) -> dict[str, Any]:
    """Return how many alerts there are of each state and level."""
    found = {(row.state, row.level): row.alerts for row in rows}
    muted = sum(any(held.of(each.fingerprint, json.loads(each.labels))) for each in firing)
    return {
        **{
            state: {level: found.get((state, level), 0) for level in ("error", "warning", "info")}
            for state in ("pending", "firing", "resolved")
        },
        "unacknowledged": sum(row.unacknowledged for row in rows if row.state == "firing"),
        "muted": muted,
    }


def number(value: float | None) -> float | str | None:
    """Return a number as JSON has it; what JSON has no number for as Prometheus spells it."""
    return value if value is None or math.isfinite(value) else spelled(value)


def instant(at: datetime | None) -> str | None:
    """Return an instant, if there is one."""
    return format_instant(at) if at else None
