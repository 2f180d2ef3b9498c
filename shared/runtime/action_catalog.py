"""Which actions there are: every entry point of the group `automation.actions`.

The API reads the catalogue to judge parameters and to show forms, the executor to run them; both
find the same because they look at the same installed packages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from shared.contracts.action import Action

GROUP = "automation.actions"

log = logging.getLogger(__name__)


@cache
def action_catalog() -> Mapping[str, Action[Any]]:
    """Load all installed actions, by name.

    A plug-in that cannot be loaded is told in the log and left out: it must not take the others
    down with it.
    """
    found: dict[str, Action[Any]] = {}
    for entry in entry_points(group=GROUP):
        try:
            action: Action[Any] = entry.load()()
        except Exception:
            log.exception("action %s (%s) cannot be loaded", entry.name, entry.value)
            continue
        if action.name != entry.name or action.name in found:
            log.error("action %s (%s) has another name or is there twice", entry.name, entry.value)
            continue
        found[action.name] = action
    return dict(sorted(found.items()))
