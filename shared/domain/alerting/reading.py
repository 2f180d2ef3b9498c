"""From what was measured to what is met; what to think when nothing could be measured. Pure.

A reading has numbers, or none (no data), or an error. Without numbers the rule's choice decides:

    ok         as if nothing were met
    alerting   as if all that is open were met; if nothing is, the rule as a whole is
    keep_last  what is open stays as it is; after three errors in a row an alert of its own
    nodata     what is open stays as it is, and there is an alert of its own with `reason: nodata`
    error      the same, with `reason: error`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from shared.domain.alerting.machine import Found, Instances, Reason, Timing, step
from shared.domain.alerting.rule import Rule
from shared.domain.alerting.samples import fingerprint

#: So many errors in a row are told even if the rule keeps its last state.
ERRORS_TOLD = 3
#: So many instances of one rule; more is an error of the rule.
MOST_ALERTS = 100
#: Evaluations further apart than so many intervals leave a gap.
GAP_INTERVALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one evaluation of a rule has found."""

    samples: int = 0
    """How many there were, met or not."""
    met: Mapping[str, Found] = field(default_factory=dict)
    """By fingerprint."""
    error: str | None = None
    errors_in_a_row: int = 0
    """With this one."""
    usual: timedelta = timedelta(0)
    """How far apart the two checks before were; a rule's task may check less often than it says."""


def timing_of(rule: Rule, usual: timedelta = timedelta(0)) -> Timing:
    """Return what *rule* says of time, if it is checked every *usual*."""
    return Timing(
        hold=rule.hold,
        keep_firing=rule.keep_firing,
        after_samples=rule.after_samples,
        clear_samples=rule.clear_samples,
        max_gap=max(rule.interval, usual) * GAP_INTERVALS,
    )


def too_many(count: int) -> str | None:
    """Return the error that *count* alerts of one rule are, if they are one."""
    return None if count <= MOST_ALERTS else f"{count} alerts, more than {MOST_ALERTS} of one rule"


def evaluate(rule: Rule, instances: Instances, reading: Reading, at: datetime) -> Instances:
    """Return the instances of *rule* after *reading* at *at*."""
    timing = timing_of(rule, reading.usual)
    if reading.error is None and reading.samples:
        return step(timing, instances, reading.met, at)
    reason: Reason = "nodata" if reading.error is None else "error"
    choice = rule.no_data if reading.error is None else rule.on_error
    own = {reason_key(rule.id, reason): Found(series={}, value=None, reason=reason)}
    measured = {key: each for key, each in instances.items() if each.reason is None}
    if choice == "ok":
        return step(timing, instances, {}, at)
    if choice == "alerting":
        open_ones = {
            key: Found(series=each.series, value=each.value)
            for key, each in measured.items()
            if each.state != "resolved"
        }
        return step(timing, instances, open_ones or own, at)
    is_told = choice != "keep_last" or reading.errors_in_a_row >= ERRORS_TOLD
    others = {key: each for key, each in instances.items() if each.reason is not None}
    return {**measured, **step(timing, others, own if is_told else {}, at)}


def reason_key(rule_id: UUID, reason: Reason) -> str:
    """Return the fingerprint of the alert that there is no number; no series can have it."""
    return fingerprint(rule_id, {"": reason})
