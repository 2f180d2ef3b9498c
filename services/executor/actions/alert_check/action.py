"""The check of many rules: each measured, then judged by the platform, several at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.executor.actions.alert_check import measuring
from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.alert_check.measuring import Tries, Wanted
from services.executor.actions.alert_check.params import AlertCheckParams, InlineCheck
from services.executor.actions.http.connections import ConnectionRoom
from services.executor.actions.targets import Target, judge
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.contracts.alerts_commands import (
    ERROR_MAX,
    FindRules,
    Judged,
    JudgeRule,
    Measured,
    MeasureRule,
    RuleToCheck,
)
from shared.domain.texts.catalog import Text
from shared.egress import guard as egress

#: So many of what an inline query has found are told.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one rule."""

    target: Target
    firing: int = 0
    permanent: bool = False
    """Of a failure: trying again cannot help."""


class AlertCheck(Action[AlertCheckParams]):
    """Checks alert rules. One instance serves all runs of a process."""

    name = "alert_check"
    category = "alerts"
    title = Text("告警檢查", "Check alerts")
    description = Text(
        "檢查告警規則：量測、判斷並記錄告警。發現問題的檢查仍是成功的執行。",
        "Checks alert rules: measures, judges, and keeps the alerts. A check that finds a problem"
        " is a successful run.",
    )
    params = AlertCheckParams

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.perf_counter,
        resolve: egress.Resolve = egress.resolve,
        rest: float = measuring.REST,
    ) -> None:
        self._clock = clock
        self._room = ConnectionRoom(resolve)
        self._rest = rest

    async def run(self, params: AlertCheckParams, context: Context) -> Outcome:
        if params.query is not None:
            return await self._look(params, params.query, context)
        rules, unknown, began_at = await _find(params, context)
        done: list[Checked] = [_unknown(name) for name in unknown]
        slots = asyncio.Semaphore(params.parallel)
        total = len(rules) + len(unknown)

        async def check(rule: RuleToCheck) -> None:
            async with slots:
                done.append(await self._check(rule, began_at, params, context))
            context.progress(len(done) * 100 / total, f"{len(done)}/{total}")

        async with asyncio.TaskGroup() as group:
            for rule in rules:
                group.create_task(check(rule))
        return _ended(sorted(done, key=lambda each: each.target.id), params)

    async def close(self) -> None:
        """Close all connections, at the end of the process."""
        await self._room.close()

    async def _check(
        self, rule: RuleToCheck, began_at: datetime, params: AlertCheckParams, context: Context
    ) -> Checked:
        """Measure and judge one rule; whatever goes wrong is told."""
        began = self._clock()
        if not rule.enabled:
            return _skipped(rule.name, "the rule is switched off")
        if rule.judged is not None:
            context.log(f"{rule.name}: judged by an earlier attempt of this run")
            return _told(rule, rule.judged, Measured(samples=0), ms=0)
        measured, error = await self._measured(rule, params, context)
        try:
            judged = (
                _as_if(measured, error)
                if params.dry_run
                else await context.ask(_judgement(rule, began_at, measured, error))
            )
        except ActionFailed as refused:
            return _failed(rule.name, str(refused), permanent=refused.permanent)
        ms = round((self._clock() - began) * 1000)
        context.log(_line(rule, judged, measured), "warning" if judged.error else "info")
        permanent = error is not None and error.permanent
        return _told(rule, judged, measured, ms=ms, permanent=permanent)

    async def _measured(
        self, rule: RuleToCheck, params: AlertCheckParams, context: Context
    ) -> tuple[Measured, NotMeasured | None]:
        try:
            if rule.query is None:
                return await context.ask(MeasureRule(rule_id=rule.id)), None
            query = measuring.query_of(rule.rule_type, rule.query)
            wanted = Wanted(query, rule.operator, rule.threshold)
            measured = await measuring.measure(wanted, context, self._room, self._tries(params))
        except NotMeasured as error:
            return Measured(samples=0), error
        except ActionFailed as refused:
            return Measured(samples=0), NotMeasured(str(refused), permanent=refused.permanent)
        return measured, None

    async def _look(
        self, params: AlertCheckParams, query: InlineCheck, context: Context
    ) -> Outcome:
        """Measure a query that is no rule, and tell."""
        operator, threshold = query.threshold_operator, query.threshold_value
        try:
            wanted = Wanted(query.asked, operator, threshold)
            measured = await measuring.measure(wanted, context, self._room, self._tries(params))
        except NotMeasured as error:
            raise ActionFailed(f"not measured: {error}", permanent=error.permanent) from error
        message = f"{measured.met_count} of {measured.samples} samples {operator} {threshold:g}"
        found = [{"labels": each.labels, "value": each.value} for each in measured.met[:SHOWN]]
        data = {
            "rules_checked": 0,
            "alerts_found": measured.met_count,
            "message": message,
            "samples": measured.samples,
            "found": found,
        }
        return Outcome(message, {**data, "plan": []} if params.dry_run else data)

    def _tries(self, params: AlertCheckParams) -> Tries:
        return Tries(params.tries, params.timeout_seconds, rest=self._rest)


async def _find(
    params: AlertCheckParams, context: Context
) -> tuple[list[RuleToCheck], tuple[str, ...], datetime]:
    """Return the rules, the names that none has, and when the check began."""
    names = tuple(params.rules)
    page = await context.ask(FindRules(names=names))
    rules, began_at = list(page.rules), page.began_at
    while page.next is not None:
        page = await context.ask(FindRules(names=names, after=page.next))
        rules += page.rules
    return rules, page.unknown, began_at


def _judgement(
    rule: RuleToCheck, began_at: datetime, measured: Measured, error: NotMeasured | None
) -> JudgeRule:
    return JudgeRule(
        rule_id=rule.id,
        version=rule.version,
        began_at=began_at,
        samples=measured.samples,
        met=measured.met,
        met_count=measured.met_count,
        error=None if error is None else str(error)[:ERROR_MAX] or type(error).__name__,
    )


def _as_if(measured: Measured, error: NotMeasured | None) -> Judged:
    """Return what a rehearsal tells: how many samples meet the condition now."""
    return Judged(
        outcome="judged", pending=measured.met_count, error=None if error is None else str(error)
    )


def _told(
    rule: RuleToCheck, judged: Judged, measured: Measured, *, ms: int, permanent: bool = False
) -> Checked:
    if judged.outcome != "judged":
        return _skipped(rule.name, _WHY[judged.outcome])
    after = {
        "samples": measured.samples,
        "pending": judged.pending,
        "firing": judged.firing,
        "resolved": judged.resolved,
    }
    target = Target(
        id=rule.name,
        outcome="failed" if judged.error else "done",
        after=after,
        error=judged.error,
        ms=ms,
    )
    return Checked(target, judged.firing, permanent=permanent)


_WHY = {
    "overtaken": "a check that began later was faster",
    "changed": "the rule was changed meanwhile",
    "gone": "the rule was switched off or deleted meanwhile",
}


def _skipped(name: str, why: str) -> Checked:
    return Checked(Target(id=name, outcome="skipped", error=why))


def _failed(name: str, why: str, *, permanent: bool) -> Checked:
    return Checked(Target(id=name, outcome="failed", error=why), permanent=permanent)


def _unknown(name: str) -> Checked:
    return _failed(name, "there is no such rule", permanent=True)


def _line(rule: RuleToCheck, judged: Judged, measured: Measured) -> str:
    if judged.error:
        return f"{rule.name}: not measured: {judged.error}"
    return (
        f"{rule.name}: {measured.met_count} of {measured.samples} samples {rule.operator}"
        f" {rule.threshold:g}; {judged.pending} pending, {judged.firing} firing,"
        f" {judged.resolved} resolved"
    )


def _ended(done: Sequence[Checked], params: AlertCheckParams) -> Outcome:
    """Return what the run says.

    Raises:
        ActionFailed: a rule could not be measured.
    """
    targets = [each.target for each in done]
    failed = [each for each in done if each.target.outcome == "failed"]
    checked = sum(each.target.outcome == "done" for each in done)
    firing = sum(each.firing for each in done)
    message = f"{checked} of {len(done)} rules checked, {firing} alerts firing"
    if failed:
        message += f"; not checked: {', '.join(each.target.id for each in failed[:5])}"
    data: dict[str, Any] = {
        "status": judge(targets),
        "rules_checked": checked,
        "alerts_found": firing,
        "message": message,
        "targets": [each.as_json() for each in targets],
    }
    if params.dry_run:
        return Outcome(f"would judge: {message}", {**data, "plan": data["targets"]})
    if failed and not (params.accept_partial and checked):
        permanent = all(each.permanent for each in failed)
        raise ActionFailed(message, permanent=permanent, data=data)
    return Outcome(message, data)
