"""Alert rules as callers send them: judged here, with every problem named. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, cast, get_args
from uuid import UUID

import pydantic

from services.api.alerts.schemas import AlertRuleCreate, AlertRuleTest, AlertRuleUpdate
from services.api.queues.names import PATTERN
from services.api.store.alert_rules import RuleRow, WrittenRule
from services.api.wire.shape import problems_of
from shared.contracts.alert_queries import QUERIES, HttpProbe, PromqlQuery
from shared.contracts.notifications import is_address
from shared.domain.alerting.labels import problems_with_annotations, problems_with_labels
from shared.domain.alerting.rule import ASKED, CONDITIONS, Level, Method, NoData, Rule, RuleType
from shared.domain.errors import InvalidDefinition, Problem
from shared.egress.guard import problem_with_url

RULE_TYPES: tuple[RuleType, ...] = get_args(RuleType)
LEVELS: tuple[Level, ...] = get_args(Level)
#: Types of which no sample means that something is missing.
_MISSED = ASKED | {"backup_age"}

_CHANNEL = re.compile(PATTERN[1:-1], re.ASCII)


def read_new(document: Mapping[str, Any]) -> WrittenRule:
    """Return the rule that *document* asks for.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    return _judged(_validated(AlertRuleCreate, document))


def read_trial(document: Mapping[str, Any]) -> WrittenRule:
    """Return the rule that *document* wants tried.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    return _judged(_validated(AlertRuleTest, document))


def read_change(document: Mapping[str, Any], stored: WrittenRule) -> WrittenRule:
    """Return *stored* with the fields that *document* gives.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    wished = _validated(AlertRuleUpdate, document)
    kept = {**stored._asdict(), **{name: json.loads(getattr(stored, name)) for name in _JSON}}
    given = {name: getattr(wished, name) for name in wished.model_fields_set}
    if "rule_type" in given and given["rule_type"] != stored.rule_type:
        # What was said of another type means nothing to this one.
        kept |= {"rule_conditions": None, "query": None, "no_data": None}
    return _judged(AlertRuleUpdate.model_construct(**{**kept, **given}))


_JSON = ("rule_conditions", "query", "labels", "annotations")


def as_rule(row: RuleRow) -> Rule:
    """Return a stored rule as it is measured and judged."""
    return rule_of(row.written, row.id, row.version)


def rule_of(written: WrittenRule, identity: UUID, version: int = 1) -> Rule:
    """Return what somebody said of a rule as it is measured and judged."""
    kind = cast(RuleType, written.rule_type)
    return Rule(
        id=identity,
        name=written.name,
        version=version,
        rule_type=kind,
        level=cast(Any, written.alert_level),
        operator=cast(Any, written.threshold_operator),
        threshold=written.threshold_value,
        enabled=written.enabled,
        conditions=CONDITIONS[kind].model_validate_json(written.rule_conditions),
        query=json.loads(written.query),
        window=timedelta(seconds=written.window_seconds),
        interval=timedelta(seconds=written.interval_seconds),
        hold=timedelta(seconds=written.for_seconds),
        keep_firing=timedelta(seconds=written.keep_firing_for_seconds),
        after_samples=written.after_samples,
        clear_samples=written.clear_samples,
        no_data=cast(Any, written.no_data),
        on_error=cast(Any, written.on_error),
        labels=json.loads(written.labels),
        annotations=json.loads(written.annotations),
    )


def targets_of(target: str | None) -> list[str]:
    """Return the addresses and channels that a `notification_target` names."""
    return [each.strip() for each in (target or "").split(",") if each.strip()]


def channels_of(written: WrittenRule) -> list[str]:
    """Return the channels that a rule names."""
    return [each for each in targets_of(written.notification_target) if "@" not in each]


def _validated(model: type[AlertRuleUpdate], document: Mapping[str, Any]) -> AlertRuleUpdate:
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None


def _judged(wished: AlertRuleUpdate) -> WrittenRule:
    problems = [
        *_with_query(wished.rule_type, wished.query),
        *_with_conditions(wished.rule_type, wished.rule_conditions or {}),
        *_with_target(wished.notification_method, wished.notification_target),
        *_with_time(wished),
        *(each.under("/labels") for each in problems_with_labels(wished.labels)),
        *(each.under("/annotations") for each in problems_with_annotations(wished.annotations)),
    ]
    if problems:
        raise InvalidDefinition(problems)
    usual: NoData = "nodata" if wished.rule_type in _MISSED else "ok"
    return WrittenRule(
        name=wished.name,
        description=wished.description,
        rule_type=wished.rule_type,
        alert_level=wished.alert_level,
        threshold_operator=wished.threshold_operator,
        threshold_value=float(wished.threshold_value),
        enabled=wished.enabled,
        notification_method=wished.notification_method,
        notification_target=", ".join(targets_of(wished.notification_target)) or None,
        rule_conditions=_json(wished.rule_conditions or {}),
        query=_json(wished.query),
        window_seconds=wished.window_seconds,
        interval_seconds=wished.interval_seconds,
        for_seconds=wished.for_seconds,
        keep_firing_for_seconds=wished.keep_firing_for_seconds,
        after_samples=wished.after_samples,
        clear_samples=wished.clear_samples,
        no_data=wished.no_data or usual,
        on_error=wished.on_error,
        labels=_json(wished.labels),
        annotations=_json(wished.annotations),
    )


def _with_query(kind: RuleType, query: Mapping[str, Any] | None) -> Iterator[Problem]:
    if kind not in ASKED:
        if query is not None:
            yield Problem("/query", "alert_rule.no_query", {"type": kind})
        return
    if query is None:
        yield Problem("/query", "field.required")
        return
    try:
        # As JSON, so that a list is as good as a tuple.
        read = QUERIES[kind].model_validate_json(_json(query))
    except pydantic.ValidationError as error:
        yield from (each.under("/query") for each in problems_of(error))
        return
    if isinstance(read, PromqlQuery | HttpProbe) and (code := problem_with_url(read.url)):
        yield Problem("/query/url", code)


def _with_conditions(kind: RuleType, conditions: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        CONDITIONS[kind].model_validate_json(_json(conditions), strict=True)
    except pydantic.ValidationError as error:
        yield from (each.under("/rule_conditions") for each in problems_of(error))


def _with_target(method: Method | None, target: str | None) -> Iterator[Problem]:
    pointer = "/notification_target"
    targets = targets_of(target)
    if method is None:
        if targets:
            yield Problem("/notification_method", "field.required")
        return
    if not targets:
        yield Problem(pointer, "field.required")
    for each in targets:
        if method == "email" and "@" in each:
            if not is_address(each):
                yield Problem(pointer, "channel.address")
        elif not _CHANNEL.fullmatch(each):
            yield Problem(pointer, "alert_rule.channel", {"method": method})


def _with_time(wished: AlertRuleUpdate) -> Iterator[Problem]:
    if wished.after_samples is not None and wished.for_seconds:
        yield Problem("/after_samples", "alert_rule.either", {"other": "for_seconds"})
    if wished.clear_samples is not None and wished.keep_firing_for_seconds:
        yield Problem("/clear_samples", "alert_rule.either", {"other": "keep_firing_for_seconds"})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
