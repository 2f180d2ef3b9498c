"""Brings accounts where they are wanted, wave by wave, and tells what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.executor.actions.accounts.judging import Arrival, Goal, Way, in_order, look, waves
from services.executor.actions.accounts.params import FleetParams
from services.executor.actions.targets import (
    FAILED,
    Fate,
    Target,
    is_enough,
    not_tried,
    percent,
)
from shared.contracts.accounts import Drain
from shared.contracts.accounts_commands import (
    AccountSeen,
    DesireAccounts,
    DesiredNow,
    LookAtAccounts,
    Pair,
    SelectAccounts,
    WithdrawAccounts,
)
from shared.contracts.action import Context, Level

#: Between two looks at accounts on their way: at first often, most are there within a second.
SOON: Final = 0.2
LATER: Final = 1.0
SOON_LOOKS: Final = 25

_LEFT_ALONE: Final[dict[str, Fate]] = {
    "noop": "noop",
    "held": "held",
    "superseded": "superseded",
    "inactive": "skipped",
    "too_young": "skipped",
    "gone": "skipped",
    "no_runtime": "failed",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The accounts that are meant, in order; `unknown` are names that no account has."""

    accounts: Sequence[AccountSeen]
    unknown: Sequence[str]


async def choose(context: Context, params: FleetParams, goal: Goal) -> Chosen:
    """Return the accounts that are meant, all pages of them."""
    found: list[AccountSeen] = []
    unknown: Sequence[str] = ()
    after: str | None = None
    while True:
        page = await context.ask(
            SelectAccounts(
                wanted=goal.wanted,
                account_ids=tuple(params.account_ids),
                tags=tuple(params.tags),
                group_ids=tuple(params.group_ids),
                exclude=tuple(params.exclude),
                active_only=goal.wanted == "running" and not params.account_ids,
                after=after,
            )
        )
        found += page.accounts
        unknown = page.unknown if after is None else unknown
        after = page.next
        if after is None:
            return Chosen(in_order(found, params.wave.order, context.run_id), unknown)


class Fleet:
    """Accounts that one run brings somewhere."""

    def __init__(
        self,
        context: Context,
        params: FleetParams,
        goal: Goal,
        *,
        drain: Drain,
        min_uptime_seconds: float = 0.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._context = context
        self._params = params
        self._goal = goal
        self._drain = drain
        self._min_uptime = min_uptime_seconds
        self._now = clock or asyncio.get_running_loop().time
        self._total = 0
        self.targets: list[Target] = []

    async def bring(self, chosen: Chosen) -> list[Target]:
        """Bring the accounts where they are wanted; return what became of each."""
        self._total = len(chosen.accounts) + len(chosen.unknown)
        for name in chosen.unknown:
            self._end(Target(id=name, outcome="failed", error="there is no such account"))
        parts = waves(chosen.accounts, self._params.wave.size)
        self._context.log(f"{self._total} accounts are chosen, waves: {len(parts)}")
        for number, wave in enumerate(parts):
            worked = await self._wave(wave)
            if worked and number + 1 < len(parts) and not self._is_enough():
                await asyncio.sleep(self._params.wave.delay_seconds)
        return self.targets

    async def plan(self, chosen: Chosen) -> list[dict[str, object]]:
        """Return what would be done with each account."""
        planned: list[dict[str, object]] = [
            {"id": name, "would": "failed", "error": "there is no such account"}
            for name in chosen.unknown
        ]
        for number, wave in enumerate(waves(chosen.accounts, self._params.wave.size), 1):
            for account, told in zip(wave, await self._desire(wave, dry_run=True), strict=True):
                doing = "start" if self._goal.wanted == "running" else "stop"
                planned.append(
                    {
                        "id": account.account_id,
                        "wave": number,
                        "before": _before(account),
                        "would": doing if told.did == "desired" else _LEFT_ALONE[told.did],
                        "error": told.detail,
                    }
                )
        return planned

    async def _wave(self, wave: Sequence[AccountSeen]) -> bool:
        """Bring one wave; return whether any account of it had to be waited for."""
        waiting = list(wave)
        on_their_way: list[Way] = []
        looks = 0
        while waiting or on_their_way:
            if waiting and self._is_enough():
                for account in waiting:
                    self._end(not_tried(account.account_id))
                waiting = []
            room = self._params.wave.max_parallel - len(on_their_way)
            if waiting and room > 0:
                on_their_way += await self._set_out(waiting[:room])
                waiting = waiting[room:]
            on_their_way = await self._look(on_their_way)
            if on_their_way:
                looks += 1
                await asyncio.sleep(SOON if looks <= SOON_LOOKS else LATER)
        return looks > 0

    async def _set_out(self, accounts: Sequence[AccountSeen]) -> list[Way]:
        """Want accounts where they are wanted; return those that are on their way now."""
        began = self._now()
        ways: list[Way] = []
        for account, told in zip(accounts, await self._desire(accounts), strict=True):
            if told.did != "desired":
                self._end(_left_alone(account, told))
                continue
            ways.append(
                Way(
                    id=account.id,
                    name=account.account_id,
                    began=began,
                    before=_before(account),
                )
            )
        return ways

    async def _desire(
        self, accounts: Sequence[AccountSeen], *, dry_run: bool = False
    ) -> Sequence[DesiredNow]:
        question = DesireAccounts(
            ids=tuple(account.id for account in accounts),
            wanted=self._goal.wanted,
            scheduled_for=self._context.scheduled_for,
            drain=self._drain,
            min_uptime_seconds=self._min_uptime,
            enforce=self._params.enforce,
            dry_run=dry_run,
        )
        return (await self._context.ask(question)).accounts

    async def _look(self, ways: Sequence[Way]) -> list[Way]:
        """Look at accounts on their way; return those that still are."""
        if not ways:
            return []
        question = LookAtAccounts(ids=tuple(way.id for way in ways))
        seen = {each.id: each for each in (await self._context.ask(question)).accounts}
        still: list[Way] = []
        for way in ways:
            account = seen.get(way.id)
            next_ = look(way, account, self._goal, self._now())
            if isinstance(next_, Way):
                still.append(next_)
            else:
                await self._arrive(way, account, next_)
        self._say_progress()
        return still

    async def _arrive(self, way: Way, account: AccountSeen | None, arrival: Arrival) -> None:
        error = arrival.error
        if arrival.nobody_acted and account and self._goal.wanted == "running":
            taken_back = await self._withdraw(way.id, account.generation)
            error = f"{error}; it is not wanted running any more" if taken_back else error
        self._end(
            Target(
                id=way.name,
                outcome=arrival.fate,
                before=way.before,
                after=_after(account),
                error=error,
                ms=round((self._now() - way.began) * 1000),
            )
        )

    async def _withdraw(self, identity: UUID, generation: int) -> bool:
        pair = Pair(id=identity, generation=generation)
        answer = await self._context.ask(WithdrawAccounts(accounts=(pair,)))
        return identity in answer.ids

    def _is_enough(self) -> bool:
        return is_enough(
            self.targets,
            self._total,
            stop_at_percent=self._params.stop_at_percent,
            max_failures=self._params.max_failures,
        )

    def _end(self, target: Target) -> None:
        self.targets.append(target)
        why = f": {target.error}" if target.error else ""
        level: Level = "warning" if target.outcome in FAILED else "info"
        self._context.log(f"{target.id}: {target.outcome}{why} ({target.ms} ms)", level)
        self._say_progress()

    def _say_progress(self) -> None:
        done = len(self.targets)
        self._context.progress(percent(done, self._total), f"{done} of {self._total} accounts")


def _before(account: AccountSeen) -> dict[str, object]:
    return {"desired": account.desired, "state": account.state}


def _after(account: AccountSeen | None) -> dict[str, object] | None:
    if account is None:
        return None
    return {
        "desired": account.desired,
        "state": account.state,
        "generation": account.generation,
        "pid": account.pid,
    }


def _left_alone(account: AccountSeen, told: DesiredNow) -> Target:
    before = _before(account)
    return Target(
        id=account.account_id,
        outcome=_LEFT_ALONE[told.did],
        before=before,
        after=before,
        error=told.detail,
    )
