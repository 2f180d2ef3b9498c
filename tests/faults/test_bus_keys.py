"""Keys, certificates and authority of the bus are changed, and its answers lost, while runs go on.

The server is one as production has it: its configuration, TLS, a user for each role; a network that
can be broken lies before it. No service is started again, no run is lost, none is done twice.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
import pytest_asyncio

from deploy.keys import certificates, rotation
from deploy.keys.rotation import Step
from tests.faults.bus_stage import eventually, port_of
from tests.faults.stage import Stage, stage
from tests.support.flaky_proxy import FlakyProxy
from tests.support.production_nats import ProductionNats
from tests.support.servers import Running, temporary_folder

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]

#: Whose seeds are changed, and how many processes there are of each.
ROLES = {"executor": 2, "scheduler": 2, "api": 1, "log-writer": 1, "notifier": 1, "bus-keeper": 1}
CAME = "coming to NATS as"

#: For how long nothing is heard of the server.
UNHEARD = 3  # seconds


class Bus(NamedTuple):
    """The server and the way to it."""

    server: Running
    proxy: FlakyProxy


Both = tuple[Stage, Bus]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both() -> AsyncIterator[Both]:
    """Run two schedulers and two executors on a server as production has it."""
    async with temporary_folder() as folder:
        unit = ProductionNats(folder)
        proxy = FlakyProxy(lambda: port_of(unit.url))
        async with Running(unit, folder) as server, proxy:
            env = {
                "AUTOMATION_SCHEDULERS": "2",
                "AUTOMATION_EXECUTORS": "2",
                "AUTOMATION_NATS_URL": unit.url.replace(str(port_of(unit.url)), str(proxy.port)),
                "AUTOMATION_NATS_KEYS": str(unit.keys.path),
                "AUTOMATION_NATS_CA_FILE": str(unit.keys.file("ca.crt")),
            }
            async with stage(env, tasks=20, longest=1.2) as here:
                yield here, Bus(server, proxy)


def reload(server: Running) -> None:
    """Let the server read its files again."""
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)


def unit_of(server: Running) -> ProductionNats:
    """Return the server's files."""
    assert isinstance(server.unit, ProductionNats)
    return server.unit


def times_said(here: Stage, words: str) -> int:
    """Return how often all processes have said something."""
    logs = (here.system.home / "logs").glob("*.log")
    return sum(log.read_text(errors="replace").count(words) for log in logs)


async def test_the_seeds_of_all_roles_are_changed(both: Both) -> None:
    here, (server, _) = both
    keys = unit_of(server).keys
    with here.fault("rotated seeds", "nats"):
        for role in ROLES:
            rotation.rotate_seed(keys, role, Step.ALLOW)
        reload(server)
        await here.steady(1)
        for role in ROLES:
            rotation.rotate_seed(keys, role, Step.USE)

        async def all_came() -> bool:
            return times_said(here, CAME) == sum(ROLES.values())

        await eventually(all_came, "every process comes with its new seed")
        for role in ROLES:
            rotation.rotate_seed(keys, role, Step.DROP)
        reload(server)
    await here.steady(1)
    figures = await here.judge(f"seeds of {len(ROLES)} roles changed")

    assert not figures.twice
    assert here.restarts() == {}


async def test_what_the_server_acknowledges_is_not_heard(both: Both) -> None:
    here, (_, proxy) = both
    with here.fault("answers lost", "nats"):
        proxy.hold_answers()
        await here.witness.ledger_grows(len(here.load.tasks) * UNHEARD)
        proxy.cut()
    await here.steady(1)
    figures = await here.judge(f"acknowledgements lost for {UNHEARD} s")

    assert proxy.held_back, "nothing was on its way"
    assert not figures.twice
    assert here.restarts() == {}


async def test_certificate_and_authority_are_changed(both: Both) -> None:
    here, (server, _) = both
    keys, now = unit_of(server).keys, datetime.now(UTC)
    with here.fault("rotated certificates", "nats"):
        certificates.renew(keys, "nats", now)
        reload(server)
        await here.steady(1)
        rotation.rotate_authority(keys, Step.ALLOW, now)
        rotation.rotate_authority(keys, Step.USE, now)
        reload(server)
        await here.steady(1)
        rotation.rotate_authority(keys, Step.DROP, now)
        # Whoever comes from now on meets another certificate, of an authority that was not there
        # when he was started.
        await server.kill()
        await server.start()
    await here.steady(1)
    figures = await here.judge("certificate and authority changed, server started anew")

    assert figures.twice <= figures.under_way
    assert here.restarts() == {}
