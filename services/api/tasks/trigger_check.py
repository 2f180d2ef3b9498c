"""Whether a trigger means anything: its fields, and its condition as the language reads it.

Pure. A condition is only compiled here, which the library bounds; it is evaluated elsewhere, in a
process that may be killed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.trigger import Trigger, parse_trigger
from shared.runtime.conditions import compile_check


def read_trigger(config: Mapping[str, Any]) -> Trigger:
    """Return what *config* means.

    Raises:
        InvalidDefinition: with everything that is wrong; pointers count from the config.
    """
    problems: list[Problem] = []
    trigger = None
    try:
        trigger = parse_trigger(config)
    except InvalidDefinition as error:
        problems += error.problems
    condition = config.get("condition")
    judged = any(problem.pointer == "/condition" for problem in problems)
    if isinstance(condition, str) and condition.strip() and not judged:
        problems += (each.under("/condition") for each in compile_check(condition.strip()))
    if trigger is None or problems:
        raise InvalidDefinition(problems)
    return trigger


def judge_trigger(config: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with *config*; pointers count from it."""
    try:
        read_trigger(config)
    except InvalidDefinition as error:
        return list(error.problems)
    return []
