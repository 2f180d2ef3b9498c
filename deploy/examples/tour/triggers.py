"""Tasks that events start."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import nats

from deploy.examples.guide import Guide, Json, check, say


def show(guide: Guide) -> None:
    """Walk through it."""
    source = f"tour-{uuid4().hex[:8]}"
    _condition(guide, source)
    _over_nats(guide, source)
    _threshold(guide, source)
    _debounce(guide, source)
    _rehearsal(guide, source)


def _listener(guide: Guide, name: str, path: str, trigger: Json) -> str:
    """Create a task that an event starts: any that is sent from now on; return its id."""
    guide.server.calls.clear()
    return guide.task(name, path, task_type="triggered", trigger_config=trigger)


def _send(guide: Guide, source: str, kind: str, *datas: object) -> None:
    events = [{"id": uuid4().hex, "source": source, "type": kind, "data": data} for data in datas]
    guide.call("POST", "/events", events, expect=202)


def _condition(guide: Guide, source: str) -> None:
    trigger = {"subject": f"event.{source}.metric", "condition": "error_rate > 10"}
    _listener(guide, "too many errors", "/alarm", trigger)
    _send(guide, source, "metric", {"error_rate": 3}, {"error_rate": 12.5})
    guide.until("it fires", lambda: guide.server.count("/alarm"))
    event = {"id": uuid4().hex, "source": source, "type": "metric", "data": {"error_rate": 99}}
    for expected in ("accepted", "duplicate"):
        answer = guide.call("POST", "/events", [event], expect=202)
        status = answer["events"][0]["status"]
        check(status == expected, f"sent {'once' if expected == 'accepted' else 'twice'}: {status}")
    guide.until("it fires again", lambda: guide.server.count("/alarm") == 2)
    check(True, "the condition decides, and an event that comes twice fires once")


def _over_nats(guide: Guide, source: str) -> None:
    _listener(guide, "over NATS", "/nats", {"subject": f"event.{source}.nats.>"})

    async def publish() -> None:
        client = await nats.connect(guide.state["nats_url"])
        await client.jetstream().publish(f"event.{source}.nats.made", json.dumps({"n": 1}).encode())
        await client.close()

    asyncio.run(publish())
    guide.until("it fires", lambda: guide.server.count("/nats") == 1)
    check(True, "plain JSON on NATS is an event, too")


def _threshold(guide: Guide, source: str) -> None:
    trigger = {
        "subject": f"event.{source}.login",
        "for_each": ["data.user"],
        "threshold": 3,
        "within_seconds": 60,
    }
    _listener(guide, "three for one user", "/three", trigger)
    users = ["ann", "bob", "ann", "bob", "ann"]
    _send(guide, source, "login", *({"user": user} for user in users))
    guide.until("it fires", lambda: guide.server.count("/three"))
    check(guide.server.count("/three") == 1, "three events of one user, not of all")


def _debounce(guide: Guide, source: str) -> None:
    trigger = {"subject": f"event.{source}.edit", "debounce_seconds": 2}
    _listener(guide, "debounced", "/debounced", trigger)
    _send(guide, source, "edit", *({"n": number} for number in range(5)))
    guide.until("it fires", lambda: guide.server.count("/debounced"))
    check(guide.server.count("/debounced") == 1, "five events in a row, one run")


def _rehearsal(guide: Guide, source: str) -> None:
    trigger = {"subject": f"event.{source}.metric", "condition": "error_rate > 50"}
    task = guide.task("rehearsed", "/never", task_type="triggered", trigger_config=trigger)
    path = f"/automation-tasks/{task}/trigger/test"
    tried = guide.call("POST", path, {"last": 100})
    ours = f"event.{source}.metric"
    metrics = [each for each in tried["events"] if each["subject"] == ours]
    clause = next(each for event in metrics for each in event["clauses"] if not each["matches"])
    say(f"   why an event did not match: {json.dumps(clause)}")
    _would_have_fired(tried["last_24_hours"], 1, "one event was beyond the condition")
    logins = {"subject": f"event.{source}.login", "for_each": ["data.user"], "within_seconds": 60}
    for threshold, times in ((1, 5), (2, 2), (3, 1)):
        wished = {**logins, "threshold": threshold}
        if threshold == 1:
            del wished["within_seconds"]
        tried = guide.call("POST", path, {"last": 1, "trigger_config": wished})
        _would_have_fired(tried["last_24_hours"], times, f"{threshold} logins of one user")
    edits = {"subject": f"event.{source}.edit", "batch": {"max_size": 2, "timeout_seconds": 600}}
    tried = guide.call("POST", path, {"last": 1, "trigger_config": edits})
    _would_have_fired(tried["last_24_hours"], 2, "two edits in one run, the fifth still waits")
    check(guide.server.count("/never") == 0, "a rehearsal starts nothing")


def _would_have_fired(day: Json, times: int, why: str) -> None:
    say(f"   the last 24 hours: {json.dumps(day)}")
    check(day["would_have_fired"] == times, f"would_have_fired {times}: {why}")
