"""The disk of the bus is full: everybody is told, and it stores again soon after there is room.

nats-server stores nothing in a stream to which it could not write, until it is started again, and
only its own /healthz says so. Whoever keeps it running must start it again; whoever publishes must
not say that it is ready.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import nats
import pytest
from nats.errors import Error
from nats.js import JetStreamContext

from deploy.local import probe
from deploy.local.nats import Nats
from deploy.nats.health import write_error
from tests.faults.small_disk import Filler, root, small_disk
from tests.faults.stage import Stage, stage
from tests.support.nats_cluster import NatsCluster
from tests.support.servers import Running, temporary_folder
from tests.support.storing import Storing

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240), root]

ALIVE = "/healthz?js-enabled-only=true"
PATIENCE = 60  # seconds
POLL = 0.1  # seconds
#: From there being room until the supervisor has the server running again: two looks and a start.
HEALED = 15  # seconds
#: From there being room until everything that was due has started.
ROOM_AGAIN = 45  # seconds


async def until(look: Callable[[], Any], what: str) -> None:
    """Look again and again until it is so; *look* is awaited."""
    deadline = time.monotonic() + PATIENCE
    while not await look():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        await asyncio.sleep(POLL)


async def readiness(here: Stage, name: str, path: str = "/readyz") -> tuple[int, dict[str, Any]]:
    """Return what a service says of itself on its health port; 0 and nothing: no answer."""
    url = next(each.health_url for each in here.system.state.processes if each.name == name)
    status, body = await probe.http_get(int(url.rpartition(":")[2]), path)
    return status, json.loads(body) if body else {}


async def told(here: Stage, name: str) -> bool:
    """Say whether a service names what is wrong."""
    status, body = await readiness(here, name)
    return status == 503 and body["failed"].get("storing") == "StoresNothing"


async def test_the_disk_of_the_bus_is_full() -> None:
    async with temporary_folder() as folder:
        home = folder / "home"
        disk = home / "nats"
        with small_disk(disk, 300):
            async with stage({"AUTOMATION_SCHEDULERS": "2"}, home=home) as here:
                here.restless.add("nats")
                filler = Filler(disk)
                with here.fault("full disk", "nats"):
                    await everybody_is_told(here, filler)
                    await people_are_served(here)
                    before = here.system.pid("nats")
                    filler.remove()
                    began = time.monotonic()
                    await here.system.wait_restarted("nats", before)
                    healed = time.monotonic() - began
                await here.steady()
                running = time.monotonic() - began
                await until(lambda: ready(here), "all services are ready again")
                figures = await here.judge(
                    f"no room for the bus: restarted after {healed:.1f} s of room,"
                    f" running after {running:.1f}"
                )

                assert healed < HEALED
                assert running < ROOM_AGAIN
                assert not figures.twice


async def everybody_is_told(here: Stage, filler: Filler) -> None:
    """Fill the disk until those who publish say so; a failure is no news before its time."""
    for name in ("executor-1", "executor-2", "api"):

        async def look(name: str = name) -> bool:
            filler.fill()
            return await told(here, name)

        await until(look, f"{name} says that nothing is stored")


async def people_are_served(here: Stage) -> None:
    """What people ask for is taken, and where requests go is not changed by it."""

    async def answering() -> bool:
        return (await readiness(here, "api", "/readyz/answering"))[0] == probe.OK

    await until(answering, "the API is ready for requests")
    await here.operator.create(name="made meanwhile", task_action="noop")


async def ready(here: Stage) -> bool:
    """Say whether nobody lacks anything."""
    names = [name for name in here.system.names() if name not in ("postgres", "nats")]
    return all([(await readiness(here, name))[0] == probe.OK for name in names])


async def published(js: JetStreamContext) -> bool:
    """Say whether a message is stored."""
    with suppress(Error, nats.js.errors.Error):
        await js.publish("a.b", bytes(2000), timeout=1)
        return True
    return False


async def healthz(port: int, path: str = "/healthz") -> tuple[int, bytes]:
    """Ask a server how it is."""
    return await probe.http_get(port, path)


async def test_one_server_says_so_itself_until_it_is_started_again() -> None:
    """What supervisor and health check rest on. A newer server may say it otherwise."""
    async with temporary_folder() as folder:
        disk = folder / "nats"
        with small_disk(disk, 100):
            unit = Nats(disk)
            async with Running(unit, folder) as server:
                port = urlsplit(unit.monitor_url).port or 0
                check = Storing(folder, port=port, disk=disk)
                client = await nats.connect(unit.url)
                js = client.jetstream(timeout=2)
                await js.add_stream(name="A", subjects=["a.>"])
                assert await published(js)
                assert check.asked("alive")
                assert check.asked("healthy")
                assert not await unit.beyond_help()

                filler = Filler(disk)

                async def refused() -> bool:
                    filler.fill()
                    return not await published(js)

                await until(refused, "the server stores nothing")
                await until(lambda: says_why(port), "its /healthz says why")
                # Its status is that of a server that catches up; this one says that all is well.
                assert (await healthz(port, ALIVE))[0] == probe.OK
                # A restart would not help: it is not alive for nothing, and is not well.
                assert check.asked("alive")
                assert not check.asked("healthy")
                assert not check.killed()
                assert not await unit.beyond_help()

                filler.remove()
                assert not await published(js)
                assert not check.asked("alive")
                assert not check.asked("healthy")
                assert check.killed() == ["kill -TERM 1"]
                assert "no space left" in await unit.beyond_help()

                await client.close()
                await server.stop()
                await server.start()
                client = await nats.connect(unit.url)
                assert await published(client.jetstream(timeout=2))
                assert check.asked("healthy")
                await client.close()


async def says_why(port: int) -> bool:
    """Say whether a server tells of a write that failed."""
    status, body = await healthz(port)
    return status == 503 and bool(write_error(body))


async def test_a_member_of_a_cluster_switches_itself_off_and_catching_up_is_no_reason() -> None:
    async with temporary_folder() as folder:
        with small_disk(folder / "n0", 100):
            async with NatsCluster(folder) as cluster:
                port = cluster.monitor_of("n0")
                check = Storing(folder, port=port, disk=folder / "n0")
                client = await nats.connect(cluster.url.split(","))
                js = client.jetstream(timeout=2)
                await js.add_stream(name="A", subjects=["a.>"], num_replicas=3)
                filler = Filler(folder / "n0")

                async def off() -> bool:
                    filler.fill()
                    await published(js)
                    return (await healthz(port, ALIVE))[0] == 503

                await until(off, "the member switches its JetStream off")
                assert check.asked("alive")  # no room yet
                assert not check.asked("healthy")
                filler.remove()
                assert not check.asked("alive")
                await until(lambda: published(js), "the other two go on")

                await cluster.kill("n0")
                await cluster.start("n0")
                await until(lambda: healed(check), "the member is well again")

                # Without a majority /healthz says 503; a restart would not bring the others back.
                await cluster.kill("n1")
                await cluster.kill("n2")
                await until(lambda: unavailable(port), "the member has no majority")
                assert check.asked("alive")
                assert not check.killed()
                await client.close()


async def healed(check: Storing) -> bool:
    """Say whether a check is content."""
    return check.asked("healthy")


async def unavailable(port: int) -> bool:
    """Say whether a server says 503."""
    return (await healthz(port))[0] == 503
