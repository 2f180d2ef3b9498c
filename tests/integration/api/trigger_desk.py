"""Events in the stream, tasks that listen to them, and how often they fire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.client import Client

from services.api.documented.events import TriggerTested
from shared.bus import topology
from shared.domain.instant import format_instant
from tests.integration.api.client import TASKS, Api

CONDITION = {"subject": "event.monitor.>", "condition": "error_rate > 10"}


#: What a trigger says besides, and how often it fires for eight events of which seven match.
FIRINGS: dict[str, tuple[dict[str, Any], int]] = {
    "plain": ({}, 7),
    "threshold": ({"threshold": 3, "within_seconds": 60}, 2),
    "threshold-for-each": (
        {"threshold": 3, "within_seconds": 60, "for_each": ["data.error_rate"]},
        1,
    ),
    "rate-limit": ({"rate_limit": {"limit": 4, "period_seconds": 600}}, 4),
    "throttle": ({"throttle": {"limit": 4, "period_seconds": 600}}, 7),
    "full-batches": ({"batch": {"max_size": 3, "timeout_seconds": 3600}}, 2),
    "storm-that-goes-on": ({"debounce_seconds": 3600}, 0),
    "silence-before": ({"posture": "proactive", "within_seconds": 3600}, 1),
}


async def store(bus: Client, number: int, rate: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes of an event
    """Put an event into the stream."""
    event = {
        "specversion": "1.0",
        "id": str(number),
        "source": "monitor",
        "type": "metrics.sample",
        "data": {"error_rate": rate},
        **more,
    }
    subject = topology.event_said(event["source"], event["type"])
    await bus.jetstream().publish(subject, json.dumps(event).encode())
    return event


async def a_triggered_task(api: Api, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    config = {"trigger_config": CONDITION, **fields}
    created = await api.create(task_type="triggered", **config)
    await api.pool.execute("DELETE FROM api.outbox")
    task_id: str = created["id"]
    return task_id


async def tried(api: Api, task: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the body
    answer = await api.http.post(f"{TASKS}/{task}/trigger/test", json=body)
    assert answer.status_code == 200, answer.text
    TriggerTested.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def the_last_hour() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "from": format_instant(now - timedelta(hours=1)),
        "to": format_instant(now + timedelta(hours=1)),
    }
