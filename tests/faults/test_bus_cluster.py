"""A cluster of three NATS servers loses the one that leads, again and again.

Every stream is kept three times (`AUTOMATION_NATS_REPLICAS`), clients know all three servers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.bus.topology import CONSUMERS, RUNS, STREAMS
from tests.faults.bus_stage import client_of, eventually
from tests.faults.stage import Stage, stage
from tests.support.nats_cluster import SIZE, NatsCluster
from tests.support.servers import temporary_folder

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

KILLS = 3
#: Between one that was overcome and the next; and how long the killed one is away.
REST, DOWN = 5, 2  # seconds
#: The two that are left wait for four to nine seconds before they choose a new leader, each stream
#: and each consumer for itself; until then nobody hears what was asked for by hand.
LATE = 30  # seconds

Both = tuple[Stage, NatsCluster]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both() -> AsyncIterator[Both]:
    """Run a system on a cluster."""
    async with temporary_folder() as folder, NatsCluster(folder) as cluster:
        env = {
            "AUTOMATION_SCHEDULERS": "2",
            "AUTOMATION_EXECUTORS": "2",
            "AUTOMATION_NATS_URL": cluster.url,
            "AUTOMATION_NATS_REPLICAS": str(SIZE),
        }
        async with stage(env) as here:
            yield here, cluster


async def test_everything_is_kept_three_times(both: Both) -> None:
    _, cluster = both
    async with client_of(cluster.url) as client:
        js = client.jetstream(timeout=5)
        for stream in STREAMS:
            info = await js.stream_info(stream.name)
            assert info.config.num_replicas == SIZE
            assert info.cluster is not None
            assert len(info.cluster.replicas or ()) == SIZE - 1
        for consumer in CONSUMERS:
            found = await js.consumer_info(consumer.stream, consumer.name)
            assert found.cluster is not None
            assert len(found.cluster.replicas or ()) == SIZE - 1


async def test_the_leader_of_the_facts_is_killed_again_and_again(both: Both) -> None:
    here, cluster = both
    ticks = len(here.load.tasks)
    with here.fault("killed leaders", "nats"):
        for _ in range(KILLS):
            leader = await cluster.leader_of(RUNS.name)
            await cluster.kill(leader)
            await here.witness.ledger_grows(ticks * DOWN)
            await cluster.start(leader)
            await here.steady(1)
            await here.witness.ledger_grows(ticks * REST)
    figures = await here.judge(f"leader of three killed, {KILLS} times")

    assert not figures.twice
    assert figures.latest < LATE


async def test_all_servers_follow_again(both: Both) -> None:
    here, cluster = both

    async def current() -> bool:
        async with client_of(cluster.url) as client:
            js = client.jetstream(timeout=5)
            for stream in STREAMS:
                info = await js.stream_info(stream.name)
                peers = (info.cluster.replicas or []) if info.cluster else []
                if len(peers) < SIZE - 1 or not all(peer.current for peer in peers):
                    return False
        return True

    await eventually(current, "three whole copies of each stream")
    await here.steady(1)
