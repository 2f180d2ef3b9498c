"""The form of every action that comes with the system is complete, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, get_args

from services.api.actions.catalogue import action_view, form_of
from shared.contracts.action import Action, ActionParams, Category, Context, Outcome
from shared.domain.texts.catalog import Language, Text
from tests.support.cases import table

OURS: list[Action[Any]] = [
    each.load()()
    for each in sorted(entry_points(group="automation.actions"), key=lambda each: each.name)
    if each.value.startswith("services.executor.actions")
]
LANGUAGES: tuple[Language, ...] = get_args(Language)
WIDGETS = {
    *("accounts", "account-tags", "account-groups", "alert-rule", "alert-rules", "script"),
    *("program", "event-subject", "condition", "codes", "key-value", "textarea"),
    *("code:json", "code:sql"),
}
#: Values that are words of another language, not ours: methods, operators, names of formats.
PLAIN = re.compile(r"[A-Z]+|[<>=!]+|gzip|zstd|sha256")

CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Written alike in both languages.
ALIKE = {"SQL", "PromQL", "S3"}


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every property of a schema and of what it is made of."""
    yield from schema.get("properties", {}).items()
    for inner in schema.get("$defs", {}).values():
        yield from fields(inner)


@table("action", OURS)
@table("language", LANGUAGES)
def test_every_parameter_has_a_title_and_help(action: Action[Any], language: Language) -> None:
    shown = action_view(action, language)

    for name, field in fields(shown["parameters"]):
        assert field.get("title"), name
        assert field.get("description"), name
        words = field["title"] + field["description"]
        if language == "zh-TW":
            assert CHINESE.search(words) or field["title"] in ALIKE, (name, words)
        else:
            assert not CHINESE.search(words), (name, words)


@table("action", OURS)
@table("language", LANGUAGES)
def test_every_choice_is_explained(action: Action[Any], language: Language) -> None:
    for name, field in fields(action_view(action, language)["parameters"]):
        values = field.get("enum", [])
        if all(PLAIN.fullmatch(str(each)) for each in values):
            continue
        assert field["x-choices"].keys() == {*values}, name
        if language == "zh-TW":
            assert all(CHINESE.search(each) for each in field["x-choices"].values()), name


@table("action", OURS)
def test_hints_are_such_as_a_page_knows(action: Action[Any]) -> None:
    view = action_view(action, "en")

    assert view["category"] in get_args(Category)
    assert view["category"] != "other"
    assert view["has_dry_run"]
    found = {field["x-widget"] for _, field in fields(view["parameters"]) if "x-widget" in field}
    assert found <= WIDGETS


class HelloParams(ActionParams):
    """Of a package that knows no form."""

    name: str = "you"


class Hello(Action[HelloParams]):
    """An action of another package, without translations."""

    name = "hello"
    title = Text("你好", "Hello")
    description = Text("打招呼", "Says hello")
    params = HelloParams

    async def run(self, params: HelloParams, context: Context) -> Outcome:
        del context
        return Outcome(params.name)


def test_an_action_without_translations_keeps_its_own_words() -> None:
    view = action_view(Hello(), "zh-TW")

    assert (view["category"], view["has_dry_run"]) == ("other", False)
    assert view["parameters"]["properties"]["name"] == {
        "default": "you",
        "title": "Name",
        "type": "string",
    }


def test_a_schema_with_odd_translations_is_left_as_it_is() -> None:
    odd = {"properties": {"a": {"title": "A", "x-i18n": "?", "default": {"x-i18n": {}}}}}

    assert form_of(odd, "zh-TW") == odd
