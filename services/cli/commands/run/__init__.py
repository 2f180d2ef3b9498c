"""`automation run`: one execution of a task, from being due to its end."""

from __future__ import annotations

from services.cli.commands.run import changing, logs, looking
from services.cli.commands.run.branch import run

__all__ = ["changing", "logs", "looking", "run"]
