"""How an account may be run: what is refused is named, what is filled in is never read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pydantic
import pytest

from services.account_runtime.command import judge, run_of
from services.account_runtime.plan import Refusal
from shared.contracts.account_config import RuntimeConfig, runtime_config
from shared.contracts.accounts import AccountDesired
from shared.domain.texts.account_runtime import TEXTS
from tests.support.cases import table

FINE: dict[str, Any] = {"command": ["demo-account", "--id", "{account_id}"]}
DEMO = ("demo-account",)


def test_what_is_not_said_has_a_default() -> None:
    config = runtime_config({"runtime": FINE})
    assert (config.port, config.health, config.reload) == (0, None, "restart")
    assert (config.ready.kind, config.restart.max, config.needs_login_exit) == ("process", 3, 77)


@table(
    ("wrong", "where", "code"),
    [
        ({"command": []}, "command", "too_short"),
        ({"command": ["  "]}, "command", "account.runtime.program"),
        ({"command": "sh -c id"}, "command", "list_type"),
        ({"command": ["a\0b"]}, "command.0", "account.runtime.nul"),
        ({"command": ["x"] * 65}, "command", "too_long"),
        ({"shell": True}, "shell", "extra_forbidden"),
        ({"env": {"A B": "x"}}, "env.A B", "account.runtime.variable"),
        ({"env": {"A": 1}}, "env.A", "string_type"),
        ({"port": 70_000}, "port", "less_than_equal"),
        ({"port": "80"}, "port", "int_type"),
        ({"ready": {"kind": "exec"}}, "ready.kind", "literal_error"),
        ({"ready": {"kind": "http", "path": "//evil\n"}}, "ready.path", "string_pattern_mismatch"),
        ({"ready": {"kind": "http", "path": "@evil/"}}, "ready.path", "string_pattern_mismatch"),
        ({"ready": {"kind": "file", "file": "../x"}}, "ready.file", "account.runtime.outside"),
        ({"ready": {"kind": "file", "file": "/x"}}, "ready.file", "account.runtime.outside"),
        ({"ready": {"kind": "file", "file": "."}}, "ready.file", "account.runtime.outside"),
        ({"health": {"interval_seconds": 0}}, "health.interval_seconds", "greater_than_equal"),
        ({"stop_grace_seconds": float("nan")}, "stop_grace_seconds", "finite_number"),
        ({"restart": {"max": -1}}, "restart.max", "greater_than_equal"),
        ({"reload": "exec"}, "reload", "literal_error"),
    ],
)
def test_what_makes_no_sense_is_named(wrong: dict[str, Any], where: str, code: str) -> None:
    with pytest.raises(pydantic.ValidationError) as error:
        runtime_config({"runtime": {**FINE, **wrong}})
    found = {
        ".".join(str(step) for step in each["loc"] if step != "[key]"): each["type"]
        for each in error.value.errors()
    }
    assert found == {where: code}
    if code.startswith("account."):
        assert all(TEXTS[code])
    judged = judge({"runtime": {**FINE, **wrong}}, DEMO)
    assert isinstance(judged, Refusal)
    assert judged.detail.startswith(f"config.runtime.{where.partition('.')[0]}")


@table(
    "name",
    [
        *("PATH", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "NODE_OPTIONS", "AUTOMATION_HOME", "IFS"),
        *("LUA_INIT", "PHPRC", "OPENSSL_CONF", "DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER"),
    ],
)
def test_no_variable_may_change_which_program_runs(name: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=r"account\.runtime\.reserved"):
        runtime_config({"runtime": {**FINE, "env": {name: "x"}}})


def test_variables_of_its_own_are_its_own() -> None:
    names = ["LDAP_URL", "NODE_ENV", "HOME", "PATHS", "JAVASCRIPT", "MODE"]
    assert runtime_config({"runtime": {**FINE, "env": dict.fromkeys(names, "x")}}).env


def test_only_programs_that_are_allowed_and_there_are_run() -> None:
    assert isinstance(judge({"runtime": FINE}, DEMO), RuntimeConfig)
    for config, detail in (
        ({}, "config.runtime is missing"),
        ({"runtime": None}, "config.runtime is missing"),
        ({"runtime": []}, "config.runtime: "),
        ({"runtime": {"command": ["sh"]}}, "'sh' is not among"),
        ({"runtime": {"command": ["./demo-account"]}}, "is not among"),
        ({"runtime": {"command": ["{account_id}"]}}, "is not among"),
    ):
        judged = judge(config, DEMO)
        assert isinstance(judged, Refusal)
        assert detail in judged.detail


def test_placeholders_are_filled_in_once_and_as_they_are() -> None:
    config = RuntimeConfig.model_validate(
        {
            "command": ["demo-account", "{account_id}", "{port}{port}", "{ports}", "{script}"],
            "env": {"WHERE": "{folder}/{account_id}"},
        }
    )
    wish = AccountDesired(
        id=UUID(int=1),
        account_id="{folder} $(id)",
        server_id="default",
        generation=1,
        desired="running",
        at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    run = run_of(
        config,
        wish,
        token="t",  # noqa: S106 - not a secret
        port=4000,
        home=Path("/f"),
        marks={"MARK": "/f"},
        log_bytes=1,
        now=7.0,
    )
    assert run.argv[-4:] == ("{folder} $(id)", "40004000", "{ports}", "/f/script.yaml")
    assert run.env["WHERE"] == "/f/{folder} $(id)"
    assert (run.env["HOME"], run.env["MARK"]) == ("/f", "/f")
    assert run.ready_by == 67.0
