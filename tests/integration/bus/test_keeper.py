"""The keeper makes what the topology names, for whoever asks, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from services.bus_keeper import keeper as keeping
from services.bus_keeper.keeper import Keeper
from shared.bus import topology
from shared.bus.declare import consumer_config, stream_config
from shared.bus.topology import CONSUMERS, STREAMS
from shared.bus.watch import INTERVAL, Drifted, Watch
from shared.contracts.bus import Ensured, EnsureRequest
from tests.integration.bus.waiting import SECONDS
from tests.support import servers


async def ensure(client: Client, **named: tuple[str, ...]) -> tuple[str, ...]:
    request = EnsureRequest.model_validate(named)
    reply = await client.request(topology.RPC_BUS_ENSURE, request.encode(), timeout=SECONDS)
    return Ensured.decode(reply.data).trouble


async def test_a_service_waits_until_there_is_a_keeper(
    client: Client, js: JetStreamContext, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await js.delete_consumer("REQUESTS", topology.SCHEDULER_REQUESTS.name)
    watch = Watch(client, [topology.SCHEDULER_REQUESTS])

    assert await watch.step() == INTERVAL
    with pytest.raises(Drifted, match="is gone"):
        await watch.check()
    assert "there is no keeper of the bus" in caplog.text

    waiting = asyncio.create_task(watch.settled())
    async with servers.bus_keeper(url):
        await asyncio.wait_for(waiting, SECONDS)
    await watch.check()


async def test_it_looks_at_everything_by_itself(keeper: Keeper, js: JetStreamContext) -> None:
    await js.delete_stream("RUNS")
    other = {"max_ack_pending": 1}
    await js.add_consumer("LOGS", consumer_config(topology.LOG_WRITER_LOGS).evolve(**other))
    with pytest.raises(Drifted):
        await keeper.check()

    await keeper.step()

    await keeper.check()


async def test_the_runtime_of_a_server_has_a_consumer_by_its_name(
    keeper: Keeper, client: Client, js: JetStreamContext
) -> None:
    del keeper
    assert await ensure(client, consumers=("runtime-eu_1",)) == ()

    found = (await js.consumer_info("ACCOUNTS", "runtime-eu_1")).config
    assert found is not None
    assert found.filter_subject == topology.runtime_consumer("eu_1").filters[0]


async def test_what_the_topology_does_not_know_is_not_made(
    keeper: Keeper, client: Client, js: JetStreamContext
) -> None:
    del keeper
    unknown = ("due-default-3", "runtime-", "runtimes-x", "x", "TASKS", "scheduler-tasks-")

    assert await ensure(client, consumers=unknown) == tuple(
        f"there is no {name} in the topology" for name in unknown
    )

    made = {info.name for stream in STREAMS for info in await js.consumers_info(stream.name)}
    assert made == {each.name for each in CONSUMERS}


async def test_what_is_no_question_makes_nothing_and_harms_nobody(
    keeper: Keeper, client: Client
) -> None:
    del keeper
    for body in (b"", b"[]", b'{"consumers": ["a.b"]}', b'{"streams": [">"]}', b"\xff"):
        await client.publish(topology.RPC_BUS_ENSURE, body)

    assert await ensure(client) == ()


async def test_nobody_can_have_consumers_without_end(
    keeper: Keeper, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    del keeper
    assert await ensure(client, consumers=("runtime-a", "runtime-b")) == ()
    monkeypatch.setattr(keeping, "MOST_CONSUMERS", 3)

    (trouble,) = await ensure(client, consumers=("runtime-c",))

    assert "ACCOUNTS has 3 consumers" in trouble
    ours = topology.API_ACCOUNT_STATES.name
    assert await ensure(client, consumers=("runtime-a", ours)) == ()


async def test_what_cannot_be_put_right_keeps_nobody_from_the_rest(
    keeper: Keeper, client: Client, js: JetStreamContext
) -> None:
    await js.delete_stream("REQUESTS")
    await js.add_stream(stream_config(topology.REQUESTS).evolve(retention="limits"))
    await js.delete_consumer("RUNS", topology.LOG_WRITER_STARTED.name)

    await keeper.step()

    await js.consumer_info("RUNS", topology.LOG_WRITER_STARTED.name)
    (trouble,) = await ensure(client, streams=("REQUESTS",))
    assert "retention" in trouble
