"""`automation task`: what is to be done, when, and how it went."""

from __future__ import annotations

from services.cli.commands.task import changing, looking, running
from services.cli.commands.task.branch import task

__all__ = ["changing", "looking", "running", "task"]
