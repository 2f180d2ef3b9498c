"""Stop accounts, and see that they have stopped. What they are logged in to stays so."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from services.executor.actions.accounts.ending import end
from services.executor.actions.accounts.fleet import Fleet, choose
from services.executor.actions.accounts.judging import Goal
from services.executor.actions.accounts.params import DrainParams, FleetParams
from services.executor.actions.form import Label
from shared.contracts.action import Action, Context, Outcome
from shared.domain.texts.catalog import Text

#: Beyond the time that an account has to finish: killing it, and telling of it.
MARGIN_SECONDS: Final = 30.0


class AccountStopParams(FleetParams):
    """Which accounts are stopped, and how."""

    drain: Annotated[
        DrainParams,
        Label(Text("停止方式", "Drain"), Text("帳號如何停止", "How accounts are stopped")),
    ] = DrainParams()
    min_uptime_seconds: Annotated[
        float,
        Label(
            Text("最短執行時間", "Least uptime"),
            Text(
                "執行未滿這個秒數的帳號不停止",
                "Accounts that have run for less than so many seconds are left alone",
            ),
            is_advanced=True,
        ),
    ] = Field(default=0.0, ge=0, le=31 * 86_400)


class AccountStop(Action[AccountStopParams]):
    """Stops accounts: all that run, or those that are chosen."""

    name = "account_stop"
    category = "accounts"
    title = Text("停止帳號", "Stop accounts")
    description = Text(
        "停止指定的帳號，或全部執行中的帳號，並確認每個帳號都已停止；登入狀態會保留。",
        "Stops the chosen accounts, or all that run, and sees that each has stopped; log-ins are"
        " kept.",
    )
    params = AccountStopParams

    async def run(self, params: AccountStopParams, context: Context) -> Outcome:
        drain = params.drain.as_contract()
        waits = drain.wait_seconds if drain.mode == "graceful" else 0.0
        goal = Goal(wanted="stopped", seconds=waits + MARGIN_SECONDS)
        fleet = Fleet(
            context, params, goal, drain=drain, min_uptime_seconds=params.min_uptime_seconds
        )
        chosen = await choose(context, params, goal)
        if params.dry_run:
            plan = await fleet.plan(chosen)
            doing = sum(step["would"] == "stop" for step in plan)
            return Outcome(f"would stop {doing} of {len(plan)} accounts", {"plan": plan})
        targets = await fleet.bring(chosen)
        return end(targets, goal.wanted, accept_partial=params.accept_partial)
