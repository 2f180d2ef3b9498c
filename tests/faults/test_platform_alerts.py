"""The executor dies while it checks alerts, and the notifier while a group of them is to be told.

Each alert comes and goes once, however often it is measured; each is told at least once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from tests.faults.platform_stage import begin, platform_stage, rows, succeeds, until, until_rows
from tests.faults.stage import Stage
from tests.support.http_sink import HttpSink
from tests.support.load import BASE

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

RULES = 6
SLOW = 0.7  # seconds that each measurement takes
OPEN = "SELECT 1 FROM api.alerts WHERE rule_name LIKE $1 AND state = 'firing' HAVING count(*) >= $2"
TRANSITIONS = """
SELECT a.rule_name, t.state, count(*) FROM api.alert_transitions t
JOIN api.alerts a ON a.id = t.alert_id WHERE a.rule_name LIKE $1 GROUP BY 1, 2
"""
STARTED = """
SELECT origin::json -> 'event' -> 'data' ->> 'rule' FROM scheduler.occurrences
WHERE task_id = $1 AND outcome = 'fired'
"""


class Watch(NamedTuple):
    """A system, and whom it tells of alerts."""

    here: Stage
    hooks: HttpSink

    def told(self, event: str) -> Counter[str]:
        """Return how many messages there were of each alert."""
        found: Counter[str] = Counter()
        for call in self.hooks.calls("/hook"):
            said = call.json()
            if said["event"] == event:
                found.update(each["rule"] for each in said["alerts"])
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def watch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watch]:
    """Run a system whose alerts are told to a sink of their own."""
    folder: Path = tmp_path_factory.mktemp("hooks")
    async with (
        HttpSink(folder) as hooks,
        platform_stage({"AUTOMATION_RUNTIMES": "0"}) as here,
    ):
        secret = {"url": f"{hooks.url}/hook", "signing_key": "a key of sixteen characters"}
        channel = {"kind": "webhook", "config": {"language": "en"}, "secret": secret}
        await here.operator.insist("PUT", f"{BASE}/channels/hook", json=channel)
        settings = {"group_by": ["..."], "group_wait_seconds": 2, "group_interval_seconds": 2}
        await here.operator.insist("PUT", f"{BASE}/alert-settings", json=settings)
        yield Watch(here, hooks)


async def define(watch: Watch, name: str) -> list[str]:
    """Make rules that all fire, each of which takes a while to measure."""
    names = [f"{name}-{number}" for number in range(RULES)]
    for each in names:
        rule = {
            "name": each,
            "rule_type": "http",
            "alert_level": "error",
            "threshold_operator": ">=",
            "threshold_value": 500,
            "query": {
                "url": f"{watch.hooks.url}/delay/{SLOW}/status/500/{each}",
                "measure": "status",
            },
            "notification_method": "webhook",
            "notification_target": "hook",
        }
        await watch.here.operator.insist("POST", f"{BASE}/alert-rules", json=rule)
    return names


async def starting(watch: Watch, name: str) -> UUID:
    """Define a task that each of these alerts starts."""
    return await watch.here.operator.create(
        name=f"when {name} fires",
        task_type="triggered",
        task_action="noop",
        action_config={},
        trigger_config={
            "subject": "event.alert.firing",
            "condition": f"rule.startsWith('{name}')",
        },
    )


async def until_told(watch: Watch, names: list[str]) -> Counter[str]:
    async def all_told() -> Counter[str] | None:
        found = watch.told("alert.firing")
        return found if set(names) <= set(found) else None

    told = await until(all_told, "all alerts are told", watch.here)
    assert told
    return told


async def are_right(watch: Watch, names: list[str], task: UUID) -> None:
    """See that each alert fired once, and started once what waits for it."""
    pattern = f"{names[0][:-1]}%"
    counted = {(row[0], row[1]): row[2] for row in await rows(watch.here, TRANSITIONS, pattern)}
    firing = {each: counted[each, "firing"] for each in names}
    assert set(firing.values()) == {1}, counted

    async def all_started() -> list[str] | None:
        found = [row[0] for row in await rows(watch.here, STARTED, task)]
        return found if len(found) >= len(names) else None

    started = await until(all_started, "each alert starts its task", watch.here)
    assert sorted(started or []) == sorted(names)


async def test_the_executor_is_killed_while_it_checks(watch: Watch) -> None:
    here = watch.here
    names = await define(watch, "checked")
    task = await starting(watch, "checked")
    run = await begin(here, "alert_check", {"rules": names, "parallel": 1})
    for judged in (1, 3):
        await until_rows(here, OPEN, "checked%", judged, what=f"{judged} rules are judged")
        await here.kill("executor-1")
    result = await succeeds(here, run)

    assert result["rules_checked"] == RULES
    assert result["alerts_found"] == RULES
    told = await until_told(watch, names)
    await are_right(watch, names, task)
    again = {each: told[each] for each in names if told[each] > 1}
    await here.judge(f"executor, while it checks {RULES} rules; told twice: {len(again)}")


async def test_the_notifier_is_killed_while_groups_are_due(watch: Watch) -> None:
    here = watch.here
    names = await define(watch, "grouped")
    task = await starting(watch, "grouped")
    run = await begin(here, "alert_check", {"rules": names, "parallel": 2})
    while not set(names) <= set(watch.told("alert.firing")):
        await here.kill("notifier")
        await asyncio.sleep(1.5)  # some groups are due meanwhile, a message is on its way
    await succeeds(here, run, attempts=1)

    told = await until_told(watch, names)
    await are_right(watch, names, task)
    again = {each: told[each] for each in names if told[each] > 1}
    ids = {call.headers["idempotency-key"] for call in watch.hooks.calls("/hook")}
    bodies = {call.json()["id"] for call in watch.hooks.calls("/hook")}
    assert ids == bodies, "a receiver knows what it has by its id"
    kills = sum(fault.target == "notifier" for fault in here.faults)
    await here.judge(f"notifier ({kills}), groups due; told twice: {len(again)} of {RULES}")
