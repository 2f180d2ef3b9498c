"""What of programs, statements, functions and events is refused when a task is saved."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.actions.python.action import PythonParams
from services.executor.actions.shell import ShellParams
from services.executor.actions.sql.action import SqlParams, is_reading
from services.executor.actions.wait_for_event import WaitForEventParams
from shared.contracts.action import ActionParams
from shared.runtime.action_catalog import action_catalog
from tests.support.cases import table

BIN = ["/bin/true"]


@table(
    ("model", "given", "code"),
    [
        (ShellParams, {"argv": []}, "too_short"),
        (ShellParams, {"argv": "/bin/sh -c true"}, "list_type"),
        (ShellParams, {"argv": ["bin/true"]}, "argv.program"),
        (ShellParams, {"argv": ["../true"]}, "argv.program"),
        (ShellParams, {"argv": ["-c"]}, "argv.program"),
        (ShellParams, {"argv": [""]}, "argv.program"),
        (ShellParams, {"argv": ["/bin/echo", "a\0b"]}, "text.nul"),
        (ShellParams, {"argv": BIN, "env": {"A B": "x"}}, "env.name"),
        (ShellParams, {"argv": BIN, "env": {"A=": "x"}}, "env.name"),
        (ShellParams, {"argv": BIN, "env": {"AUTOMATION_RUN_ID": "x"}}, "env.name"),
        (ShellParams, {"argv": BIN, "env": {"A": "x\0"}}, "text.nul"),
        (ShellParams, {"argv": BIN, "env": {"A": "x"}, "secret_env": {"A": "b"}}, "env.twice"),
        (ShellParams, {"argv": BIN, "env": {"A": "x" * 33_000}}, "env.too_large"),
        (ShellParams, {"argv": BIN, "secret_env": {"A": "No Name"}}, "string_pattern_mismatch"),
        (ShellParams, {"argv": BIN, "stdin": "x" * 50_000}, "stdin.too_large"),
        (ShellParams, {"argv": BIN, "exit_codes": [256]}, "less_than_equal"),
        (ShellParams, {"argv": BIN, "limits": {"cpu_seconds": 0}}, "greater_than_equal"),
        (PythonParams, {"function": "a b"}, "function.name"),
        (PythonParams, {"function": "a.b:c.d"}, "function.name"),
        (PythonParams, {"function": "../x:y"}, "function.name"),
        (PythonParams, {"function": "f", "arguments": {"a b": 1}}, "argument.name"),
        (
            PythonParams,
            {"function": "f", "arguments": {"a": 1}, "secret_arguments": {"a": "b"}},
            "arguments.twice",
        ),
        (PythonParams, {"function": "f", "arguments": {"a": "x" * 50_000}}, "arguments.too_large"),
        (SqlParams, {"dsn": "postgresql://x", "statement": "SELECT 1"}, "string_pattern_mismatch"),
        (SqlParams, {"dsn": "db", "statement": "DELETE FROM x"}, "sql.not_reading"),
        (SqlParams, {"dsn": "db", "statement": "/* SELECT */ DROP x"}, "sql.not_reading"),
        (SqlParams, {"dsn": "db", "statement": "SELECT '\0'"}, "text.nul"),
        (SqlParams, {"dsn": "db", "statement": "COPY x TO PROGRAM 'y'"}, "sql.not_reading"),
        (
            SqlParams,
            {"dsn": "db", "statement": "SELECT 1", "expect_rows": {"min": 2, "max": 1}},
            "rows.range",
        ),
        (
            SqlParams,
            {"dsn": "db", "statement": "SELECT 1", "expect_value": {"op": "lt", "value": "a"}},
            "claim.number",
        ),
        (WaitForEventParams, {"subject": "task.finished.*"}, "subject.pattern"),
        (WaitForEventParams, {"subject": "event.a", "condition": "a >"}, "condition.syntax"),
        (WaitForEventParams, {"subject": "event.a", "condition": "1"}, "condition.not_boolean"),
        (WaitForEventParams, {"subject": "event.a", "within_seconds": 0}, "greater_than_equal"),
    ],
)
def test_bad_parameters_are_refused(
    model: type[ActionParams], given: dict[str, Any], code: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)

    assert caught.value.errors()[0]["type"] == code


@table(
    "statement",
    ["SELECT 1", "  select 1", "(SELECT 1)", "-- why\n/* and\nhow */ WITH x AS (SELECT 1) TABLE x"],
)
def test_a_statement_that_reads_is_known(statement: str) -> None:
    assert is_reading(statement)


@table(
    "name",
    [
        *("http_request", "nats_publish", "nats_request", "noop", "python", "shell", "sql"),
        "wait_for_event",
    ],
)
def test_every_field_of_every_form_speaks_both_languages(name: str) -> None:
    action = action_catalog()[name]
    schema = action.params.model_json_schema()
    forms = [schema, *schema.get("$defs", {}).values()]
    fields = [field for form in forms for field in form.get("properties", {}).items()]

    assert action.title.zh_tw != action.title.en
    assert "dry_run" in schema["properties"]
    for field, shown in fields:
        chinese = shown["x-i18n"]["zh-TW"]
        assert shown.get("title") or "$ref" in shown, field  # then what it refers to has one
        assert shown["description"], field
        assert chinese["title"], field
        assert chinese["description"], field
