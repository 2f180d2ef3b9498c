"""The fields of events are told with what conditions and templates call them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.api.events.fields import MOST_FIELDS, expression_of, fields_of, template_path
from shared.domain.event import Event
from shared.domain.trigger_template import parse_path, value_at
from shared.runtime.cel import Condition
from tests.support.cases import table

AT = datetime(2026, 1, 1, tzinfo=UTC)


def event(data: object) -> Event:
    return Event(
        id="1", source="shop", type="order", time=AT, subject="event.shop.order", data=data
    )


@table(
    ("path", "expression"),
    [
        (("total",), "total"),
        (("order", "id"), "order.id"),
        (("type",), "event.data.type"),
        (("size", "x"), "event.data.size.x"),
        (("order", "type"), "order.type"),
        (("order", "in"), 'order["in"]'),
        (("order-id",), 'event.data["order-id"]'),
        (("a", "b c"), 'a["b c"]'),
        (("event",), "event.data.event"),
        (("金額",), 'event.data["金額"]'),
    ],
)
def test_a_condition_reads_what_the_expression_names(
    path: tuple[str, ...], expression: str
) -> None:
    data: object = 7
    for step in reversed(path):
        data = {step: data}

    assert expression_of(path) == expression
    assert Condition(f"{expression} == 7").evaluate(event(data).as_json()) is True


def test_a_template_reads_what_the_path_names() -> None:
    path = template_path(("order", "total"))

    steps = parse_path(path or "")
    assert steps is not None
    assert value_at(event({"order": {"total": 5}}).as_json(), steps) == 5
    assert template_path(("a.b",)) is None


def test_fields_are_told_with_types_and_samples_the_most_frequent_first() -> None:
    found = fields_of(
        [
            event({"a": 1, "b": {"c": "x" * 100}}),
            event({"a": True}),
            event({"a": None, "list": [1], "empty": {}}),
            event([1, 2]),
        ]
    )

    assert [(each["path"], each["count"]) for each in found] == [
        ("data.a", 3),
        ("data.b.c", 1),
        ("data.empty", 1),
        ("data.list", 1),
    ]
    assert found[0]["samples"] == [1, True, None]
    assert found[1]["samples"] == ["x" * 80]
    assert (found[2]["types"], found[3]["types"]) == (["object"], ["list"])


def test_there_is_an_end_to_fields() -> None:
    wide = {f"f{number}": number for number in range(MOST_FIELDS + 50)}

    assert len(fields_of([event(wide)])) == MOST_FIELDS
