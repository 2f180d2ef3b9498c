"""What a publication asks of the platform, and waits for: how its accounts stand, as last seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from services.executor.actions.script_publish.params import Gate, ScriptPublishParams
from services.executor.actions.script_publish.results import is_read, target_of
from services.executor.actions.script_publish.steps import Stage, in_order
from services.executor.actions.targets import Target, percent
from shared.contracts.action import ActionFailed, Context
from shared.contracts.scripts_commands import (
    MOST_ACCOUNTS,
    AssignScript,
    LookAtGate,
    LookAtTargets,
    PreparedScript,
    TargetSeen,
)


class Rollout:
    """The accounts of one publication, in the order in which they get the version."""

    def __init__(
        self,
        context: Context,
        params: ScriptPublishParams,
        prepared: PreparedScript,
        *,
        rest: float,
        clock: Callable[[], float],
    ) -> None:
        self._context = context
        self._params = params
        self._rest = rest
        self._clock = clock
        self._seen: dict[UUID, TargetSeen] = {}
        self._order: list[UUID] = []
        self._begun: dict[UUID, float] = {}
        self._took: dict[UUID, int] = {}
        self.version = prepared.version
        self.reached = 0
        """So many of the accounts had their turn."""

    @property
    def targets(self) -> list[TargetSeen]:
        """All accounts as last seen, in order."""
        return [self._seen[each] for each in self._order]

    async def read_all(self) -> None:
        """Look at every account of the publication."""
        after: UUID | None = None
        while True:
            page = await self._context.ask(LookAtTargets(after=after))
            self._seen.update((each.id, each) for each in page.targets)
            if page.next is None:
                break
            after = page.next
        self._order = [each.id for each in in_order(self._seen.values())]

    async def assign(self, upto: int) -> None:
        """Let the first *upto* accounts run the version, those that do not yet."""
        self.reached = max(self.reached, upto)
        todo = [
            each.id
            for each in self.targets[:upto]
            if each.assigned == each.found != self.version and not each.gone
        ]
        await self._assign(todo, back=False)

    async def take_back(self) -> None:
        """Let every account that was changed run what it had."""
        await self._assign([each.id for each in self.targets if self.is_changed(each)], back=True)

    def is_changed(self, seen: TargetSeen) -> bool:
        """Return whether this publication has given an account its version."""
        return seen.assigned == self.version != seen.found and not seen.gone

    async def wait_until_read(self, ids: Iterable[UUID], *, back: bool = False) -> list[TargetSeen]:
        """Wait for what accounts report; return those that did not in time."""
        waiting = list(ids)
        end = self._clock() + self._params.read_back.timeout_seconds
        while True:
            await self._look(waiting)
            waiting = [each for each in waiting if not self._is_read(each, back=back)]
            self._tell_progress()
            if not waiting or self._clock() >= end:
                return [self._seen[each] for each in waiting]
            await asyncio.sleep(self._rest)

    async def watch(self, seconds: float) -> str | None:
        """Look at the gate for so long, once at least; return why it fails."""
        end = self._clock() + seconds
        while True:
            if why := await self.gate():
                return why
            left = end - self._clock()
            if left <= 0:
                return None
            self._context.heartbeat()
            await asyncio.sleep(min(left, 2 * self._rest))

    async def gate(self) -> str | None:
        """Return why the gate fails; None if it does not, or there is none."""
        gate = self._params.gate
        return await look_at_gate(gate, self._context) if gate else None

    def ids(self, upto: int | None = None) -> list[UUID]:
        """Return the first *upto* accounts, or all."""
        return self._order[:upto]

    def results(self) -> list[Target]:
        """Return what became of each account."""
        seconds = self._params.read_back.timeout_seconds
        return [
            target_of(
                seen,
                self.version,
                reached=place < self.reached,
                seconds=seconds,
                ms=self.took(seen.id),
            )
            for place, seen in enumerate(self.targets)
        ]

    def took(self, identity: UUID) -> int:
        """Return how many milliseconds an account took to report its version."""
        return self._took.get(identity, 0)

    def has_it(self) -> list[bool]:
        """Return of each account whether this publication has given it the version."""
        return [self.is_changed(each) for each in self.targets]

    def tell(self, stage: Stage, place: int, stages: Sequence[Stage]) -> None:
        """Write to the log which step begins."""
        self._context.log(
            f"step {place + 1} of {len(stages)}: {stage.upto} of {len(self._order)} accounts get"
            f" {self.version[:12]}"
        )

    async def _assign(self, ids: Sequence[UUID], *, back: bool) -> None:
        for begin in range(0, len(ids), MOST_ACCOUNTS):
            part = tuple(ids[begin : begin + MOST_ACCOUNTS])
            now = self._clock()
            self._begun.update(dict.fromkeys(part, now))
            answer = await self._context.ask(AssignScript(ids=part, back=back))
            for each in answer.accounts:
                seen = self._seen[each.id]
                gone = seen.gone or each.did == "gone"
                change = {"assigned": each.version, "gone": gone}
                self._seen[each.id] = seen.model_copy(update=change)
                if each.did == "superseded":
                    self._context.log(
                        f"{seen.account_id}: somebody gave it another version", "warning"
                    )

    async def _look(self, ids: Sequence[UUID]) -> None:
        for begin in range(0, len(ids), MOST_ACCOUNTS):
            part = tuple(ids[begin : begin + MOST_ACCOUNTS])
            page = await self._context.ask(LookAtTargets(ids=part, limit=MOST_ACCOUNTS))
            self._seen.update((each.id, each) for each in page.targets)

    def _is_read(self, identity: UUID, *, back: bool) -> bool:
        seen = self._seen[identity]
        if not is_read(seen, seen.found if back else self.version):
            return False
        if identity in self._begun:
            took = self._clock() - self._begun[identity]
            self._took.setdefault(identity, round(took * 1000))
        return True

    def _tell_progress(self) -> None:
        done = sum(
            each.assigned == self.version and is_read(each, self.version)
            for each in self._seen.values()
        )
        self._context.progress(
            percent(done, len(self._seen)), f"{done} of {len(self._seen)} accounts"
        )


async def look_at_gate(gate: Gate, context: Context) -> str | None:
    """Return why the gate fails; None if it does not.

    Raises:
        ActionFailed: there is no such rule.
    """
    seen = await context.ask(LookAtGate(alert_rule=gate.alert_rule))
    if not seen.exists:
        raise ActionFailed(f"there is no alert rule {gate.alert_rule}", permanent=True)
    return f"the alert {gate.alert_rule} fires ({seen.firing})" if seen.firing else None
