"""Who may say and hear what: a real server is asked for every cell of the table.

The lines are all that anybody may do, and what nobody may; the columns are the users. What is
expected is that a user may do what its list says, and nothing else; what the lists themselves may
say is tested elsewhere (`tests/unit/test_bus_permissions.py`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import nats.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client

from deploy.keys import bus, people
from shared.bus import topology
from shared.bus.access import Access, inbox_of
from shared.bus.client import BusClient
from shared.bus.connection import Guard, connect
from shared.bus.permissions import KEEPER, ROLES, User
from shared.bus.topology import STREAMS
from shared.contracts.bus import Ensured, EnsureRequest
from shared.runtime.metrics import REGISTRY
from tests.support.production_nats import ProductionNats
from tests.support.servers import Running, bus_keeper, temporary_folder
from tests.support.subjects import fits_any

REFUSED = re.compile(
    r"permissions violation for (publish|subscription) to \"([^\"]*)\"", re.IGNORECASE
)

#: What is dangerous, said of each stream.
HARM = (
    *("STREAM.CREATE.{}", "STREAM.UPDATE.{}", "STREAM.DELETE.{}", "STREAM.PURGE.{}"),
    *("STREAM.SNAPSHOT.{}", "STREAM.RESTORE.{}", "STREAM.PEER.REMOVE.{}"),
    *("STREAM.LEADER.STEPDOWN.{}", "STREAM.MSG.GET.{}", "STREAM.MSG.DELETE.{}", "STREAM.INFO.{}"),
    *("CONSUMER.CREATE.{}", "CONSUMER.CREATE.{}.x", "CONSUMER.CREATE.{}.x.y"),
    *("CONSUMER.DURABLE.CREATE.{}.x", "CONSUMER.DELETE.{}.x", "CONSUMER.PAUSE.{}.x"),
    *("CONSUMER.LEADER.STEPDOWN.{}.x", "CONSUMER.LIST.{}", "CONSUMER.NAMES.{}"),
    *("CONSUMER.INFO.{}.x", "CONSUMER.MSG.NEXT.{}.x", "DIRECT.GET.{}", "DIRECT.GET.{}.x"),
)
OTHERS = (
    *("$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.$G.INFO", "$JS.API.INFO", "$JS.API.STREAM.LIST"),
    *("$JS.API.STREAM.NAMES", "$JS.API.ACCOUNT.PURGE.$G", "$KV.SCRIPTS.x", "$KV.OTHER.x"),
    *("_INBOX.x.y", "svc.x", "anything", "event", "event.shop.x", "event.crm.x", "event.alert.x"),
    *("task.due.default", "task.finished.x", "run.cancel", "dead.x", "rpc.other"),
)
WILD = (
    ">",
    "*",
    "*.>",
    "_INBOX.>",
    "_INBOX.*",
    "$SYS.>",
    "$JS.>",
    "$JS.API.>",
    "event.>",
    "task.>",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[ProductionNats]:
    """Run a server as production has it, with two producers and a runtime of another server."""
    async with temporary_folder() as folder:
        unit = ProductionNats(folder)
        async with Running(unit, folder) as running:
            people.add_producer(unit.keys, "shop", ["svc.shop.>"])
            people.add_producer(unit.keys, "crm", [])
            people.add_runtime(unit.keys, "other")
            await reloaded(running)
            yield unit


async def reloaded(running: Running) -> None:
    """Let the server read its users again."""
    assert running.process is not None
    assert isinstance(running.unit, ProductionNats)
    running.process.send_signal(running.unit.reload_signal)
    access = running.unit.access("producer-crm")
    async with asyncio.timeout(10):
        while True:
            try:
                async with coming(running.unit, access):
                    return
            except (OSError, nats.errors.Error):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def coming(
    server: ProductionNats, access: Access, heard: list[str] | None = None
) -> AsyncIterator[Client]:
    """Come as a user; *heard* gets what the server complains about."""

    async def note(error: Exception) -> None:
        if heard is not None:
            heard.append(str(error))

    client = BusClient(access)
    try:
        await client.connect(server.url, allow_reconnect=False, error_cb=note, connect_timeout=5)
        yield client
    finally:
        await client.close()


def concrete(pattern: str) -> str:
    """Return a subject that fits a pattern."""
    return pattern.replace("*", "x").replace(">", "x.y")


def everybody(server: ProductionNats) -> list[User]:
    return bus.others_in(server.keys).users()


def sayings(users: list[User]) -> Iterator[str]:
    """Yield all that somebody may say or hear, and what is dangerous."""
    for user in users:
        yield from map(concrete, (*user.publish, *user.subscribe))
        yield f"{inbox_of(user.name)}.x.y"
    for stream in STREAMS:
        yield from (f"$JS.API.{harm.format(stream.name)}" for harm in HARM)
        yield f"$JS.ACK.{stream.name}.x.1.1.1.1.1"
    yield from OTHERS


def users_named() -> list[str]:
    return [*ROLES, "account-runtime-other", "producer-shop", "producer-crm"]


@pytest.mark.parametrize("name", users_named())
async def test_a_user_says_what_it_may_and_nothing_else(server: ProductionNats, name: str) -> None:
    users = everybody(server)
    (user,) = (each for each in users if each.name == name)
    subjects = dict.fromkeys(sayings(users))
    heard: list[str] = []

    async with coming(server, server.access(name), heard) as client:
        for subject in subjects:
            await client.publish(subject, b"")
        await settled(client)

    forbidden = {each.lower() for each in subjects if not fits_any(user.publish, each)}
    assert refused(heard, "publish") == forbidden
    assert len(forbidden) > len(subjects) / 2, "the table asks for too little"


@pytest.mark.parametrize("name", users_named())
async def test_a_user_hears_what_it_may_and_nothing_else(server: ProductionNats, name: str) -> None:
    users = everybody(server)
    (user,) = (each for each in users if each.name == name)
    patterns = [pattern for each in users for pattern in (*each.publish, *each.subscribe)]
    subjects = dict.fromkeys([*sayings(users), *patterns, *WILD])
    heard: list[str] = []

    async with coming(server, server.access(name), heard) as client:
        for subject in subjects:
            await client.subscribe(subject)
        await settled(client)

    forbidden = {each.lower() for each in subjects if not fits_any(user.subscribe, each)}
    assert refused(heard, "subscription") == forbidden


async def settled(client: Client) -> None:
    """Wait until the server has judged all that was said: it answers in order.

    That it does, and a stop can rely on it, is what `BusClient` has made of nats-py's client.
    """
    await client.flush(timeout=10)


def refused(heard: list[str], what: str) -> set[str]:
    found = [REFUSED.search(each) for each in heard]
    assert all(found), heard
    return {each[2].lower() for each in found if each and each[1].lower() == what}


async def test_whoever_has_no_key_of_ours_stays_outside(
    server: ProductionNats, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = tmp_path_factory.mktemp("stranger") / "seed"
    stranger.write_text(bus.fresh_seed())
    ca_file = server.keys.file("ca.crt")

    for access in (Access(ca_file=ca_file), Access(ca_file=ca_file, seed_file=stranger)):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization violation"):
            async with coming(server, access):
                pass


async def test_what_is_forbidden_is_counted_and_said(
    server: ProductionNats, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard()
    access = server.access("log-writer")
    before = REGISTRY.get_sample_value("automation_bus_violations_total") or 0
    client = await connect(server.url, name="test", guard=guard, access=access)
    try:
        await client.publish("task.due.default", b"")
        await settled(client)
    finally:
        guard.stopping = True
        await client.close()

    assert REGISTRY.get_sample_value("automation_bus_violations_total") == before + 1
    assert 'publish to "task.due.default"' in caplog.text.lower()


async def test_an_answer_reaches_who_asked_and_only_once(server: ProductionNats) -> None:
    inbox = f"{inbox_of('scheduler')}.x"
    violations: list[str] = []
    async with (
        coming(server, server.access("api"), violations) as api,
        coming(server, server.access("scheduler")) as scheduler,
    ):
        asked = await api.subscribe(topology.RPC_TASKS_DIGEST)
        answers = await scheduler.subscribe(inbox)
        await settled(api)
        await settled(scheduler)

        await scheduler.publish(topology.RPC_TASKS_DIGEST, b"", reply=inbox)
        question = await asked.next_msg(timeout=10)
        await question.respond(b"once")
        await api.publish(inbox, b"twice")
        await settled(api)

        assert (await answers.next_msg(timeout=10)).data == b"once"
        assert refused(violations, "publish") == {inbox.lower()}


async def test_the_keeper_makes_all_with_its_own_rights_and_others_may_ask(
    server: ProductionNats,
) -> None:
    async with bus_keeper(server.url, server.access(KEEPER)) as keeper:
        await keeper.step()
        await keeper.check()
        async with coming(server, server.access("account-runtime-other")) as runtime:
            request = EnsureRequest(consumers=("runtime-other", "no-such-thing"), streams=("NONE",))
            reply = await runtime.request(topology.RPC_BUS_ENSURE, request.encode(), timeout=10)
            info = await runtime.jetstream().consumer_info("ACCOUNTS", "runtime-other")

    assert Ensured.decode(reply.data).trouble == (
        "there is no no-such-thing in the topology",
        "there is no NONE in the topology",
    )
    assert info.config is not None
    assert info.config.filter_subject == topology.runtime_consumer("other").filters[0]
