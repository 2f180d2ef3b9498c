"""The NATS server is away for long, comes back spoilt, or does not know us.

It is in the test's own hands: nobody starts it again before its time. A network that can be broken
lies between it and the services.
"""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from deploy.keys.bus import fresh_seed
from deploy.local.nats import Nats
from shared.bus.connection import EXIT_BUS_LOST
from shared.bus.nkey import UserKey
from tests.faults.bus_stage import Bus, bus_stage, client_of, eventually, read_by_all
from tests.faults.stage import Stage
from tests.support import checker
from tests.support.flaky_proxy import Attempt
from tests.support.stage import lives

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

Both = tuple[Stage, Bus]

EXECUTORS = 2
AWAY = 60  # seconds
MIB = 1 << 20
#: What a service's memory may grow by while it has nobody to talk to.
GROWS = 50 * MIB
#: Seconds between two tries of a service whose credentials are refused, less the clock's dust.
REFUSED_REST = 0.9
#: How often each is refused, and how soon that has happened and been said.
TRIES, LOUD_WITHIN = 5, 30  # seconds
REFUSED = "NATS refuses our credentials"
KEY = re.compile(r"nkey: U[A-Z2-7]+")
#: From a closed connection to the end of the process; and from there on until it is ready again.
EXITS_WITHIN, BACK_WITHIN = 5, 30  # seconds
SYNC = "2m"  # what a server does if nobody tells it otherwise
#: Where a block of messages is spoilt: behind the first messages, before the last.
SPOILT_AT = (100, 5_000, 20_000)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both() -> AsyncIterator[Both]:
    """Run two schedulers and two executors."""
    env = {"AUTOMATION_SCHEDULERS": "2", "AUTOMATION_EXECUTORS": str(EXECUTORS)}
    async with bus_stage(env) as (here, bus):
        yield here, bus


def services(here: Stage) -> list[str]:
    """Return the names of all that talk over the bus."""
    return [name for name in here.system.names() if name != "postgres"]


def memory(here: Stage) -> dict[str, int]:
    """Return how much each service has in memory."""
    return {
        name: psutil.Process(here.system.pid(name)).memory_info().rss for name in services(here)
    }


def log_of(here: Stage, name: str) -> str:
    """Return what a process has said."""
    return (here.system.home / "logs" / f"{name}.log").read_text(errors="replace")


async def test_the_server_is_away_for_a_minute(both: Both) -> None:
    here, bus = both
    before = memory(here)
    most: Counter[str] = Counter()
    with here.fault("away", "nats"):
        await bus.server.kill()
        # The ledger tells the time: whatever the bus does, every fire gets its row.
        for _ in range(AWAY // 5):
            await here.witness.ledger_grows(len(here.load.tasks) * 5)
            most |= Counter(memory(here))
        await bus.server.start()
    began = time.monotonic()
    await here.steady()
    figures = await here.judge(f"nats-server away {AWAY} s")

    grown = {name: most[name] - before[name] for name in before}
    assert max(grown.values()) < GROWS, grown
    assert not figures.twice
    assert figures.runs > AWAY * len(here.load.tasks)
    assert time.monotonic() - began < AWAY


def spoil(store: Path) -> list[str]:
    """Flip bits in every block of messages; return which streams have one."""
    spoilt = []
    for block in sorted(store.glob("jetstream/*/streams/*/msgs/*.blk")):
        data = bytearray(block.read_bytes())
        for at in SPOILT_AT:
            if at < len(data):
                data[at] ^= 0xFF
                spoilt.append(block.parts[-3])
        block.write_bytes(data)
    return spoilt


async def test_blocks_of_messages_are_spoilt(both: Both) -> None:
    here, bus = both
    with here.fault("spoilt blocks", "nats"):
        # What is in the stream of the facts now, the log knows only from there.
        pid = here.system.kill("log-writer", by=signal.SIGSTOP)
        await here.steady(1)
        await bus.server.kill()
        spoilt = spoil(bus.unit.store)
        await bus.server.start()
        here.system.kill("log-writer", by=signal.SIGCONT)
    assert {"RUNS", "TASKS"} <= set(spoilt)
    assert here.system.pid("log-writer") == pid
    await here.steady()
    figures = await here.judge(f"{len(spoilt)} places in blocks spoilt")

    async with client_of(bus.unit.url) as client:
        await eventually(lambda: read_by_all(client), "all that is left was read")
    assert not figures.twice


async def test_the_server_forgets_how_it_was_to_store(both: Both) -> None:
    """Nothing rests on `sync_interval`: it only says how much is rebuilt after a power cut."""
    here, bus = both
    with here.fault("another sync_interval", "nats"):
        await bus.server.kill()
        bus.server.unit = Nats(bus.unit.folder, sync=SYNC)
        await bus.server.start()
    await here.steady(1)
    figures = await here.judge("sync_interval taken out")

    assert not figures.twice


async def test_a_client_closed_for_good_ends_its_process(both: Both) -> None:
    here, bus = both
    executors_ended: list[datetime] = []
    for name in services(here):
        old = here.system.pid(name)
        with here.fault("closed connection", name):
            here.restless.add(name)
            bus.proxy.say(b"-ERR 'Unknown Protocol Operation'\r\n", to=bus.proxy.named(name))
            began = time.monotonic()

            async def ended(pid: int = old) -> bool:
                return not lives(pid)

            await eventually(ended, f"the end of {name}", within=EXITS_WITHIN)
            if name.startswith("executor"):
                executors_ended.append(datetime.now(UTC))
            await here.system.wait_restarted(name, old)
        assert time.monotonic() - began < BACK_WITHIN
        assert f"{name}: ended with exit code {EXIT_BUS_LOST}" in here.system.said()
    await here.steady()
    figures = await here.judge("client closed for good, each service")

    history = await here.history()
    cut_off = sum(checker.measure(history, at, at).under_way for at in executors_ended)
    assert figures.twice <= cut_off


def stranger() -> str:
    """Return a public key that nobody of ours has."""
    return UserKey.from_seed(fresh_seed()).public


def rests(attempts: Iterable[Attempt]) -> dict[str, list[float]]:
    """Return the seconds between the tries of each client."""
    at: dict[str, list[float]] = {}
    for each in attempts:
        at.setdefault(each.name, []).append(each.at)
    return {name: [b - a for a, b in pairwise(moments)] for name, moments in at.items()}


async def test_credentials_are_revoked_and_given_back(both: Both) -> None:
    here, bus = both
    names = services(here)
    here.restless |= set(names)
    config = bus.config.read_text()
    before = len(bus.proxy.attempts)
    with here.fault("revoked", "executors and all others"):
        began = time.monotonic()
        bus.config.write_text(KEY.sub(lambda _: f"nkey: {stranger()}", config))
        bus.reload()

        async def all_refused() -> bool:
            tries = Counter(each.name for each in bus.proxy.attempts[before:])
            return len(tries) == len(names) and min(tries.values()) >= TRIES

        await eventually(all_refused, "everybody is refused again and again")
        took = time.monotonic() - began
        refused = bus.proxy.attempts[before:]
        for name in names:
            assert REFUSED in log_of(here, name), f"{name} does not say it"
        bus.config.write_text(config)
        bus.reload()

        async def all_back() -> bool:
            connected = {name.split(":")[-1] for name in bus.proxy.names()}
            return connected >= set(names) and all(p.ready for p in here.system.state.processes)

        await eventually(all_back, "everybody is let in again")
    assert took < LOUD_WITHIN
    for name, seconds in rests(refused).items():
        assert min(seconds) >= REFUSED_REST, (name, seconds)
    await here.steady()
    figures = await here.judge(f"credentials revoked for {took:.0f} s")

    assert figures.twice <= figures.under_way
    after = {each.name: each.restarts for each in here.system.state.processes}
    assert max(after.values()) <= 3, after  # nobody went round in circles
