"""Garbage on every subject becomes dead letters, and the system goes on as if nothing were."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import nats
import pytest

from shared.bus import topology
from tests.e2e.place import EVERY_SECOND, Place

#: One subject for each consumer of ours; what is published there is heard by a service.
SUBJECTS = (
    topology.task_changed("created", uuid4()),
    topology.task_changed("updated", uuid4()),
    topology.task_changed("deleted", uuid4()),
    topology.RUN_REQUEST_API,
    topology.task_due(topology.DEFAULT_QUEUE, topology.DEFAULT_PRIORITY, uuid4()),
    topology.runs_started(uuid4()),
    topology.runs_finished(uuid4()),
    topology.log_lines(uuid4()),
)
GARBAGE = {
    "empty": b"",
    "no JSON": b"\x00\xff\xfe not json",
    "deep": b"[" * 50_000,
    "other JSON": b'{"v": 1, "runs": "all", "requests": 3, "run_id": [], "lines": {}}',
    "another version": b'{"v": 2}',
    "large": b'{"v": 1, "x": "' + b"x" * 600_000 + b'"}',
}


async def dead_letters(place: Place) -> list[dict[str, Any]]:
    """Read all dead letters."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        query = f"?limit=100&cursor={cursor}" if cursor else "?limit=100"
        page = await place.operator.get(f"/api/v1/group-ai/dead-letters{query}")
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return found


@pytest.mark.timeout(180)
async def test_garbage_stops_nobody(place: Place) -> None:
    await place.calling("steady", schedule_config=EVERY_SECOND)
    by_hand = await place.calling("by-hand")
    await place.called("steady", 1)
    client = await nats.connect(place.system.nats_url)
    try:
        js = client.jetstream()
        for subject in SUBJECTS:
            for payload in GARBAGE.values():
                await js.publish(subject, payload)
        sent = len(SUBJECTS) * len(GARBAGE)
        # Those streams keep the newest message of a subject only; the others may be gone already.
        least = sent - 3 * (len(GARBAGE) - 1)

        async def buried() -> list[dict[str, Any]] | None:
            found = await dead_letters(place)
            return (
                found
                if len({each["subject"] for each in found}) == len(SUBJECTS) and len(found) >= least
                else None
            )

        letters = await place.eventually(buried, what=f"{least} dead letters")
        assert len(letters) <= sent
        assert {each["stream"] for each in letters} == {"TASKS", "REQUESTS", "DUE", "RUNS", "LOGS"}
        assert all(each["reason"] for each in letters)

        await place.called("steady", len(place.effects("steady")) + 3)
        await place.ended(await place.operator.run(by_hand))
        for stream in (topology.DUE, topology.REQUESTS):

            async def is_empty(name: str = stream.name) -> bool:
                return (await js.stream_info(name)).state.messages == 0

            await place.eventually(is_empty, what=f"{stream.name} is empty")
    finally:
        await client.close()
    await place.judge()
    assert not [each for each in place.system.state.processes if each.restarts]
    assert json.dumps(letters)  # what is shown can be shown
