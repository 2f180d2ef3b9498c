"""Do nothing, or nothing for a while: a placeholder, and something to try schedules with.

As a failure it shows what becomes of one: retries, notifications, dependants.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import Field

from services.executor.actions.form import DryRun, Label
from shared.contracts.action import Action, ActionFailed, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text

SECONDS_MAX = 3600
#: Between two words about how far it is.
STEP = 1.0  # seconds


class NoopParams(ActionParams):
    """How long, and with what end."""

    seconds: Annotated[
        float,
        Label(Text("秒數", "Seconds"), Text("等待多久", "How long it waits")),
    ] = Field(default=0, ge=0, le=SECONDS_MAX)
    message: Annotated[
        str,
        Label(Text("訊息", "Message"), Text("作為執行結果", "Becomes the result")),
    ] = Field(default="nothing was to be done", min_length=1, max_length=500)
    fail: Annotated[
        bool,
        Label(Text("失敗", "Fail"), Text("以失敗結束，供測試用", "Ends as a failure, for tests")),
    ] = False
    dry_run: DryRun = False


class Noop(Action[NoopParams]):
    """Does nothing."""

    name = "noop"
    category = "flow"
    title = Text("不做任何事", "Do nothing")
    description = Text(
        "不做任何事，可等待一段時間；用於測試或作為佔位。",
        "Does nothing, perhaps for a while; for tests, or as a placeholder.",
    )
    params = NoopParams

    async def run(self, params: NoopParams, context: Context) -> Outcome:
        data = {"status": "noop", "message": params.message, "targets": []}
        if params.dry_run:
            return Outcome("would do nothing", {"plan": [], "message": params.message})
        left = params.seconds
        while left > 0:
            await asyncio.sleep(min(STEP, left))
            left -= STEP
            done = params.seconds - max(left, 0)
            context.progress(100 * done / params.seconds)
        if params.fail:
            raise ActionFailed(params.message, data=data)
        return Outcome(params.message, data)
