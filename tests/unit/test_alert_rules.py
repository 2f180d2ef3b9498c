"""How alert rules are judged when they are saved: everything that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.alerts.rules import read_change, read_new
from shared.domain.errors import InvalidDefinition
from tests.support.cases import table


def a_rule(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a rule that is fine."""
    return {"name": "failures", "rule_type": "error_rate", "threshold_value": 10, **fields}


@table(
    ("fields", "named"),
    [
        ({"threshold_operator": "=>"}, {("/threshold_operator", "field.choice")}),
        ({"rule_type": "cpu"}, {("/rule_type", "field.choice")}),
        ({"rule_type": "promql"}, {("/query", "field.required")}),
        ({"query": {"expr": "up"}}, {("/query", "alert_rule.no_query")}),
        (
            {"rule_type": "promql", "query": {"url": "ftp://x", "expr": "up"}},
            {("/query/url", "url.scheme")},
        ),
        (
            {"rule_type": "promql", "query": {"url": "https://p", "expr": "x" * 5000, "odd": 1}},
            {("/query/expr", "field.too_long"), ("/query/odd", "field.unknown")},
        ),
        (
            {"rule_type": "http", "query": {"url": "http://169.254.169.254/", "measure": "up"}},
            {("/query/url", "url.address")},
        ),
        (
            {"rule_type": "http", "query": {"url": "https://x", "expect_status": [300, 200]}},
            {("/query/expect_status", "alert_rule.status")},
        ),
        (
            {"rule_type": "sql", "query": {"statement": " ", "dsn_secret": "x"}},
            {("/query/statement", "alert_rule.text")},
        ),
        (
            {"rule_type": "sql", "query": {"statement": "SELECT 1", "dsn_secret": "postgres://"}},
            {("/query/dsn_secret", "field.pattern")},
        ),
        ({"rule_conditions": {"by": "moon"}}, {("/rule_conditions/by", "field.choice")}),
        ({"rule_conditions": {"tasks": []}}, {("/rule_conditions/tasks", "field.unknown")}),
        ({"notification_method": "email"}, {("/notification_target", "field.required")}),
        (
            {"notification_method": "webhook", "notification_target": "https://hook"},
            {("/notification_target", "alert_rule.channel")},
        ),
        (
            {"notification_method": "email", "notification_target": "a@b@c"},
            {("/notification_target", "channel.address")},
        ),
        ({"after_samples": 3, "for_seconds": 5}, {("/after_samples", "alert_rule.either")}),
        (
            {"labels": {"a-b": "x", "severity": "y"}},
            {
                ("/labels/a-b", "alert_rule.label_name"),
                ("/labels/severity", "alert_rule.label_reserved"),
            },
        ),
        (
            {"annotations": {"summary": "{{ secrets.x }}"}},
            {("/annotations/summary", "alert_rule.blank")},
        ),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], named: set[tuple[str, str]]) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_new(a_rule(**fields))

    assert {(each.pointer, each.code) for each in refused.value.problems} == named


def test_a_change_is_judged_with_what_stays() -> None:
    stored = read_new(a_rule(for_seconds=60))

    with pytest.raises(InvalidDefinition) as refused:
        read_change({"after_samples": 3}, stored)

    assert refused.value.problems[0].code == "alert_rule.either"
    assert read_change({"after_samples": 3, "for_seconds": 0}, stored).after_samples == 3


@table(
    ("kind", "query", "usual"),
    [
        ("queue_age", None, "ok"),
        ("backup_age", None, "nodata"),
        ("http", {"url": "https://example.com", "expect_status": [200, 299]}, "nodata"),
    ],
)
def test_what_no_data_means_depends_on_what_is_measured(
    kind: str, query: dict[str, Any] | None, usual: str
) -> None:
    assert read_new(a_rule(rule_type=kind, query=query)).no_data == usual
