"""Start accounts, and see that they are ready."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.executor.actions.accounts.ending import end
from services.executor.actions.accounts.fleet import Fleet, choose
from services.executor.actions.accounts.judging import Goal
from services.executor.actions.accounts.params import FleetParams
from services.executor.actions.form import Label
from shared.contracts.accounts import Drain
from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text


class Ready(ActionParams):
    """When an account counts as started."""

    timeout_seconds: Annotated[
        float,
        Label(
            Text("期限", "Timeout"),
            Text("帳號須在這個秒數內就緒", "Within so many seconds an account must be ready"),
        ),
    ] = Field(default=120.0, gt=0, le=3600)
    stable_for_seconds: Annotated[
        float,
        Label(
            Text("穩定時間", "Stable for"),
            Text(
                "就緒後須維持這個秒數才算成功",
                "For so many seconds it must stay ready to count as started",
            ),
        ),
    ] = Field(default=10.0, ge=0, le=3600)


class AccountStartParams(FleetParams):
    """Which accounts are started, and when they count as started."""

    ready: Annotated[
        Ready,
        Label(
            Text("就緒條件", "Readiness"),
            Text("何時算啟動成功", "When an account is started"),
            is_advanced=True,
        ),
    ] = Ready()


class AccountStart(Action[AccountStartParams]):
    """Starts accounts: all that are stopped, or those that are chosen."""

    name = "account_start"
    category = "accounts"
    title = Text("啟動帳號", "Start accounts")
    description = Text(
        "啟動指定的帳號，或全部已停止的帳號，並確認每個帳號都已就緒。",
        "Starts the chosen accounts, or all that are stopped, and sees that each is ready.",
    )
    params = AccountStartParams

    async def run(self, params: AccountStartParams, context: Context) -> Outcome:
        ready = params.ready
        goal = Goal(
            wanted="running",
            seconds=ready.timeout_seconds,
            stable_seconds=ready.stable_for_seconds,
        )
        fleet = Fleet(context, params, goal, drain=Drain())
        chosen = await choose(context, params, goal)
        if params.dry_run:
            plan = await fleet.plan(chosen)
            doing = sum(step["would"] == "start" for step in plan)
            return Outcome(f"would start {doing} of {len(plan)} accounts", {"plan": plan})
        targets = await fleet.bring(chosen)
        return end(targets, goal.wanted, accept_partial=params.accept_partial)
