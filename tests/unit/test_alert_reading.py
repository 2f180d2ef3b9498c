"""What is thought of a rule that could not be measured; how alerts are named and texts filled."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.domain.alerting.labels import OddSeries, annotations_of, labels_of, series_of
from shared.domain.alerting.machine import Found, Instance
from shared.domain.alerting.reading import Reading, evaluate, reason_key, too_many
from shared.domain.alerting.rule import NoConditions, Rule
from shared.domain.alerting.samples import Sample, doubles, fingerprint, is_beyond
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ID = UUID(int=1)
NODATA, ERROR = reason_key(ID, "nodata"), reason_key(ID, "error")


def a_rule(**fields: Any) -> Rule:  # noqa: ANN401 - fields of Rule
    wished = {"id": ID, "name": "r", "rule_type": "promql", "threshold": 5.0}
    return Rule(**{**wished, "conditions": NoConditions(), **fields})


def firing() -> dict[str, Instance]:
    return {"a": Instance(series={}, value=9.0, state="firing", active_at=NOON, met_at=NOON)}


def states(rule: Rule, before: dict[str, Instance], reading: Reading) -> dict[str, str]:
    after = evaluate(rule, before, reading, NOON + MINUTE)
    return {key: each.state for key, each in after.items()}


@table(
    ("choice", "before", "after"),
    [
        ("ok", firing(), {"a": "resolved"}),
        ("ok", {}, {}),
        ("alerting", firing(), {"a": "firing"}),
        ("alerting", {}, {NODATA: "firing"}),
        ("keep_last", firing(), {"a": "firing"}),
        ("keep_last", {}, {}),
        ("nodata", firing(), {"a": "firing", NODATA: "firing"}),
        ("nodata", {}, {NODATA: "firing"}),
    ],
)
def test_no_data_means_what_the_rule_says(
    choice: Any,  # noqa: ANN401 - one of the words
    before: dict[str, Instance],
    after: dict[str, str],
) -> None:
    assert states(a_rule(no_data=choice), before, Reading()) == after


@table(
    ("choice", "in_a_row", "after"),
    [
        ("ok", 1, {"a": "resolved"}),
        ("alerting", 1, {"a": "firing"}),
        ("error", 1, {"a": "firing", ERROR: "firing"}),
        ("keep_last", 2, {"a": "firing"}),
        ("keep_last", 3, {"a": "firing", ERROR: "firing"}),
    ],
)
def test_an_error_means_what_the_rule_says(
    choice: Any,  # noqa: ANN401 - one of the words
    in_a_row: int,
    after: dict[str, str],
) -> None:
    reading = Reading(error="away", errors_in_a_row=in_a_row)

    assert states(a_rule(on_error=choice), firing(), reading) == after


def test_numbers_end_the_alert_that_there_were_none() -> None:
    rule = a_rule()
    none = evaluate(rule, {}, Reading(), NOON)

    assert states(rule, dict(none), Reading(samples=3)) == {NODATA: "resolved"}


def test_what_could_not_be_measured_does_not_count_for_a_pending_alert() -> None:
    rule = a_rule(hold=10 * MINUTE, no_data="keep_last")
    met = Reading(samples=1, met={"a": Found(series={}, value=9.0)})
    instances = evaluate(rule, {}, met, NOON)
    for minute in range(1, 31):
        instances = evaluate(rule, instances, Reading(), NOON + minute * MINUTE)

    after = evaluate(rule, instances, met, NOON + 31 * MINUTE)

    assert after["a"].state == "pending"
    assert after["a"].active_at == NOON + 31 * MINUTE


def test_comparisons_are_those_of_promql() -> None:
    assert is_beyond(5.0, ">=", 5.0)
    assert not is_beyond(5.0, "!=", 5.0)
    assert is_beyond(math.inf, ">", 1e300)
    assert not is_beyond(math.nan, "==", math.nan)
    assert is_beyond(math.nan, "!=", 1.0)


def test_a_fingerprint_is_of_rule_and_labels_in_any_order() -> None:
    one = fingerprint(ID, {"a": "1", "b": "2"})

    assert one == fingerprint(ID, {"b": "2", "a": "1"})
    assert one != fingerprint(UUID(int=2), {"a": "1", "b": "2"})
    assert fingerprint(ID, {"a": "1,b"}) != fingerprint(ID, {"a": "1", "b": ""})
    assert doubles([Sample({"a": "1"}, 1), Sample({"a": "1"}, 2)])
    assert not doubles([Sample({"a": "1"}, 1), Sample({}, 1)])


def test_labels_of_any_origin_become_plain() -> None:
    odd = {"__name__": "up", "host-name": "x\x00y\u202e", "1st": "v", "empty": ""}

    assert series_of(odd) == {"host_name": "x\\x00y\\u202e", "_1st": "v"}
    with pytest.raises(OddSeries):
        series_of({"a": "x" * 2000})


def test_an_alert_is_named_by_series_and_rule_and_says_its_numbers() -> None:
    rule = a_rule(
        labels={"team": "ops", "queue": "all"},
        annotations={"summary": "{{ $labels.team }}: {{value}} > {{ threshold }} {{ labels.no }}"},
    )
    labels = labels_of(rule, {"queue": "slow"}, None)

    assert labels == {"queue": "all", "team": "ops", "alertname": "r", "severity": "warning"}
    assert annotations_of(rule, labels, 12.5) == {"summary": "ops: 12.5 > 5 "}
    assert too_many(100) is None
    assert too_many(101) is not None
