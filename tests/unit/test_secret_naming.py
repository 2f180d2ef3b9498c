"""Where a configuration names secrets is read off the schema of the action, wherever it lies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.api.secrets.naming import Named, named_secrets, secret_problems, secrets_of_task
from shared.contracts.action import Action, ActionParams, Context, Outcome, SecretName
from shared.domain.texts.catalog import Text
from tests.support.cases import table

Key = Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")]


class Bearer(ActionParams):
    """Names one."""

    kind: Literal["bearer"]
    value: SecretName


class Plain(ActionParams):
    """Names none under the same name."""

    kind: Literal["plain"]
    value: str


class Tree(ActionParams):
    """Holds itself."""

    leaf: SecretName | None = None
    below: list[Tree] = Field(default=[])


class Params(ActionParams):
    """One place of each kind."""

    top: SecretName | None = None
    auth: Annotated[Bearer | Plain, Field(discriminator="kind")] | None = None
    env: dict[Key, SecretName] = Field(default={})
    pair: tuple[str, SecretName] | None = None
    tree: Tree | None = None
    words: list[str] = Field(default=[])


class Names(Action[Params]):
    """Only read, never run."""

    name = "names"
    title = description = Text("名", "Names")
    params = Params

    async def run(self, params: Params, context: Context) -> Outcome:
        raise NotImplementedError


CASES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"top": "a", "words": ["a", "b"]}, [("/top", "a")]),
    ({"auth": {"kind": "bearer", "value": "a"}}, [("/auth/value", "a")]),
    ({"auth": {"kind": "plain", "value": "a"}}, []),
    ({"env": {"X": "a", "Y": "b"}}, [("/env/X", "a"), ("/env/Y", "b")]),
    ({"pair": ["x", "a"]}, [("/pair/1", "a")]),
    (
        {"tree": {"leaf": "a", "below": [{}, {"below": [{"leaf": "b"}]}]}},
        [("/tree/leaf", "a"), ("/tree/below/1/below/0/leaf", "b")],
    ),
    ({"top": 5, "auth": [], "env": "x", "tree": {"below": {}}, "unknown": {"top": "a"}}, []),
]


@table(("config", "expected"), CASES)
def test_every_place_is_found(config: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert named_secrets(Names(), config) == [Named(*each) for each in expected]


@table("config", [None, [], "x", 5])
def test_what_is_no_configuration_names_nothing(config: object) -> None:
    assert named_secrets(Names(), config) == named_secrets(None, {"top": "a"}) == []


def test_a_template_is_found_where_it_could_bring_a_secret_and_nowhere_else() -> None:
    mapping = {
        "top": "{{ event.a }}",
        "auth": "{{ event.b }}",
        "env": {"X": "x-{{ event.c }}"},
        "tree": {"below": "{{ event.d }}"},
        "words": ["{{ event.e }}"],
    }

    found = secrets_of_task(Names(), {"top": "a"}, {"map": mapping})

    assert [each.pointer for each in found] == [
        "/action_config/top",
        "/trigger_config/map/top",
        "/trigger_config/map/auth",
        "/trigger_config/map/env/X",
        "/trigger_config/map/tree/below",
    ]
    problems = secret_problems(found, frozenset({"a"}))
    assert {each.code for each in problems} == {"secret.from_event"}
    assert len(problems) == 4
