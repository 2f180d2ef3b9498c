"""A task made of a template: its blanks filled with parameters. Pure.

`{{ cron }}` alone keeps the type of the parameter; in the midst of other text it is written out. A
field that is nothing but a parameter that was not given is left out, and so is an object of which
nothing is left. There is nothing else in this language, and what a parameter holds is not looked at
again; so `{{ event.data.id }}`, which is for the trigger, stays as it is. A pair of texts,
`{zh-TW: …, en: …}`, becomes the one of the caller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.domain.errors import Problem
from shared.domain.texts.catalog import Language

#: `event`, `events` and `params` are words of triggers and keys.
BLANK = re.compile(r"\{\{ *(?!(?:events?|params)\b)([a-z][a-z0-9_]*) *\}\}", re.ASCII)
LANGUAGES = frozenset({"zh-TW", "en"})

_LEFT_OUT = object()


class Filled:
    """A task, and from which parameter each of its fields came."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], language: Language
    ) -> None:
        self._parameters = parameters
        self._language = language
        self._sources: dict[str, str] = {}
        task = self._fill(template, "")
        assert isinstance(task, dict)  # noqa: S101 - a template is one
        self.task: dict[str, Any] = task

    def as_sent(self, problem: Problem, overridden: Mapping[str, Any]) -> Problem:
        """Return a problem of the task as one of what the caller sent, where it came from there.

        What lies in neither is told of the task itself: the template does not fit any more.
        """
        steps = problem.pointer.split("/")
        if _holds(overridden, steps[1:]):
            return problem.under("/overrides")
        for length in range(len(steps), 1, -1):
            source = self._sources.get("/".join(steps[:length]))
            if source is not None:
                rest = "".join(f"/{step}" for step in steps[length:])
                return Problem(f"/parameters/{source}{rest}", problem.code, problem.params)
        return problem.under("/task")

    def _fill(self, template: object, pointer: str) -> object:
        if is_pair(template):
            assert isinstance(template, Mapping)  # noqa: S101 - just seen
            return self._fill(template[self._language], pointer)
        if isinstance(template, Mapping):
            filled = {key: self._fill(each, f"{pointer}/{key}") for key, each in template.items()}
            kept = {key: value for key, value in filled.items() if value is not _LEFT_OUT}
            return kept if kept or not template else _LEFT_OUT
        if isinstance(template, list):
            values = [self._fill(each, f"{pointer}/{at}") for at, each in enumerate(template)]
            return [value for value in values if value is not _LEFT_OUT]
        return self._fill_text(template, pointer) if isinstance(template, str) else template

    def _fill_text(self, template: str, pointer: str) -> object:
        names = BLANK.findall(template)
        if names:
            self._sources[pointer] = names[0]
        whole = BLANK.fullmatch(template)
        if whole:
            return self._parameters.get(whole[1], _LEFT_OUT)
        return BLANK.sub(lambda blank: _written(self._parameters.get(blank[1], "")), template)


def is_pair(value: object) -> bool:
    """Return whether *value* is one text in both languages."""
    return isinstance(value, Mapping) and value.keys() == LANGUAGES


def spoken(value: object, language: Language) -> Any:  # noqa: ANN401 - JSON
    """Return *value* with each pair of texts in one language."""
    if is_pair(value):
        assert isinstance(value, Mapping)  # noqa: S101 - just seen
        return value[language]
    if isinstance(value, Mapping):
        return {key: spoken(each, language) for key, each in value.items()}
    if isinstance(value, list):
        return [spoken(each, language) for each in value]
    return value


def merged(task: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return *task* with *overrides* laid over it (RFC 7396: null takes a field away)."""
    result = dict(task)
    for name, value in overrides.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def _holds(value: object, steps: list[str]) -> bool:
    """Return whether the field that *steps* lead to was given in *value*."""
    for step in steps:
        if not isinstance(value, Mapping):
            return True  # a list or a text in its stead
        if step not in value:
            return False
        value = value[step]
    return bool(steps)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
