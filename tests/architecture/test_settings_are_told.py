"""Every setting is told in both languages."""

from __future__ import annotations

import re

from pydantic_settings import BaseSettings

from deploy.local.settings import LocalSettings
from services.account_runtime.settings import AccountRuntimeSettings
from services.api.settings import ApiSettings
from services.bus_keeper.settings import BusKeeperSettings
from services.executor.settings import ExecutorSettings
from services.log_writer.settings import LogWriterSettings
from services.notifier.settings import NotifierSettings
from services.scheduler.settings import SchedulerSettings
from tests.architecture.source import ROOT

CLASSES: tuple[type[BaseSettings], ...] = (
    LocalSettings,
    ApiSettings,
    SchedulerSettings,
    ExecutorSettings,
    LogWriterSettings,
    NotifierSettings,
    AccountRuntimeSettings,
    BusKeeperSettings,
)
#: In the table, the second and later names of a line may leave out what all have in common.
_NAME = re.compile(r"`(?:AUTOMATION)?(_[A-Z0-9_]+)`")


def told(page: str) -> set[str]:
    """Return the names in the first column of a page's table, without what they begin with."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    return {
        name[1:].lower()
        for line in lines
        if line.startswith("| `AUTOMATION_")
        for name in _NAME.findall(line.split("|")[1])
    }


def test_each_setting_stands_in_both_tables() -> None:
    known = {name for settings in CLASSES for name in settings.model_fields}

    assert known - told("settings.md") == set()
    assert known - told("settings.zh-TW.md") == set()
