"""The query language of the task list: what a line means, and where it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.tasks.query.fields import FIELDS
from services.api.tasks.query.offered import fields_view
from services.api.tasks.query.reading import Pattern, Span, Term, read_query
from services.api.wire.texts import all_texts
from shared.domain.errors import InvalidDefinition, Problem
from tests.support.cases import table

NOW = datetime(2026, 3, 10, 20, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")


def read(line: str) -> tuple[Term, ...]:
    return read_query(line, now=NOW, zone=TAIPEI)


def problems(line: str) -> list[Problem]:
    with pytest.raises(InvalidDefinition) as caught:
        read(line)
    return list(caught.value.problems)


@table(
    ("line", "term"),
    [
        ("backup", Term("text", ":", (Pattern("backup"),))),
        ("備份", Term("text", ":", (Pattern("備份"),))),
        ('"night shift"', Term("text", ":", (Pattern("night shift"),))),
        ("-backup", Term("text", ":", (Pattern("backup"),), negated=True)),
        ("-", Term("text", ":", (Pattern("-"),))),
        ("10:30", Term("text", ":", (Pattern("10:30"),))),
        ("enabled:true", Term("enabled", ":", (True,))),
        ("ENABLED:No", Term("enabled", ":", (False,))),
        ("type:scheduled,manual", Term("type", ":", ("scheduled", "manual"))),
        ("action!=noop", Term("action", ":", ("noop",), negated=True)),
        ("-action!=noop", Term("action", ":", ("noop",))),
        ('name:"night*"', Term("name", ":", (Pattern("night*"),))),
        ('name="a \\"b\\""', Term("name", ":", (Pattern('a "b"', exact=True),))),
        ("id:" + str(UUID(int=7)), Term("id", ":", (UUID(int=7),))),
        ("id:3f2a", Term("id", ":", (Pattern("3f2a"),))),
        ("priority>=4", Term("priority", ">=", (4,))),
        ("next<1h", Term("next", "<", (NOW + timedelta(hours=1),))),
        ("last_run<1h", Term("last_run", ">", (NOW - timedelta(hours=1),))),
        ("created>7d", Term("created", "<", (NOW - timedelta(days=7),))),
        ("next:never", Term("next", ":", (None,))),
        ("upstream:" + str(UUID(int=7)), Term("upstream", ":", (UUID(int=7),))),
        (
            "created>=2026-01-01T00:00:00Z",
            Term("created", ">=", (datetime(2026, 1, 1, tzinfo=UTC),)),
        ),
    ],
)
def test_a_word_is_read(line: str, term: Term) -> None:
    assert read(line) == (term,)


def test_days_are_those_of_the_zone() -> None:
    day = Span(datetime(2026, 1, 2, tzinfo=TAIPEI), datetime(2026, 1, 3, tzinfo=TAIPEI))

    assert read("created:2026-01-02")[0].values == (day,)
    assert read("created>2026-01-02")[0] == Term("created", ">=", (day.end,))
    assert read("created<=2026-01-02")[0] == Term("created", "<", (day.end,))
    assert read("created<2026-01-02")[0] == Term("created", "<", (day.start,))
    # It is the 11th in Taipei already.
    assert read("next:today")[0].values == (
        Span(datetime(2026, 3, 11, tzinfo=TAIPEI), datetime(2026, 3, 12, tzinfo=TAIPEI)),
    )


def test_all_words_of_a_line_are_terms() -> None:
    assert [each.field for each in read("  a  enabled:true　-has:retry ")] == [
        "text",
        "enabled",
        "has",
    ]
    assert read("") == ()


@table(
    ("line", "code", "position", "length"),
    [
        ("a colour:red", "query.field_unknown", 2, 6),
        ("-colour:red", "query.field_unknown", 1, 6),
        ("enabled:maybe", "query.choice", 8, 5),
        ("enabled<true", "query.operator", 7, 1),
        ("last:success,bad", "query.choice", 13, 3),
        ("priority:high", "query.number", 9, 4),
        ("next<soon", "query.time", 5, 4),
        ("created:2026-02-30", "query.time", 8, 10),
        ("created>0001-01-01T00:00:00+14:00", "query.time", 8, 25),
        ("next<999999w", "query.time", 5, 7),
        ("created:9999-12-31T23:59:59.5Z", "query.time", 8, 22),
        ("created<0001-01-01", "query.time", 8, 10),
        ("priority<1,2", "query.one_value", 11, 1),
        ("upstream:x", "query.task_id", 9, 1),
        ("name:", "query.value_missing", 4, 1),
        ("name: x", "query.value_missing", 5, 1),
        ("name:a,", "query.value_missing", 6, 1),
        ('a name:"night', "query.quote_open", 7, 6),
        ("x " * 31, "query.too_many_words", 60, 1),
        ("x" * 2_001, "query.too_long", 2_000, 1),
        ("action:" + ",".join("x" * 51), "query.too_many_values", 107, 1),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    line: str, code: str, position: int, length: int
) -> None:
    (problem,) = problems(line)

    assert (problem.code, problem.pointer) == (code, "/query/q")
    assert (problem.params["position"], problem.params["length"]) == (position, length)
    assert code in all_texts()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert [each.params["position"] for each in problems("a:1 enabled:true b:2 next<x")] == [
        0,
        17,
        26,
    ]


@given(st.text(max_size=60))
def test_any_line_has_a_meaning_or_problems_within_it(line: str) -> None:
    try:
        read(line)
    except InvalidDefinition as error:
        for problem in error.problems:
            position = problem.params["position"]
            assert isinstance(position, int)
            assert 0 <= position <= len(line)


def test_every_field_is_offered_with_a_sentence_in_both_languages() -> None:
    for language in ("zh-TW", "en"):
        offered = fields_view({"queues": ["slow"]}, language)
        assert {each["name"] for each in offered["items"]} == set(FIELDS)
        assert not [each for each in offered["items"] if each["help"].startswith("query.")]
    queue = next(each for each in offered["items"] if each["name"] == "queue")
    assert queue["choices"] == ["slow"]


@table("field", [each.name for each in FIELDS.values() if each.kind != "task"])
def test_every_example_can_be_read(field: str) -> None:
    assert read(FIELDS[field].example)[0].field == field
