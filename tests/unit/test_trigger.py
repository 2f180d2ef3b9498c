"""What a trigger_config means, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.errors import InvalidDefinition
from shared.domain.trigger import Batch, Limit, Posture, parse_trigger
from shared.domain.trigger_subject import SubjectIndex, subject_matches
from shared.domain.trigger_template import key_of, mapped_params, parse_path
from tests.support.cases import table

MINUTE = timedelta(minutes=1)


def codes(config: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_trigger(config)
    return {problem.pointer: problem.code for problem in caught.value.problems}


def test_a_condition_alone_listens_to_every_event() -> None:
    trigger = parse_trigger({"condition": "error_rate > 10"})
    assert (trigger.subject, trigger.condition) == ("event.>", "error_rate > 10")
    assert trigger.posture is Posture.REACTIVE
    assert trigger.threshold == 1


@table("given", ["shop.order.*", "event.shop.order.*"])
def test_a_subject_may_leave_out_its_first_token(given: str) -> None:
    assert parse_trigger({"subject": given}).subject == "event.shop.order.*"


def test_everything_at_once() -> None:
    limit = {"limit": 5, "period_seconds": 60, "key": "event.data.account"}
    trigger = parse_trigger(
        {
            "subject": "shop.>",
            "type": "order.*",
            "condition": "total > 10",
            "for_each": ["data.account", "{{ event.source }}"],
            "posture": "reactive",
            "threshold": 3,
            "within_seconds": 60,
            "throttle": limit,
            "rate_limit": {"limit": 1, "period_seconds": 60},
            "batch": {"max_size": 10, "timeout_seconds": 60},
            "map": {"account": "{{ event.data.account }}", "fixed": 1},
        }
    )
    assert trigger.for_each == (("data", "account"), ("source",))
    assert trigger.within == MINUTE
    assert trigger.throttle == Limit(limit=5, period=MINUTE, key=("data", "account"))
    assert trigger.rate_limit == Limit(limit=1, period=MINUTE)
    assert trigger.batch == Batch(max_size=10, timeout=MINUTE)
    assert parse_trigger(trigger.config) == trigger


@table(
    ("kind", "event_type", "takes"),
    [
        (None, "order.created", True),
        ("order.created", "order.created", True),
        ("order.created", "order.created.late", False),
        ("order.*", "order.created", True),
        ("order.*", "orders.created", False),
        ("*", "anything", True),
    ],
)
def test_types_are_exact_or_begin_alike(kind: str | None, event_type: str, takes: bool) -> None:  # noqa: FBT001 - a table
    trigger = parse_trigger({"subject": "shop.>", **({"type": kind} if kind else {})})
    assert trigger.takes_type(event_type) is takes


@table(
    ("config", "pointer", "code"),
    [
        ({}, "", "trigger.every_event"),
        ({"condition": " "}, "", "trigger.every_event"),
        ({"subject": "event.>"}, "", "trigger.every_event"),
        ({"subject": "a..b"}, "/subject", "trigger.subject"),
        ({"subject": "a.>.b"}, "/subject", "trigger.subject"),
        ({"subject": "a.b*"}, "/subject", "trigger.subject"),
        ({"subject": "event"}, None, None),
        ({"subject": "a b"}, "/subject", "trigger.subject"),
        ({"subject": "a" * 300}, "/subject", "trigger.subject"),
        ({"subject": 5}, "/subject", "field.string"),
        ({"type": "a b"}, "/type", "trigger.type"),
        ({"type": "a*b"}, "/type", "trigger.type"),
        ({"condition": "x" * 1025}, "/condition", "condition.too_long"),
        ({"condition": True}, "/condition", "field.string"),
        ({"subject": "a", "for_each": "data.x"}, "/for_each", "trigger.paths"),
        ({"subject": "a", "for_each": ["data..x"]}, "/for_each/0", "trigger.path"),
        ({"subject": "a", "for_each": ["a"] * 6}, "/for_each", "trigger.too_many"),
        ({"subject": "a", "threshold": 0}, "/threshold", "field.range"),
        ({"subject": "a", "threshold": 2}, "/within_seconds", "trigger.within_required"),
        ({"subject": "a", "posture": "proactive"}, "/within_seconds", "trigger.within_required"),
        (
            {"subject": "a", "posture": "proactive", "within_seconds": 9},
            "/within_seconds",
            "field.range",
        ),
        ({"subject": "a", "posture": "eager"}, "/posture", "field.choice"),
        (
            {
                "subject": "a",
                "posture": "proactive",
                "within_seconds": 10,
                "debounce_seconds": 1,
            },
            "/debounce_seconds",
            "trigger.proactive_alone",
        ),
        (
            {
                "subject": "a",
                "debounce_seconds": 1,
                "batch": {"max_size": 2, "timeout_seconds": 1},
            },
            "/debounce_seconds",
            "trigger.batch_or_debounce",
        ),
        (
            {"subject": "a", "debounce_timeout_seconds": 1},
            "/debounce_timeout_seconds",
            "trigger.debounce_required",
        ),
        ({"subject": "a", "throttle": {"limit": 1}}, "/throttle/period_seconds", "field.required"),
        (
            {"subject": "a", "rate_limit": {"limit": 0, "period_seconds": 1}},
            "/rate_limit/limit",
            "field.range",
        ),
        ({"subject": "a", "batch": {"max_size": 1}}, "/batch/timeout_seconds", "field.required"),
        ({"subject": "a", "batch": 5}, "/batch", "field.object"),
        (
            {"subject": "a", "throttle": {"limit": 1, "period_seconds": 1, "key": "{{ x"}},
            "/throttle/key",
            "trigger.path",
        ),
        ({"subject": "a", "map": {"x": "{{ params.y }}"}}, "/map/x", "trigger.template"),
        ({"subject": "a", "map": {"a/b": "{{ event.data"}}, "/map/a~1b", "trigger.template"),
        ({"subject": "a", "map": []}, "/map", "field.object"),
        ({"subject": "a", "unknown": 1}, "/unknown", "field.unknown"),
    ],
)
def test_what_means_nothing_is_refused_where_it_stands(
    config: dict[str, Any], pointer: str | None, code: str | None
) -> None:
    if pointer is None:
        parse_trigger(config)
    else:
        assert codes(config).get(pointer) == code


@table(
    ("pattern", "subject", "matches"),
    [
        ("event.>", "event.a", True),
        ("event.>", "event", False),
        ("event.*", "event.a", True),
        ("event.*", "event.a.b", False),
        ("event.a.>", "event.a", False),
        ("event.a.*.c", "event.a.b.c", True),
        ("event.a.*.c", "event.a.b.d", False),
        ("event.*.b.>", "event.a.b.c.d", True),
        ("event.a", "event.a", True),
        ("event.a", "event.A", False),
    ],
)
def test_patterns_are_those_of_nats(pattern: str, subject: str, matches: bool) -> None:  # noqa: FBT001 - a table
    assert subject_matches(pattern, subject) is matches
    index: SubjectIndex[str] = SubjectIndex()
    index.add(pattern, "it")
    assert index.find(subject) == ({"it"} if matches else set())


@table(
    ("text", "path"),
    [
        ("data.account_id", ("data", "account_id")),
        ("event.data.account_id", ("data", "account_id")),
        ("{{ event.data.x }}", ("data", "x")),
        ("data.items.0", ("data", "items", "0")),
        ("event", None),
        ("", None),
        ("data.", None),
        ("data x", None),
        ("{{ data.x", None),
    ],
)
def test_paths(text: str, path: tuple[str, ...] | None) -> None:
    assert parse_path(text) == path


def test_keys_tell_values_of_different_types_apart() -> None:
    paths = [("data", "id")]
    keys = [key_of({"data": {"id": value}}, paths) for value in (1, "1", 1.5, None, True, [1])]
    assert len(set(keys)) == len(keys)
    assert key_of({"data": {}}, []) == "[]"
    assert len(key_of({"data": {"id": "x" * 10_000}}, paths)) == 64


def test_a_template_alone_keeps_the_type_and_within_text_is_written_out() -> None:
    event = {"data": {"n": 5, "list": [{"a": 1}], "null": None, "zh": "值"}}
    params = mapped_params(
        {
            "n": "{{ event.data.n }}",
            "text": "n={{event.data.n}} {{ event.data.zh }}{{ event.data.gone }}",
            "first": "{{ event.data.list.0.a }}",
            "null": "{{ event.data.null }}",
            "gone": "{{ event.data.gone }}",
            "nested": {"deep": ["{{ event.data.n }}", 2], "gone": "{{ event.data.gone }}"},
            "fixed": True,
        },
        event,
        {"gone": "default", "n": 1, "kept": 2},
    )
    assert params == {
        "n": 5,
        "text": "n=5 值",
        "first": 1,
        "null": None,
        "gone": "default",
        "nested": {"deep": [5, 2]},
        "fixed": True,
        "kept": 2,
    }


def test_without_a_map_the_parameters_are_those_of_the_task() -> None:
    assert mapped_params(None, {"data": {}}, {"a": 1}) is None
    assert mapped_params({}, {"data": {}}, {"a": 1}) == {"a": 1}
