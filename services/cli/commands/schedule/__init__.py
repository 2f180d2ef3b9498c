"""`automation schedule`: when things run, told by the very functions that decide it."""

from __future__ import annotations

from services.cli.commands.schedule import crontab, looking, past
from services.cli.commands.schedule.branch import schedule

__all__ = ["crontab", "looking", "past", "schedule"]
