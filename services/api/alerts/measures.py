"""Measures what an alert rule looks at, out of this system's own data."""

from __future__ import annotations

from datetime import timedelta

from services.api.store import measures as store
from shared.db.pool import Connection
from shared.domain.alerting.rule import (
    AccountConditions,
    BackupConditions,
    QueueConditions,
    Rule,
    RuleType,
    RunConditions,
    TaskConditions,
)
from shared.domain.alerting.samples import Sample

#: Of these nothing found is an answer: nothing is offline, waits, or is silent. Of the others it
#: is no data: no run ended within the window, no backup was ever made.
EMPTY_IS_FINE: frozenset[RuleType] = frozenset({"account_offline", "queue_age", "schedule_silent"})

#: Executors and account runtimes say every two seconds that they live.
SILENT_AFTER = timedelta(seconds=15)


async def measure(  # noqa: PLR0911 - one for each type
    connection: Connection, rule: Rule
) -> list[Sample]:
    """Return what *rule* looks at now; it is of a type that is measured here.

    Raises:
        ValueError: it is measured elsewhere.
    """
    which = rule.conditions
    match which:
        case RunConditions() if rule.rule_type == "error_rate":
            return await store.error_rate(connection, rule.window, which)
        case RunConditions():
            return await store.response_time(connection, rule.window, which)
        case AccountConditions():
            return await store.accounts_offline(
                connection,
                account_ids=which.account_ids,
                tags=which.tags,
                server_id=which.server_id,
                silent_after=SILENT_AFTER,
            )
        case QueueConditions():
            return await store.queue_age(connection, which.queue)
        case TaskConditions():
            return await store.schedules_silent(connection, which.task_id)
        case BackupConditions():
            return await store.backup_age(connection, which.source)
    if rule.rule_type == "system_errors":
        return await store.system_errors(connection, rule.window, silent_after=SILENT_AFTER)
    raise ValueError(rule.rule_type)
