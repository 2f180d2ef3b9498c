"""Flow: somebody is told, of the first failure and of the recovery, whatever dies meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.e2e.place import Place
from tests.support.http_sink import Call

BASE = "/api/v1/group-ai"
RULE = {"on": ["failure", "recovered"], "channels": ["hook"], "exact": True}


async def test_a_failure_and_the_recovery_are_told_once(place: Place) -> None:
    secret = {"url": f"{place.sink.url}/hook", "signing_key": "a key of sixteen characters or more"}
    channel = {"kind": "webhook", "config": {"language": "en"}, "secret": secret}
    put = await place.operator.call("PUT", f"{BASE}/channels/hook", json=channel)
    assert put.status_code == 200, put.text
    tested = await place.operator.call("POST", f"{BASE}/channels/hook/test")
    assert tested.json()["ok"] is True
    task = await place.operator.create(
        name="watched", notify=[RULE], **place.action("status/500/watched")
    )

    async def all_sent() -> list[dict[str, Any]] | None:
        listed = await place.operator.call("GET", f"{BASE}/notifications?task_id={task}")
        items: list[dict[str, Any]] = listed.json()["items"]
        return items if all(each["state"] == "sent" for each in items) else None

    await place.ended(await place.operator.run(task))
    await hooks(place, task, 1)
    # What a notifier that dies has in hand is sent a second time: not what is shown here.
    await place.eventually(all_sent, what="the first is known to be sent")
    killed = place.system.kill("notifier")
    await place.ended(await place.operator.run(task))
    await place.operator.edit(task, **place.action("watched"))
    await place.ended(await place.operator.run(task))
    await place.system.wait_restarted("notifier", killed)
    failure, recovery = await hooks(place, task, 2)

    assert [each.json()["event"] for each in (failure, recovery)] == ["failure", "recovered"]
    assert failure.json()["run"]["url"].startswith(place.system.api_url)
    assert recovery.json()["incident"]["count"] == 2

    assert len(await place.eventually(all_sent, what="everything is sent")) == 2
    assert (place.system.home / "secret-key").stat().st_mode & 0o777 == 0o600


async def hooks(place: Place, task: UUID, count: int) -> list[Call]:
    """Wait for so many messages about a task."""

    async def look() -> list[Call] | None:
        calls = [
            call for call in place.sink.calls("/hook") if call.json()["task"]["id"] == str(task)
        ]
        return calls if len(calls) >= count else None

    found = await place.eventually(look, within=timedelta(seconds=40), what=f"{count} messages")
    assert len(found) == count
    return found
