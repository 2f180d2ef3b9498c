"""All commands, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.api.accounts import commands as accounts
from services.api.alerts import commands as alerts
from services.api.backups import commands as backups
from services.api.platform.asking import Command
from services.api.scripts import commands as scripts

#: Each line is the tuple of one subject's commands.
_ALL: tuple[Command, ...] = (
    *accounts.COMMANDS,
    *alerts.COMMANDS,
    *backups.COMMANDS,
    *scripts.COMMANDS,
)


def by_name(commands: Iterable[Command]) -> Mapping[str, Command]:
    """Return commands by the names under which they are asked."""
    return {each.question.command: each for each in commands}


COMMANDS: Mapping[str, Command] = by_name(_ALL)
