"""The keys of a run: whose slots it takes and which locks it needs, by its task's policy. Pure.

The scheduler admits by them; the API tells with them who has what a run waits for.
"""

from __future__ import annotations

import json
from functools import lru_cache

from shared.contracts.policy import TaskPolicy
from shared.domain.errors import InvalidDefinition
from shared.domain.key_template import KeyTemplate, parse_key


def key_of(policy: TaskPolicy, params: str | None) -> str:
    """Return the key whose slots a run takes; empty if its task has but one. *params* are JSON."""
    if policy.concurrency is None or policy.concurrency.key is None:
        return ""
    return _rendered(policy.concurrency.key, params)


def locks_of(policy: TaskPolicy, params: str | None) -> list[str]:
    """Return the locks that a run needs, in the order of its policy."""
    return [_rendered(lock.key, params) for lock in policy.locks]


def _rendered(text: str, params: str | None) -> str:
    template = _template(text)
    return template.render(_parsed(params)) if template.paths else template.texts[0]


@lru_cache(maxsize=10_000)
def _template(text: str) -> KeyTemplate:
    try:
        return parse_key(text)
    except InvalidDefinition:  # the API refuses these; then it is a key like any other
        return KeyTemplate((text,), ())


def _parsed(params: str | None) -> dict[str, object]:
    found = json.loads(params) if params else {}
    return found if isinstance(found, dict) else {}
