"""Keys that depend on a run's parameters: `account:{{ params.account_id }}`.

Locks and concurrency limits are told apart by such keys. The language has one construct, a path
into the parameters, so that a key can be judged when it is saved and never fails when it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.errors import InvalidDefinition, Problem

LONGEST = 200

_ROOT = "params"
_BLANK = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r" *params((?:\.[A-Za-z_][A-Za-z0-9_-]{0,63}){1,8}) *", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    """A key with blanks: texts, and between each two of them a path into the parameters."""

    texts: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]

    def render(self, params: Mapping[str, object]) -> str:
        """Return the key for these parameters; what they do not have is left empty."""
        filled = [self.texts[0]]
        for path, text in zip(self.paths, self.texts[1:], strict=True):
            filled += (_spelled(_at(params, path)), text)
        return "".join(filled)


def parse_key(text: str) -> KeyTemplate:
    """Return the template that *text* spells.

    Raises:
        InvalidDefinition: `key.empty`, `key.too_long`, `text.control` or `key.syntax`.
    """
    if not text.strip():
        raise _refusal("key.empty")
    if len(text) > LONGEST:
        raise _refusal("key.too_long")
    if not text.isprintable():
        raise _refusal("text.control")
    texts: list[str] = []
    paths: list[tuple[str, ...]] = []
    end = 0
    for blank in _BLANK.finditer(text):
        path = _PATH.fullmatch(blank[1])
        if path is None:
            raise _refusal("key.syntax")
        texts.append(text[end : blank.start()])
        paths.append(tuple(path[1][1:].split(".")))
        end = blank.end()
    texts.append(text[end:])
    if any("{{" in each or "}}" in each for each in texts):
        raise _refusal("key.syntax")
    return KeyTemplate(tuple(texts), tuple(paths))


def _at(params: Mapping[str, object], path: tuple[str, ...]) -> object:
    here: object = params
    for step in path:
        if not isinstance(here, Mapping):
            return None
        here = here.get(step)
    return here


def _spelled(value: object) -> str:
    """Return *value* so that different values never look the same, and equal ones always do."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _refusal(code: str) -> InvalidDefinition:
    return InvalidDefinition([Problem("", code, {"limit": LONGEST})])
