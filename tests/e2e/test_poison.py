"""Garbage on every subject becomes dead letters, and the system goes on as if nothing were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import nats
import pytest

from shared.bus import topology
from shared.contracts.policy import DEFAULT_QUEUE
from shared.contracts.runs import RunRequest, RunsRequested
from tests.e2e.place import EVERY_SECOND, Place

#: One subject for each consumer of ours; what is published there is heard by a service.
SUBJECTS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("TASKS", lambda: topology.task_changed("created", uuid4())),
    ("TASKS", lambda: topology.task_changed("updated", uuid4())),
    ("TASKS", lambda: topology.task_changed("deleted", uuid4())),
    ("REQUESTS", lambda: topology.RUN_REQUEST_API),
    ("RUNS", lambda: topology.runs_started(uuid4())),
    ("LOGS", lambda: topology.log_lines(uuid4())),
)
GARBAGE = (
    b"",
    b"\x00\xff\xfe not json",
    b"[" * 50_000,
    b'{"v": 1, "runs": "all", "requests": 3, "run_id": [], "lines": {}}',
    b'{"v": 2}',
    b'{"v": 1, "x": "' + b"x" * 600_000 + b'"}',
)
#: Heard as it comes, and kept by nobody.
HINTS = (
    topology.task_due(DEFAULT_QUEUE),
    topology.RUN_CANCEL,
    topology.runs_finished(uuid4()),
)
#: Well-formed, and about nothing that there is: it must do nothing, and is no dead letter.
NONSENSE = RunsRequested(
    requests=(RunRequest(run_id=uuid4(), task_id=uuid4(), requested_at=datetime.now(UTC)),)
)


def restarts(place: Place) -> dict[str, int]:
    return {each.name: each.restarts for each in place.system.state.processes}


@pytest.mark.timeout(180)
async def test_garbage_stops_nobody(place: Place) -> None:
    before = restarts(place)
    await place.calling("steady", schedule_config=EVERY_SECOND)
    by_hand = await place.calling("by-hand")
    await place.called("steady", 1)
    client = await nats.connect(place.system.nats_url)
    try:
        js = client.jetstream()
        for payload in GARBAGE:
            for _, subject in SUBJECTS:
                await js.publish(subject(), payload)
            for hint in HINTS:
                await client.publish(hint, payload)
        await js.publish(topology.RUN_REQUEST_API, NONSENSE.encode())
        sent = Counter(stream for stream, _ in SUBJECTS for _ in GARBAGE)

        async def buried() -> list[dict[str, Any]] | None:
            found = await place.dead_letters()
            return found if len(found) >= sent.total() else None

        letters = await place.eventually(buried, what=f"{sent.total()} dead letters")
        await place.called("steady", len(place.effects("steady")) + 3)
        await place.ended(await place.operator.run(by_hand))

        async def is_empty() -> bool:
            return not (await js.stream_info(topology.REQUESTS.name)).state.messages

        await place.eventually(is_empty, what="nothing lies in the work queue")
    finally:
        await client.close()
    await place.judge(dead_letters=sent.total())

    assert Counter(each["stream"] for each in letters) == sent
    assert all(each["reason"] for each in letters)
    assert restarts(place) == before
