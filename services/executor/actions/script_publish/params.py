"""What a task may say of publishing a script, and all that can be refused before it runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.form import Label
from services.executor.actions.targets import STOP_AT_PERCENT
from shared.contracts.action import ActionParams
from shared.contracts.scripts_commands import LATEST_APPROVED, Selection
from shared.domain.texts.catalog import Text

MOST_STEPS = 20
MOST_ACCOUNTS = 1000
MOST_HOLD = 24 * 3600  # seconds
#: A number as the platform counts, or a SHA-256.
_VERSION = re.compile(r"[1-9][0-9]{0,8}|[0-9a-f]{64}", re.ASCII)

AccountName = Annotated[str, Field(min_length=1, max_length=128)]
Tag = Annotated[str, Field(min_length=1, max_length=128)]
Hold = Annotated[
    float,
    Label(
        Text("觀察秒數", "Hold (s)"),
        Text(
            "這一步完成後觀察多久，期間持續查看關卡",
            "How long to watch after this step; the gate is looked at all the while",
        ),
    ),
    Field(ge=0, le=MOST_HOLD),
]


class Step(ActionParams):
    """One step of a gradual publication."""

    percent: Annotated[
        int,
        Label(
            Text("累計百分比", "Percent"),
            Text(
                "到這一步為止共有多少比例的帳號換用新版本",
                "How many of all accounts have the new version after this step",
            ),
        ),
    ] = Field(ge=1, le=100)
    hold_seconds: Hold = 0


class Strategy(ActionParams):
    """How fast."""

    type: Annotated[
        Literal["all", "canary", "waves"],
        Label(
            Text("方式", "Kind"),
            Text(
                "all：一次全部；canary：先換一小部分；waves：分批",
                "all: at once; canary: a few first; waves: in batches",
            ),
            choices={
                "all": Text("一次全部", "all at once"),
                "canary": Text("先換一小部分", "a few first"),
                "waves": Text("分批", "in waves"),
            },
        ),
    ] = "all"
    steps: Annotated[
        list[Step],
        Label(
            Text("步驟", "Steps"),
            Text(
                "百分比須遞增，最後一步為 100；留空則採預設步驟",
                "Percentages grow, the last one is 100; empty: the usual steps of the kind",
            ),
        ),
    ] = Field(default_factory=list, max_length=MOST_STEPS)

    @model_validator(mode="after")
    def _judge_steps(self) -> Self:
        percents = [each.percent for each in self.steps]
        if self.type == "all" and percents:
            raise PydanticCustomError("publish.steps_of_all", "all has no steps")
        if percents and (percents != sorted(set(percents)) or percents[-1] != 100):  # noqa: PLR2004 - of a hundred
            raise PydanticCustomError("publish.steps", "percentages grow, the last one is 100")
        return self


class Gate(ActionParams):
    """What must not happen meanwhile."""

    alert_rule: Annotated[
        str,
        Label(
            Text("告警規則", "Alert rule"),
            Text(
                "這個規則有告警觸發時，發布即中止",
                "While an alert of this rule fires, nothing more is published",
            ),
            widget="alert-rule",
        ),
    ] = Field(min_length=1, max_length=200)
    min_hold_seconds: Annotated[
        float,
        Label(
            Text("每一步至少觀察秒數", "Least hold (s)"),
            Text("每一步之後至少觀察這麼久", "At least so long after every step"),
        ),
    ] = Field(default=0, ge=0, le=MOST_HOLD)


class ReadBack(ActionParams):
    """How long to wait for what accounts report."""

    timeout_seconds: Annotated[
        float,
        Label(
            Text("回讀時限（秒）", "Time limit (s)"),
            Text(
                "執行中的帳號須在這段時間內回報新版本",
                "Accounts that run must report the new version within this time",
            ),
        ),
    ] = Field(default=60, ge=0, le=3600)


class ScriptPublishParams(ActionParams):
    """Which script, which version, to whom, and how fast."""

    script_id: Annotated[
        str,
        Label(Text("腳本", "Script"), Text("腳本代號", "The id of the script"), widget="script"),
    ] = Field(min_length=1, max_length=64)
    version: Annotated[
        int | str,
        Label(
            Text("版本", "Version"),
            Text(
                "版本號、SHA-256，或 latest_approved（最新核准的版本）",
                "A number, a SHA-256, or latest_approved",
            ),
        ),
    ] = LATEST_APPROVED
    environment: Annotated[
        str,
        Label(
            Text("環境", "Environment"),
            Text("移動哪個環境的發布指標", "Whose published pointer is moved"),
        ),
    ] = Field(default="production", pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    account_ids: Annotated[
        list[AccountName],
        Label(
            Text("帳號", "Accounts"),
            Text(
                "只發布到這些帳號；留空為這個環境中使用此腳本的所有帳號",
                "Only these; empty: all that play this script in this environment",
            ),
            widget="accounts",
        ),
    ] = Field(default_factory=list, max_length=MOST_ACCOUNTS)
    tags: Annotated[
        list[Tag],
        Label(
            Text("標籤", "Tags"),
            Text("只發布到有任一標籤的帳號", "Only with any of these"),
            widget="account-tags",
        ),
    ] = Field(default_factory=list, max_length=50)
    strategy: Annotated[
        Strategy,
        Label(Text("發布方式", "Strategy"), Text("一次全部或逐步發布", "At once, or step by step")),
    ] = Strategy()
    gate: Annotated[
        Gate | None,
        Label(
            Text("關卡", "Gate"),
            Text("發布期間要看的告警規則", "The alert rule that is looked at meanwhile"),
            is_advanced=True,
        ),
    ] = None
    on_gate_fail: Annotated[
        Literal["rollback", "pause"],
        Label(
            Text("關卡未過時", "If the gate fails"),
            Text(
                "rollback：已更換的帳號全部回復；pause：停在原地",
                "rollback: all that was changed goes back; pause: everything stays where it is",
            ),
            is_advanced=True,
            choices={
                "rollback": Text("全部回復", "everything goes back"),
                "pause": Text("停在原地", "everything stays"),
            },
        ),
    ] = "rollback"
    rollback: Annotated[
        bool,
        Label(
            Text("回復上一版", "Roll back"),
            Text("發布上一次發布的版本", "Publish what was published before"),
        ),
    ] = False
    read_back: Annotated[
        ReadBack,
        Label(
            Text("回讀", "Read back"),
            Text("等待帳號回報實際執行的版本", "Waiting for what accounts really run"),
            is_advanced=True,
        ),
    ] = ReadBack()
    stop_at_percent: Annotated[
        int,
        Label(
            Text("失敗比例上限", "Stop at (%)"),
            Text(
                "到某一步為止，未換用新版本的帳號達到這個比例即視同關卡未過",
                "From this share of accounts that do not take it, a step counts as a failed gate",
            ),
            is_advanced=True,
        ),
    ] = Field(default=STOP_AT_PERCENT, ge=1, le=100)
    accept_partial: Annotated[
        bool,
        Label(
            Text("接受部分成功", "Accept partial success"),
            Text(
                "部分帳號未回報新版本時仍視為成功",
                "The run succeeds though some accounts did not report the version",
            ),
            is_advanced=True,
        ),
    ] = False
    dry_run: Annotated[
        bool,
        Label(Text("只列出計畫", "Plan only"), Text("不做任何更動", "Nothing is changed")),
    ] = False

    @field_validator("version")
    @classmethod
    def _judge_version(cls, version: int | str) -> int | str:
        if version == LATEST_APPROVED or _VERSION.fullmatch(str(version)):
            return version
        raise PydanticCustomError("publish.version", "a number, a SHA-256, or latest_approved")

    @model_validator(mode="after")
    def _judge_rollback(self) -> Self:
        if self.rollback and self.version != LATEST_APPROVED:
            raise PydanticCustomError("publish.rollback_version", "a rollback names no version")
        return self

    def selection(self) -> Selection:
        """Return the accounts that are meant."""
        return Selection(account_ids=tuple(self.account_ids), tags=tuple(self.tags))
