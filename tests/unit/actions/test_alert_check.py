"""What a task may say of a check, and how answers are read; no server is asked."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.api.wire.texts import all_texts
from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.alert_check.measuring import read
from services.executor.actions.alert_check.params import AlertCheckParams
from services.executor.actions.alert_check.promql import read_answer
from services.executor.actions.alert_check.sql import read_rows
from shared.domain.alerting.samples import Sample
from tests.support.cases import table

ROOT = Path(__file__).parents[3]
PROMQL = {"url": "https://prometheus.example.com", "expr": "up"}
_CODE = re.compile(r'"(alert(?:_rule|_check)?\.(?!acknowledged)[a-z_]+)"')


def test_nothing_said_means_all_rules() -> None:
    params = AlertCheckParams.model_validate({})

    assert (params.rules, params.tries, params.timeout_seconds) == ([], 3, 30)


@table(
    ("given", "where", "code"),
    [
        ({"rules": ["a", "a"]}, (), "alert_check.twice"),
        ({"rules": [""]}, ("rules", 0), "string_too_short"),
        ({"tries": 0}, ("tries",), "greater_than_equal"),
        ({"parallel": 21}, ("parallel",), "less_than_equal"),
        ({"query": {"promql": PROMQL}}, ("query", "threshold_value"), "missing"),
        ({"query": {"threshold_value": 1}}, ("query",), "alert_check.one_query"),
        (
            {"query": {"promql": {**PROMQL, "url": "file:///x"}, "threshold_value": 1}},
            ("query", "promql", "url"),
            "url.scheme",
        ),
        (
            {"query": {"http": {"url": "https://x", "measure": "age"}, "threshold_value": 1}},
            ("query", "http", "measure"),
            "literal_error",
        ),
        (
            {"query": {"sql": {"dsn_secret": "p@ss", "statement": "x"}, "threshold_value": 1}},
            ("query", "sql", "dsn_secret"),
            "string_pattern_mismatch",
        ),
        (
            {"query": {"promql": PROMQL, "threshold_value": 1}, "rules": ["a"]},
            (),
            "alert_check.either",
        ),
    ],
)
def test_bad_parameters_are_refused_by_name(
    given: dict[str, Any], where: tuple[str | int, ...], code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        AlertCheckParams.model_validate(given)

    assert [(each["loc"], each["type"]) for each in refused.value.errors()] == [(where, code)]


def test_every_field_is_named_in_both_languages() -> None:
    schema = AlertCheckParams.model_json_schema()

    for part in (schema, *schema["$defs"].values()):
        for name, shown in part.get("properties", {}).items():
            assert shown["title"], name
            assert shown["x-i18n"]["zh-TW"]["title"], name


def test_every_code_has_its_text() -> None:
    places = ("services/api", "shared", "services/executor/actions/alert_check")
    sources = [path for place in places for path in (ROOT / place).rglob("*.py")]
    spoken = {code for path in sources for code in _CODE.findall(path.read_text("utf-8"))}

    assert spoken >= {"alert_rule.either", "alert.resolved", "alert_check.twice"}
    assert spoken - set(all_texts()) == set()


@table(
    ("status", "document", "permanent"),
    [
        (400, {"status": "error", "errorType": "bad_data", "error": "parse error"}, True),
        (503, {"status": "error", "errorType": "timeout", "error": "too slow"}, False),
        (422, {"status": "error", "errorType": "execution", "error": "many-to-many"}, True),
        (401, {}, True),
        (502, [], False),
        (200, {"status": "success"}, False),
        (200, {"status": "success", "data": {"resultType": "matrix", "result": []}}, True),
        (
            200,
            {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}}]}},
            False,
        ),
    ],
)
def test_an_answer_that_is_no_vector_is_an_error(
    status: int,
    document: Any,  # noqa: ANN401 - JSON
    permanent: bool,  # noqa: FBT001 - a column of the table
) -> None:
    with pytest.raises(NotMeasured) as failed:
        read_answer(status, document)

    assert failed.value.permanent is permanent


def test_vectors_and_scalars_are_samples() -> None:
    scalar = {"resultType": "scalar", "result": [1.5, "+Inf"]}

    assert read_answer(200, {"status": "success", "data": scalar}) == [Sample({}, math.inf)]


@table(
    ("columns", "row", "sample"),
    [
        (["count"], [3], Sample({}, 3.0)),
        (["value"], ["12.50"], Sample({}, 12.5)),
        (["who", "value", "n"], ["a", 1, 7], Sample({"who": "a", "n": "7"}, 1.0)),
        (["who", "value"], [None, 1], Sample({}, 1.0)),
        (["value"], [None], None),
        (["a", "b"], ["x", 1], NotMeasured),
        (["value"], [True], NotMeasured),
        (["value"], ["x"], NotMeasured),
        (["value"], [[1]], NotMeasured),
    ],
)
def test_rows_are_samples(columns: list[str], row: list[Any], sample: Any) -> None:  # noqa: ANN401 - a sample or an error
    said = {"columns": columns, "rows": [row], "count": 1}
    if sample is NotMeasured:
        with pytest.raises(NotMeasured):
            read_rows(said)
    else:
        assert read_rows(said) == ([sample] if sample else [])


def test_only_what_meets_the_condition_travels() -> None:
    samples = [Sample({"n": f"{number:03}"}, float(number)) for number in range(300)]

    measured = read(samples, ">=", 100)

    assert (measured.samples, measured.met_count, len(measured.met)) == (300, 200, 101)
    assert measured.met[0].labels == {"n": "100"}
    with pytest.raises(NotMeasured, match="same labels"):
        read([Sample({"__name__": "a"}, 1), Sample({"__name__": "b"}, 1)], ">", 0)
    with pytest.raises(NotMeasured, match="more than 5000"):
        read([Sample({"n": str(number)}, 1) for number in range(5001)], ">", 0)
