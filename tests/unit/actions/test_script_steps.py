"""Who gets a new version of a script first, and where a later attempt goes on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from services.executor.actions.script_publish.params import ScriptPublishParams, Strategy
from services.executor.actions.script_publish.steps import Stage, in_order, stages_of
from tests.support.cases import table


@dataclass(frozen=True)
class Account:
    """An account of which only the name is known."""

    account_id: str


def test_the_canaries_of_a_fleet_are_always_the_same() -> None:
    fleet = [Account(f"a{number}") for number in range(1, 7)]

    assert [each.account_id for each in in_order(fleet)] == ["a2", "a4", "a5", "a6", "a3", "a1"]


def test_the_usual_steps() -> None:
    assert stages_of(20, Strategy()) == [Stage(20, 0)]
    assert stages_of(20, Strategy(type="canary")) == [Stage(2, 60), Stage(20, 0)]
    assert [each.upto for each in stages_of(20, Strategy(type="waves"))] == [5, 10, 15, 20]
    assert stages_of(1, Strategy(type="canary")) == [Stage(1, 60)], "one account is its own canary"
    assert stages_of(0, Strategy(type="canary")) == []


@table(
    ("params", "code"),
    [
        ({"version": "newest"}, "publish.version"),
        ({"version": 0}, "publish.version"),
        ({"version": "A" * 64}, "publish.version"),
        ({"version": "007"}, "publish.version"),
        ({"version": "\N{ARABIC-INDIC DIGIT ONE}"}, "publish.version"),
        ({"version": "9" * 5000}, "publish.version"),
        ({"rollback": True, "version": 3}, "publish.rollback_version"),
        ({"strategy": {"type": "all", "steps": [{"percent": 100}]}}, "publish.steps_of_all"),
        ({"strategy": {"type": "canary", "steps": [{"percent": 50}]}}, "publish.steps"),
        (
            {"strategy": {"type": "waves", "steps": [{"percent": 50}, {"percent": 50}]}},
            "publish.steps",
        ),
        ({"environment": "Production"}, "string_pattern_mismatch"),
        ({"gate": {}}, "missing"),
        ({"colour": "red"}, "extra_forbidden"),
    ],
)
def test_bad_parameters_are_refused(params: dict[str, object], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ScriptPublishParams.model_validate({"script_id": "s1", **params})

    assert [each["type"] for each in refused.value.errors()] == [code]


@table("version", ["latest_approved", 3, "3", "0" * 64])
def test_good_versions_are_taken(version: object) -> None:
    params = {"script_id": "s1", "version": version}

    assert ScriptPublishParams.model_validate(params).version == version
