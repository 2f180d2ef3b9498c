"""Whether parameters fit the action of a task, and the secrets that it names are there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from services.api.secrets.naming import secret_problems, secrets_of_task
from services.api.wire.shape import problems_of
from shared.contracts.action import Action
from shared.domain.errors import Problem

Catalog = Mapping[str, Action[Any]]
Config = Mapping[str, Any]

#: The contract's names for actions that no installed package brings.
PROMISED_ACTIONS = frozenset({"alert_check", "account_start", "account_stop", "script_publish"})


def judge_action(
    name: str, config: Config, given: Mapping[str, Any], catalog: Catalog
) -> list[Problem]:
    """Return what is wrong with the action *name* and its parameters, if either was *given*."""
    if not given.keys() & {"task_action", "action_config"}:
        return []
    action = catalog.get(name)
    if action is None:
        if "task_action" not in given and not name:
            return []  # its absence is told already
        code = "action.not_installed" if name in PROMISED_ACTIONS else "action.unknown"
        return [Problem("/task_action", code, {"known": ", ".join(catalog)})]
    try:
        action.params.model_validate(dict(config))
    except pydantic.ValidationError as error:
        return [problem.under("/action_config") for problem in problems_of(error)]
    return []


def judge_secrets(
    task: tuple[str, Config, Config | None],
    given: Mapping[str, Any],
    catalog: Catalog,
    known: frozenset[str],
    *,
    told: Sequence[Problem],
) -> list[Problem]:
    """Return which secrets a task, its action and both configs, cannot name.

    Places of which something is *told* already are left out.
    """
    if not given.keys() & {"task_action", "action_config", "trigger_config"}:
        return []
    name, config, trigger = task
    named = secrets_of_task(catalog.get(name), config, trigger)
    places = {problem.pointer for problem in told}
    return [each for each in secret_problems(named, known) if each.pointer not in places]
