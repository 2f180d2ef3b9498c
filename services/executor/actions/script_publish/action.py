"""The order of things when a script is published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from services.executor.actions.script_publish.params import ScriptPublishParams
from services.executor.actions.script_publish.results import (
    data_of,
    is_noop,
    plan_of,
    summary,
    taken_back,
)
from services.executor.actions.script_publish.rollout import Rollout, look_at_gate
from services.executor.actions.script_publish.steps import in_order, open_stage, stages_of
from services.executor.actions.targets import UNFINISHED, Target, is_enough
from shared.contracts.action import Action, ActionFailed, Context, Outcome, Snooze
from shared.contracts.scripts_commands import (
    EndPublication,
    LookAhead,
    PointScript,
    PreparedScript,
    PrepareScript,
    TargetSeen,
)
from shared.domain.texts.catalog import Text

#: Between two looks at what accounts report.
REST = 0.5  # seconds
#: Until a run that found another one publishing the same script asks again: longer each time, as
#: each time is an attempt, and the other one may watch its canaries for hours.
QUEUE_SECONDS = 2.0
QUEUE_SECONDS_MOST = 60.0


class ScriptPublish(Action[ScriptPublishParams]):
    """Publishes one version."""

    name = "script_publish"
    category = "scripts"
    title = Text("腳本發布", "Publish a script")
    description = Text(
        "驗證後逐步發布腳本版本，回讀各帳號實際執行的版本，關卡未過即自動回復。",
        "Validates a version of a script, publishes it step by step, reads back what each account"
        " runs, and goes back by itself if the gate fails.",
    )
    params = ScriptPublishParams

    def __init__(self, *, rest: float = REST, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock

    async def run(self, params: ScriptPublishParams, context: Context) -> Outcome:
        if params.gate:
            await look_at_gate(params.gate, context)  # is there such a rule?
        prepared = await context.ask(
            PrepareScript(
                script_id=params.script_id,
                version=str(params.version),
                environment=params.environment,
                selection=params.selection(),
                rollback=params.rollback,
                dry_run=params.dry_run,
            )
        )
        if params.dry_run:
            return await self._plan(params, prepared, context)
        if prepared.busy:
            reason = f"the run {prepared.busy} is publishing {params.script_id}"
            pause = min(QUEUE_SECONDS * context.attempt, QUEUE_SECONDS_MOST)
            raise Snooze(f"{reason}: waiting for its end", seconds=pause)
        rollout = Rollout(context, params, prepared, rest=self._rest, clock=self._clock)
        await rollout.read_all()
        course = _Course(params, context, prepared, rollout)
        match prepared.state:
            case "running":
                return await course.publish()
            case "published":
                await rollout.wait_until_read(rollout.ids())
                return course.finish(moved=True)
            case "rolling_back":
                raise await course.roll_back(prepared.reason or "")
            case state:
                raise course.failure(prepared.reason or state, rollout.results())

    async def _plan(
        self, params: ScriptPublishParams, prepared: PreparedScript, context: Context
    ) -> Outcome:
        ordered = in_order(await _ahead(params, context))
        least_hold = params.gate.min_hold_seconds if params.gate else 0
        stages = stages_of(len(ordered), params.strategy, least_hold=least_hold)
        changes = sum(each.found != prepared.version for each in ordered)
        message = (
            f"would publish {params.script_id} version {prepared.number} in {params.environment}:"
            f" {changes} of {len(ordered)} accounts change"
        )
        plan = plan_of(ordered, stages, prepared.version)
        more: dict[str, Any] = {"plan": plan, "pointer_moves": not prepared.pointed}
        return Outcome(message, data_of(params, prepared, [], message, published=False, **more))


class _Course:
    """What is done with a publication that was begun."""

    def __init__(
        self,
        params: ScriptPublishParams,
        context: Context,
        prepared: PreparedScript,
        rollout: Rollout,
    ) -> None:
        self._params = params
        self._context = context
        self._prepared = prepared
        self._rollout = rollout

    async def publish(self) -> Outcome:
        """Go through the steps that are left, then move the pointer."""
        rollout = self._rollout
        has_it = rollout.has_it()
        if why := await rollout.gate():
            if any(has_it):
                raise await self._gate_failed(why)
            raise ActionFailed(f"{why} already: nothing was changed")
        if any(has_it) or any(each.assigned != rollout.version for each in rollout.targets):
            await self._go(has_it)
        else:
            await rollout.wait_until_read(rollout.ids())
        moved = (await self._context.ask(PointScript())).moved
        return self.finish(moved=moved)

    async def _go(self, has_it: Sequence[bool]) -> None:
        rollout, params = self._rollout, self._params
        least_hold = params.gate.min_hold_seconds if params.gate else 0
        stages = stages_of(len(has_it), params.strategy, least_hold=least_hold)
        first = open_stage(stages, has_it)
        for place, stage in enumerate(stages[first:], first):
            rollout.tell(stage, place, stages)
            await rollout.assign(stage.upto)
            unread = await rollout.wait_until_read(rollout.ids(stage.upto))
            is_last = stage is stages[-1]
            if not is_last and self._is_too_much(unread, stage.upto):
                raise await self._gate_failed(f"{len(unread)} accounts do not run the version")
            if why := await rollout.watch(stage.hold_seconds):
                raise await self._gate_failed(why)

    def _is_too_much(self, unread: Sequence[TargetSeen], upto: int) -> bool:
        failed = [Target(id=each.account_id, outcome="failed") for each in unread]
        return is_enough(failed, upto, stop_at_percent=self._params.stop_at_percent)

    def finish(self, *, moved: bool) -> Outcome:
        """Say what became of each account.

        Raises:
            ActionFailed: some that run do not report the version; the next attempt asks them again.
        """
        self._rollout.reached = len(self._rollout.targets)
        targets = self._rollout.results()
        message = summary(self._params, self._prepared, targets)
        data = data_of(self._params, self._prepared, targets, message, published=True)
        if moved and is_noop(targets):
            data["status"] = "succeeded"
        if any(each.outcome in UNFINISHED for each in targets) and not self._params.accept_partial:
            raise ActionFailed(message, data=data)
        return Outcome(message, data)

    async def _gate_failed(self, why: str) -> ActionFailed:
        self._context.log(f"stopped: {why}", "error")
        if self._params.on_gate_fail == "rollback":
            await self._context.ask(EndPublication(state="rolling_back", reason=why))
            return await self.roll_back(why)
        await self._context.ask(EndPublication(state="paused", reason=why))
        return self.failure(f"paused: {why}", self._rollout.results())

    async def roll_back(self, why: str) -> ActionFailed:
        """Bring every account that was changed back to what it had; return how the run failed."""
        rollout = self._rollout
        # An attempt that died here may have taken it back; nobody has seen yet that it is back.
        changed = {each.id for each in rollout.targets if each.given or rollout.is_changed(each)}
        self._context.log(f"rolling back: {why}", "warning")
        await rollout.take_back()
        await rollout.wait_until_read(changed, back=True)
        await self._context.ask(EndPublication(state="rolled_back", reason=why))
        targets = [
            taken_back(each, rollout.version, changed=each.id in changed, ms=rollout.took(each.id))
            for each in rollout.targets
        ]
        return self.failure(f"rolled back: {why}", targets, rolled_back=True)

    def failure(
        self, why: str, targets: Sequence[Target], *, rolled_back: bool = False
    ) -> ActionFailed:
        """Return a failure that is not to be tried again."""
        message = f"{self._params.script_id} version {self._prepared.number}: {why}"
        more: dict[str, Any] = {"status": "failed", "rolled_back": rolled_back, "reason": why}
        data = data_of(self._params, self._prepared, targets, message, published=False, **more)
        return ActionFailed(message, permanent=True, data=data)


async def _ahead(params: ScriptPublishParams, context: Context) -> list[TargetSeen]:
    found: list[TargetSeen] = []
    after: UUID | None = None
    while True:
        page = await context.ask(
            LookAhead(
                script_id=params.script_id,
                environment=params.environment,
                selection=params.selection(),
                after=after,
            )
        )
        found += page.targets
        if page.next is None:
            return found
        after = page.next
