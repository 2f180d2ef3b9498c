"""What `alert_check` may ask: which rules there are, our own numbers, a judgement."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from services.api.alerts.judging import is_final, judge
from services.api.alerts.measures import EMPTY_IS_FINE, measure
from services.api.alerts.rules import as_rule
from services.api.platform.asking import Asker, command
from services.api.store import alert_checks as checks
from services.api.store import alert_rules as store
from services.api.store import tasks
from services.api.wire.problems import Refused
from shared.contracts.alerts_commands import (
    MOST_MET,
    RULES_PAGE,
    FindRules,
    Judged,
    JudgeRule,
    Measured,
    MeasureRule,
    MetSample,
    RulesToCheck,
    RuleToCheck,
)
from shared.db.pool import Connection
from shared.domain.alerting.labels import OddSeries, series_of
from shared.domain.alerting.rule import ASKED
from shared.domain.alerting.samples import is_beyond
from shared.domain.errors import NotFound

_FIRST = UUID(int=0)


async def find_rules(connection: Connection, question: FindRules, asker: Asker) -> RulesToCheck:
    """Return a page of the rules that are to be checked, and what this run has done of them."""
    began_at = await tasks.now(connection)
    rows = await store.to_check(
        connection, question.names, after=question.after or _FIRST, limit=RULES_PAGE + 1
    )
    shown = rows[:RULES_PAGE]
    return RulesToCheck(
        began_at=began_at,
        rules=tuple([await _rule(connection, row, asker) for row in shown]),
        unknown=tuple(await store.unknown(connection, question.names)),
        next=shown[-1].id if len(rows) > RULES_PAGE else None,
    )


async def measure_rule(connection: Connection, question: MeasureRule, _: Asker) -> Measured:
    """Return what this system itself knows, as far as it meets the rule's condition.

    Raises:
        NotFound: there is no such rule.
        Refused: it is measured elsewhere, or finds too much.
    """
    row = await store.get(connection, question.rule_id)
    if row is None:
        raise NotFound("alert_rule", str(question.rule_id))
    rule = as_rule(row)
    if rule.rule_type in ASKED:
        raise Refused(422, "alert_rule.not_ours", params={"type": rule.rule_type})
    samples = await measure(connection, rule)
    met = [each for each in samples if is_beyond(each.value, rule.operator, rule.threshold)]
    try:
        told = tuple(
            MetSample(labels=series_of(each.labels), value=repr(each.value))
            for each in met[:MOST_MET]
        )
    except OddSeries:
        raise Refused(422, "alert_rule.odd_series") from None
    found = len(samples)
    if rule.rule_type in EMPTY_IS_FINE:
        found = max(found, 1)  # nothing is offline, waits or is silent: that is an answer
    return Measured(samples=found, met=told, met_count=len(met))


async def _rule(connection: Connection, row: store.RuleRow, asker: Asker) -> RuleToCheck:
    written = row.written
    check = await checks.of_run(connection, row.id, asker.run_id)
    done = check is not None and is_final(check, asker.attempt)
    return RuleToCheck(
        id=row.id,
        name=written.name,
        version=row.version,
        enabled=written.enabled,
        rule_type=cast(Any, written.rule_type),
        level=cast(Any, written.alert_level),
        operator=cast(Any, written.threshold_operator),
        threshold=written.threshold_value,
        query=json.loads(written.query),
        judged=Judged.model_validate_json(check.answer) if check and done else None,
    )


COMMANDS = (
    command(FindRules, find_rules),
    command(MeasureRule, measure_rule),
    command(JudgeRule, judge),
)
