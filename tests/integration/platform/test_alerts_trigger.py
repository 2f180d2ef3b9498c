"""A run that waits too long is measured, fires an alert, starts a task and is told to a person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.executor.actions.alert_check import AlertCheck
from services.executor.actions.alert_check.params import AlertCheckParams
from services.notifier.loops.alerts import AlertTeller
from services.notifier.store.alert_groups import AlertGroupStore
from services.scheduler.app import build
from services.scheduler.settings import SchedulerSettings
from tests.integration.api.client import BASE
from tests.integration.api.ledger import add_run
from tests.integration.platform.floor import Platform, eventually


@asynccontextmanager
async def running_scheduler(database: str, nats_url: str) -> AsyncIterator[None]:
    """Run a scheduler in this process."""
    settings = SchedulerSettings(database_url=database, nats_url=nats_url)
    async with AsyncExitStack() as stack:
        parts = await build(settings, stack)
        running = [asyncio.create_task(each.run()) for each in parts.loops]
        try:
            yield
        finally:
            if parts.drain:
                await parts.drain()
            for each in parts.loops:
                each.stop()
            await asyncio.gather(*running)


async def triggered(platform: Platform, level: str) -> UUID:
    """Create a task that an alert of one level starts."""
    trigger = {
        "subject": "alert.firing",
        "condition": f'level == "{level}" && labels.queue == "slow"',
    }
    task: dict[str, Any] = await platform.api.create(
        name=level, task_type="triggered", trigger_config=trigger
    )
    return UUID(task["id"])


async def started(platform: Platform, task: UUID) -> int:
    found: int = await platform.pool.fetchval(
        "SELECT count(*) FROM scheduler.occurrences WHERE task_id = $1 AND outcome = 'fired'"
        " AND origin::json -> 'event' ->> 'source' = 'alert'",
        task,
    )
    return found


async def test_an_alert_starts_the_tasks_that_wait_for_its_level_and_is_told(
    platform: Platform, database: str, nats_url: str
) -> None:
    rule = {
        "name": "slow queue",
        "rule_type": "queue_age",
        "alert_level": "error",
        "threshold_value": 60,
        "notification_method": "email",
        "notification_target": "ann@example.com",
    }
    answer = await platform.http.post(f"{BASE}/alert-rules", json=rule)
    assert answer.status_code == 201, answer.text
    info, error = await triggered(platform, "info"), await triggered(platform, "error")
    other = (await platform.api.create())["id"]
    await add_run(platform.api, other, queue="slow", held=True, late=timedelta(minutes=10))

    async with running_scheduler(database, nats_url):
        for _ in range(2):  # what is found again is no news
            context = await platform.context()
            outcome = await AlertCheck().run(AlertCheckParams(), context)
            assert outcome.data is not None
            assert outcome.data["alerts_found"] == 1

        async def starts() -> int:
            return await started(platform, error)

        await eventually(starts, "the alert starts the task")

    assert (await started(platform, error), await started(platform, info)) == (1, 0)
    teller = AlertTeller(AlertGroupStore(platform.pool), lambda: None)
    await teller.step()
    await platform.pool.execute("UPDATE notify.alert_groups SET flush_at = now()")
    await teller.step()
    (told,) = (await platform.http.get(f"{BASE}/notifications")).json()["items"]
    assert (told["event"], told["channel"]) == ("alert.firing", "ann@example.com")
    (group,) = (await platform.http.get(f"{BASE}/alert-groups")).json()["items"]
    assert (group["id"], group["labels"]) == (told["alert_group_id"], {"alertname": "slow queue"})
    (alert,) = (await platform.http.get(f"{BASE}/alerts")).json()["items"]
    assert group["told_firing"] == group["fingerprints"] == [alert["fingerprint"]]
    facts = json.loads(await platform.pool.fetchval("SELECT facts FROM notify.deliveries"))
    assert facts["alerts"][0]["labels"] == alert["labels"]
