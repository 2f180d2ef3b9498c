"""On the bus everybody may do his own work and nothing else, and nobody can make anything run.

All that the other end-to-end tests do is done under the same grants; here is what they must not do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client

from shared.bus import topology
from shared.bus.access import Access, inbox_of
from shared.bus.connection import connect_once
from shared.contracts.policy import DEFAULT_QUEUE
from shared.contracts.runs import RunsDue
from tests.e2e.place import EVERY_SECOND, Place

FORGED = 20


@asynccontextmanager
async def coming(place: Place, service: str) -> AsyncIterator[Client]:
    """Come to the bus with a service's own seed."""
    seed = place.system.home / "nats" / "keys" / f"nats-{service}.seed"
    address = f"nats://{place.system.nats_url.rpartition('@')[2]}"
    access = Access(inbox=inbox_of(service), seed_file=seed)
    client = await connect_once(address, name=f"forger-{service}", access=access)
    try:
        yield client
    finally:
        await client.close()


def said(place: Place) -> str:
    """Return what all processes have said."""
    logs = sorted((place.system.home / "logs").glob("*.log"))
    return "\n".join(log.read_text(errors="replace") for log in logs)


async def test_a_forged_hint_runs_nothing_that_the_database_does_not_say(place: Place) -> None:
    task = await place.calling("forged")
    run = await place.operator.run(task)
    await place.called("forged", 1)
    await place.ended(run)

    async with coming(place, "scheduler") as forger:
        for number in range(FORGED):
            hint = RunsDue(runs=number + 1)
            await forger.publish(topology.task_due(DEFAULT_QUEUE), hint.encode())
        await forger.flush(10)
    # What is ordered after them is done after them.
    await place.ended(await place.operator.run(task))
    await place.called("forged", 2)

    assert len(place.effects("forged")) == 2


async def test_no_service_is_ever_refused_while_it_does_its_work(place: Place) -> None:
    await place.calling("ticking", schedule_config=EVERY_SECOND)
    await place.called("ticking", 2)

    text = said(place).lower()
    assert "violation" not in text
    assert "no keeper of the bus" not in text


async def test_a_service_cannot_speak_in_the_place_of_another(place: Place) -> None:
    task = await place.calling("spoken")
    async with coming(place, "log-writer") as forger:
        await forger.publish(topology.task_due(DEFAULT_QUEUE), b"")
        await forger.publish(topology.RUN_REQUEST_API, b"")
        await forger.publish(topology.task_changed("deleted", task), b"")
        await forger.publish("$JS.API.STREAM.DELETE.RUNS", b"")
        await asyncio.sleep(0)
        await forger.flush(10)

    answer = await place.operator.call("GET", f"/api/v1/group-ai/automation-tasks/{task}")
    assert answer.is_success
    await place.ended(await place.operator.run(task))
    await place.called("spoken", 1)
