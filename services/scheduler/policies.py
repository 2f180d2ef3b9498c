"""How a task's policy applies to one of its runs."""

from __future__ import annotations

import json
from functools import lru_cache

from services.scheduler.job import SCHEDULE
from shared.contracts.policy import Overlap, TaskPolicy
from shared.domain.errors import InvalidDefinition
from shared.domain.key_template import KeyTemplate, parse_key

PLAIN = TaskPolicy()


@lru_cache(maxsize=20_000)
def policy_of(text: str) -> TaskPolicy:
    """Read a stored policy once; many tasks share one."""
    return PLAIN if text == "{}" else TaskPolicy.model_validate_json(text)


def overlap_of(trigger: str, overlap: str | None, policy: TaskPolicy) -> Overlap:
    """Return what holds for a run: its own overlap, else its task's, else its trigger's."""
    if overlap is not None:
        return Overlap(overlap)
    if policy.overlap is not None:
        return policy.overlap
    return Overlap.SKIP if trigger == SCHEDULE else Overlap.ALLOW_ALL


def needs_admission(policy: TaskPolicy) -> bool:
    """Return whether every run of a task has to be admitted, whatever else there is."""
    return bool(policy.concurrency or policy.rate_limit or policy.locks)


def needs_params(policy: TaskPolicy) -> bool:
    """Return whether a run's keys depend on its parameters."""
    keys = [lock.key for lock in policy.locks]
    if policy.concurrency is not None and policy.concurrency.key is not None:
        keys.append(policy.concurrency.key)
    return any("{{" in key for key in keys)


def key_of(policy: TaskPolicy, params: str | None) -> str:
    """Return the key whose slots a run takes; empty if its task has but one."""
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
