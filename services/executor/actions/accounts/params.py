"""What the parameters of both actions have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.executor.actions.form import DryRun, Label
from services.executor.actions.targets import STOP_AT_PERCENT
from shared.contracts.accounts import Drain
from shared.contracts.action import ActionParams
from shared.domain.texts.catalog import Text

#: Names in one list; more are chosen by tag or group.
MOST_NAMES = 1_000

Name = Annotated[str, Field(min_length=1, max_length=128)]
Names = Annotated[list[Name], Field(max_length=MOST_NAMES)]


class Wave(ActionParams):
    """How many at a time."""

    size: Annotated[
        int,
        Label(
            Text("每波數量", "Size"),
            Text("一波處理幾個帳號", "How many accounts belong to one wave"),
        ),
    ] = Field(default=5, ge=1, le=200)
    delay_seconds: Annotated[
        float,
        Label(
            Text("間隔秒數", "Delay"),
            Text("兩波之間等待的秒數", "Seconds between two waves"),
        ),
    ] = Field(default=0.0, ge=0, le=3600)
    max_parallel: Annotated[
        int,
        Label(
            Text("同時處理數", "At once"),
            Text(
                "一波之中同時處理的帳號數", "How many accounts of a wave are on their way at once"
            ),
        ),
    ] = Field(default=5, ge=1, le=200)
    order: Annotated[
        Literal["stable", "random"],
        Label(
            Text("順序", "Order"),
            Text(
                "stable：依帳號名稱；random：每次執行隨機，重試時不變",
                "stable: by name; random: another one for each run, the same for its retries",
            ),
            choices={
                "stable": Text("固定順序", "always the same order"),
                "random": Text("隨機", "random"),
            },
        ),
    ] = "stable"


class DrainParams(ActionParams):
    """How accounts are stopped."""

    mode: Annotated[
        Literal["graceful", "now"],
        Label(
            Text("方式", "Mode"),
            Text(
                "graceful：讓帳號先完成手上的工作；now：立即停止",
                "graceful: lets it finish what it is at; now: at once",
            ),
            choices={
                "graceful": Text("完成手上的工作再停", "lets it finish"),
                "now": Text("立即停止", "at once"),
            },
        ),
    ] = "graceful"
    wait_seconds: Annotated[
        float,
        Label(
            Text("等待秒數", "Wait"),
            Text("超過這段時間就強制結束", "After so many seconds it is killed"),
        ),
    ] = Field(default=60.0, ge=0, le=3600)

    def as_contract(self) -> Drain:
        """Return it as runtimes are told."""
        return Drain(mode=self.mode, wait_seconds=self.wait_seconds)


class FleetParams(ActionParams):
    """Which accounts, how many at a time, and when it is enough."""

    account_ids: Annotated[
        Names,
        Label(
            Text("帳號", "Accounts"),
            Text(
                "帳號的 account_id。帳號、標籤與群組都留空表示全部",
                "Their account_id. Without accounts, tags and groups: all that are not there yet",
            ),
            widget="accounts",
        ),
    ] = Field(default=[])
    tags: Annotated[
        Names,
        Label(
            Text("標籤", "Tags"),
            Text("具有其中任一標籤的帳號", "Accounts that have any of these tags"),
            widget="account-tags",
        ),
    ] = Field(default=[])
    group_ids: Annotated[
        Names,
        Label(
            Text("群組", "Groups"),
            Text("在其中任一群組的帳號", "Accounts that are in any of these groups"),
            widget="account-groups",
        ),
    ] = Field(default=[])
    exclude: Annotated[
        Names,
        Label(
            Text("排除", "Exclude"),
            Text("不處理這些 account_id", "Not these, by account_id"),
            widget="accounts",
            is_advanced=True,
        ),
    ] = Field(default=[])
    wave: Annotated[
        Wave,
        Label(
            Text("分波", "Waves"),
            Text("一次處理多少帳號", "How many accounts at a time"),
            is_advanced=True,
        ),
    ] = Wave()
    enforce: Annotated[
        bool,
        Label(
            Text("無視人工鎖定", "Enforce"),
            Text(
                "即使有人鎖定帳號狀態仍然執行（會留下稽核紀錄）",
                "Even if a person holds the account otherwise; noted in the audit list",
            ),
            is_advanced=True,
        ),
    ] = False
    stop_at_percent: Annotated[
        int,
        Label(
            Text("失敗比例上限", "Stop at"),
            Text(
                "失敗的帳號達到這個百分比時，不再處理其餘帳號",
                "Once so many percent of the accounts have failed, the rest is not tried",
            ),
            is_advanced=True,
        ),
    ] = Field(default=STOP_AT_PERCENT, ge=1, le=100)
    max_failures: Annotated[
        int | None,
        Label(
            Text("失敗數上限", "Most failures"),
            Text(
                "失敗的帳號超過這個數目時，不再處理其餘帳號",
                "Once more accounts than this have failed, the rest is not tried",
            ),
            is_advanced=True,
        ),
    ] = Field(default=None, ge=0, le=100_000)
    accept_partial: Annotated[
        bool,
        Label(
            Text("接受部分成功", "Accept partial success"),
            Text(
                "部分帳號失敗時，仍視為成功，不再重試",
                "Counts as a success although some accounts failed; they are not tried again",
            ),
            is_advanced=True,
        ),
    ] = False
    dry_run: DryRun = False
