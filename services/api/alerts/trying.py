"""What a rule would find if it were checked now; nothing is judged, nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.api.alerts.measures import EMPTY_IS_FINE, measure
from services.api.alerts.rules import rule_of
from services.api.alerts.views import number
from services.api.store.alert_rules import WrittenRule
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.alerting.labels import OddSeries, annotations_of, labels_of, series_of
from shared.domain.alerting.reading import MOST_ALERTS
from shared.domain.alerting.rule import ASKED, Rule
from shared.domain.alerting.samples import Sample, is_beyond

#: Samples that are shown, those beyond the threshold first.
MOST_SHOWN = 100
_NOBODY = UUID(int=0)


async def tried(connection: Connection, written: WrittenRule) -> dict[str, Any]:
    """Return what the rule *written* finds now.

    Raises:
        Refused: the labels of a sample cannot be those of an alert.
    """
    rule = rule_of(written, _NOBODY)
    if rule.rule_type in ASKED:
        return {"outcome": "elsewhere", "samples": 0, "met": 0, "found": []}
    samples = await measure(connection, rule)
    met = [each for each in samples if is_beyond(each.value, rule.operator, rule.threshold)]
    others = [each for each in samples if each not in met]
    try:
        found = [_shown(rule, each, is_met=True) for each in met[:MOST_SHOWN]]
        left = MOST_SHOWN - len(found)
        found += [_shown(rule, each, is_met=False) for each in others[:left]]
    except OddSeries:
        raise Refused(422, "alert_rule.odd_series") from None
    return {
        "outcome": _outcome(rule, samples, met),
        "samples": len(samples),
        "met": len(met),
        "found": found,
    }


def _outcome(rule: Rule, samples: Sequence[Sample], met: Sequence[Sample]) -> str:
    if len(met) > MOST_ALERTS:
        return "too_many"
    if met:
        return "met"
    if not samples and rule.rule_type not in EMPTY_IS_FINE:
        return "no_data"
    return "ok"


def _shown(rule: Rule, sample: Sample, *, is_met: bool) -> dict[str, Any]:
    labels = labels_of(rule, series_of(sample.labels), None)
    return {
        "value": number(sample.value),
        "met": is_met,
        "labels": labels,
        "annotations": annotations_of(rule, labels, sample.value),
    }
