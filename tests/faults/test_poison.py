"""What is no message of ours reaches the dead letters, and slows nobody."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.bus import topology
from shared.contracts.policy import DEFAULT_QUEUE
from tests.faults.bus_stage import client_of
from tests.faults.stage import Stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

#: Garbage costs the services time; nobody may be later for it than this.
UNTOUCHED = 3  # seconds

LETTERS = "SELECT count(*) FROM log.dead_letters"
BURIED = "SELECT count(*) >= $1 FROM log.dead_letters"

#: What is no message of ours, in eight kinds.
POISON: dict[str, bytes] = {
    "not json": b"not json \xff",
    "empty": b"",
    "large": b"x" * 900_000,
    "no fields": b"{}",
    "wrong types": b'{"v": 1, "run_id": [], "attempt": "one", "runs": "all"}',
    "unknown version": b'{"v": 2, "runs": []}',
    "deep": b"[" * 100_000,
    "half a character": b'{"v": 1, "run_id": "\\ud800", "runs": [{"trigger": "\\ud800"}]}',
}
EACH = 20


async def test_poison_of_eight_kinds_reaches_the_dead_letters_and_slows_nobody(
    here: Stage,
) -> None:
    before = await here.value(LETTERS)
    subjects = (topology.RUN_REQUEST_API, topology.runs_started(uuid4()))
    sent = len(subjects) * len(POISON) * EACH
    async with client_of(here.system.nats_url) as client:
        js = client.jetstream(timeout=30)
        with here.fault("poison", "bus"):
            for _ in range(EACH):
                for payload in POISON.values():
                    for subject in subjects:
                        await js.publish(subject, payload)
                    await client.publish(topology.task_due(DEFAULT_QUEUE), payload)  # only a hint
            await here.until_value(BURIED, before + sent, what=f"{sent} dead letters")
    figures = await here.judge(f"{sent} poison messages")

    assert await here.value(LETTERS) - before == sent
    assert not figures.twice
    assert figures.latest < UNTOUCHED
