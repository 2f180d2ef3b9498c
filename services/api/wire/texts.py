"""From codes to sentences: all tables of `shared.domain.texts`, looked up as one."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from shared.domain import texts
from shared.domain.texts.catalog import Language, Text


@cache
def all_texts() -> Mapping[str, Text]:
    """Return every text there is, by code."""
    table: dict[str, Text] = {}
    for module in pkgutil.iter_modules(texts.__path__):
        loaded = import_module(f"{texts.__name__}.{module.name}")
        table.update(getattr(loaded, "TEXTS", {}))
    return table


class _Blanks(dict[str, object]):
    """A blank that nobody filled shows as an ellipsis: a text must never break an answer."""

    def __missing__(self, key: str) -> str:
        return "…"


def say(code: str, language: Language, params: Mapping[str, object] | None = None) -> str:
    """Return the sentence of *code*; an unknown code speaks for itself."""
    text = all_texts().get(code)
    return code if text is None else text.fill(language, _Blanks(params or {}))


def say_both(code: str, params: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the sentence of *code* in both languages, by language."""
    return {"zh-TW": say(code, "zh-TW", params), "en": say(code, "en", params)}
