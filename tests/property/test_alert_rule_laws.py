"""Whatever is sent as an alert rule: it is refused by name, or understood by all who read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from services.api.alerts.rules import as_rule, read_change, read_new
from services.api.alerts.schemas import AlertRuleCreate
from services.api.alerts.views import rule_view
from services.api.store.alert_rules import RuleRow, WrittenRule
from services.executor.actions.alert_check.measuring import query_of
from shared.contracts.alert_queries import QUERIES
from shared.domain.alerting.labels import annotations_of, labels_of
from shared.domain.alerting.rule import ASKED, CONDITIONS
from shared.domain.errors import InvalidDefinition

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_TEXTS = st.sampled_from(
    [
        "",
        "a",
        "x" * 300,
        "https://example.com",
        "SELECT 1",
        "{{ value }}",
        "{{ labels.a }}",
        "a@b.c",
    ]
)
_SIMPLE = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-9, 9) | _TEXTS
_JSON = st.recursive(
    _SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_PARTS = sorted(
    {name for model in (*QUERIES.values(), *CONDITIONS.values()) for name in model.model_fields}
)
_PART = st.dictionaries(st.sampled_from(_PARTS), _JSON, max_size=4)
_PROMQL = {"url": "https://example.com", "expr": "up"}
_QUERIES = st.sampled_from(
    [
        _PROMQL,
        {**_PROMQL, "login": {"secret": "a", "username": "b"}},
        {"url": "https://example.com", "expect_status": [200, 204], "measure": "status"},
        {"dsn_secret": "db", "statement": "SELECT 1"},
    ]
)
RULES = st.fixed_dictionaries(
    {
        "name": _TEXTS,
        "rule_type": st.sampled_from([*CONDITIONS, "x"]),
        "threshold_value": st.floats() | st.integers(-5, 5),
    },
    optional={
        "query": _QUERIES | _PART,
        "rule_conditions": _PART,
        "labels": st.dictionaries(_TEXTS, _TEXTS, max_size=2),
        "annotations": st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    },
)
CHANGES = st.dictionaries(st.sampled_from(sorted(AlertRuleCreate.model_fields)), _JSON, max_size=5)


def stored(written: WrittenRule) -> RuleRow:
    """Return a rule as it comes out of the database."""
    nobody: Any = None
    return RuleRow(UUID(int=1), 1, 1, NOON, NOON, nobody, nobody, nobody, nobody, 0, 0, written)


def understood(written: WrittenRule) -> None:
    """Read a rule as all do who have to."""
    rule = as_rule(stored(written))
    rule_view(stored(written))
    if rule.rule_type in ASKED:
        query_of(rule.rule_type, rule.query or {})
    labels = labels_of(rule, {"a": "1"}, "nodata")
    assert annotations_of(rule, labels, float("nan")).keys() == rule.annotations.keys()


@given(document=RULES)
@example(document={"name": "r", "rule_type": "http", "threshold_value": 1, "query": {"url": "x"}})
def test_a_rule_is_refused_or_understood(document: dict[str, Any]) -> None:
    try:
        written = read_new(document)
    except InvalidDefinition:
        return
    understood(written)


@given(query=_QUERIES, kind=st.sampled_from(sorted(ASKED)), changes=CHANGES)
def test_a_change_is_refused_or_understood(
    query: dict[str, Any], kind: str, changes: dict[str, Any]
) -> None:
    new = {"name": "r", "rule_type": kind, "threshold_value": 1, "query": query}
    try:
        written = read_change(changes, read_new(new))
    except InvalidDefinition:
        return
    understood(written)
