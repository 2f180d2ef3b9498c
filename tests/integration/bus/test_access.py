"""Nothing is said in plain or to strangers, and keys are changed while everything goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client

from deploy.keys import bus, certificates, contents, rotation
from deploy.keys.folder import Folder
from deploy.keys.rotation import Step
from deploy.local.nats import Nats
from shared.bus.access import Access, inbox_of
from shared.bus.client import PlainRefused
from shared.bus.connection import Guard, close, connect, connect_once
from shared.bus.declare import declare
from shared.bus.permissions import KEEPER
from shared.bus.publisher import Outgoing, Publisher
from shared.bus.topology import STREAMS
from tests.integration.bus.waiting import eventually
from tests.support.production_nats import CONFIG, ProductionNats
from tests.support.servers import Running, quickest_place, temporary_folder
from tests.support.system import CHECKOUT

#: nats-py leaves the sockets of tries that failed to the garbage collector, whenever that comes.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

#: Every configuration of a server that ships.
CONFIGS = (
    CONFIG,
    CHECKOUT / "deploy" / "compose" / "nats" / "nats.conf",
    CHECKOUT / "deploy" / "k8s" / "nats" / "nats.conf",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running() -> AsyncIterator[Running]:
    """Run a server as production has it, with all streams; what a test spoils it makes good."""
    async with temporary_folder(place=quickest_place()) as folder:
        unit = ProductionNats(folder)
        async with Running(unit, folder) as server:
            await declare(unit.url, access=unit.access(KEEPER))
            yield server


@pytest.fixture
def server(running: Running) -> ProductionNats:
    """Give the server's files and address."""
    assert isinstance(running.unit, ProductionNats)
    return running.unit


def reload(running: Running) -> None:
    """Let the server read its files again."""
    assert running.process is not None
    running.process.send_signal(ProductionNats.reload_signal)


@asynccontextmanager
async def coming(server: ProductionNats, user: str) -> AsyncIterator[Client]:
    """Come as a service does, to stay."""
    guard = Guard()
    client = await connect(server.url, name="test", guard=guard, access=server.access(user))
    try:
        yield client
    finally:
        guard.stopping = True
        await close(client.close())


async def once(server: ProductionNats, access: Access) -> None:
    """Come as a tool does."""
    await (await connect_once(server.url, name="test", access=access)).close()


async def lets_in(server: ProductionNats, access: Access) -> bool:
    """Say whether it does; while it reads its files again it may know nobody."""
    with suppress(OSError, nats.errors.Error):
        await once(server, access)
        return True
    return False


async def soon_in(server: ProductionNats, access: Access) -> None:
    """Wait until it does."""

    async def look() -> bool:
        return await lets_in(server, access)

    await eventually(look, "the server lets it in")


async def shows_another(server: ProductionNats, before: bytes) -> None:
    """Wait until the server has another certificate than *before*."""

    async def look() -> bool:
        with suppress(OSError, nats.errors.Error):
            return await shown(server) != before
        return False

    await eventually(look, "the server shows the new one")


class Load:
    """Publishes events without a rest; each must be stored, and stored once."""

    def __init__(self, client: Client) -> None:
        self._publisher = Publisher(client)
        self._name = uuid4().hex
        self.said = 0
        self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while True:
            event = Outgoing("event.shop.sold", b"", f"{self._name}-{self.said}")
            while await self._publisher.publish([event], timeout=1):  # noqa: ASYNC110 - of a server
                await asyncio.sleep(0.01)
            self.said += 1
            await asyncio.sleep(0)

    async def goes_on(self) -> None:
        """Wait until more was said."""
        until = self.said + 20

        async def look() -> bool:
            return self.said >= until

        await eventually(look, "events are stored")

    async def stop(self) -> int:
        """Return how many events were stored, for all that was known."""
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)
        return self.said


async def test_another_authority_is_not_believed(server: ProductionNats, tmp_path: Path) -> None:
    other = Folder(tmp_path)
    certificates.make_certificates(other, {}, datetime.now(UTC))
    good = server.access("api")

    await once(server, good)
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        await once(server, Access(seed_file=good.seed_file, ca_file=other.file("ca.crt")))


async def test_a_certificate_of_another_name_is_not_believed(
    running: Running, server: ProductionNats
) -> None:
    good = server.access("api")

    async def refused() -> bool:
        try:
            await once(server, good)
        except (OSError, nats.errors.Error) as error:  # while it reads its files, it knows nobody
            return "not valid for" in str(error)
        return False

    try:
        certificates.put_certificate(server.keys, "nats", ["elsewhere"], datetime.now(UTC))
        reload(running)
        await eventually(refused, "the name is looked at")
    finally:
        names = certificates.NAMES["nats"]
        certificates.put_certificate(server.keys, "nats", names, datetime.now(UTC))
        reload(running)
    await soon_in(server, good)


async def test_a_server_that_speaks_plain_is_told_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "keys")
    contents.init(folder, {}, datetime.now(UTC))
    async with temporary_folder() as place, Running(Nats(place / "nats"), place) as plain:
        assert isinstance(plain.unit, Nats)
        seed = plain.unit.seed("api")
        address = plain.unit.address
        inbox = inbox_of("api")

        await (await connect_once(address, name="t", access=Access(seed_file=seed))).close()
        with pytest.raises(PlainRefused):
            await connect_once(
                address,
                name="t",
                access=Access(inbox=inbox, seed_file=seed, ca_file=folder.file("ca.crt")),
            )
        tls = address.replace("nats://", "tls://")
        with pytest.raises(PlainRefused):  # an address that asks for TLS is enough
            await connect_once(tls, name="t", access=Access(inbox=inbox, seed_file=seed))


async def test_who_speaks_plain_is_not_heard(server: ProductionNats) -> None:
    host, port = server.url.removeprefix("tls://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        assert b'"tls_required":true' in await reader.readline()
        writer.write(b'CONNECT {"verbose":true}\r\nPING\r\n')
        async with asyncio.timeout(10):
            said = await reader.read()
    finally:
        writer.close()

    assert b"+OK" not in said
    assert b"PONG" not in said


async def test_without_a_seed_a_process_waits_for_it(
    server: ProductionNats, caplog: pytest.LogCaptureFixture
) -> None:
    access = server.access("api")
    assert access.seed_file is not None
    seed = access.seed_file.read_text()
    access.seed_file.unlink()
    guard = Guard()
    connecting = asyncio.create_task(connect(server.url, name="t", guard=guard, access=access))

    async def told() -> bool:
        return "no seed in" in caplog.text

    try:
        await eventually(told, "it says what is missing")
    finally:
        access.seed_file.write_text(seed)
    client = await asyncio.wait_for(connecting, 10)
    guard.stopping = True
    await client.close()
    assert seed.strip() not in caplog.text


async def test_a_seed_is_changed_under_load(running: Running, server: ProductionNats) -> None:
    old = server.access("api")
    async with coming(server, "api") as client:
        stored_before = (await client.jetstream().stream_info("EVENTS")).state.messages
        load = Load(client)
        await load.goes_on()
        before = client._public_nkey  # noqa: SLF001 - as whom it came
        kept = Folder(server.keys.path.parent / "kept")
        kept.open()
        assert old.seed_file is not None
        kept.make("seed", old.seed_file.read_text())

        rotation.rotate_seed(server.keys, "api", Step.ALLOW)
        reload(running)
        await load.goes_on()
        rotation.rotate_seed(server.keys, "api", Step.USE)

        async def renewed() -> bool:
            return client.is_connected and client._public_nkey != before  # noqa: SLF001

        await eventually(renewed, "it comes with the new seed by itself")
        await load.goes_on()
        rotation.rotate_seed(server.keys, "api", Step.DROP)
        reload(running)
        gone = Access(inbox=old.inbox, seed_file=kept.file("seed"), ca_file=old.ca_file)

        async def shut_out() -> bool:
            return not await lets_in(server, gone)

        await eventually(shut_out, "the old seed opens nothing")
        await load.goes_on()
        said = await load.stop()
        stored = (await client.jetstream().stream_info("EVENTS")).state.messages - stored_before

    assert said <= stored <= said + 1  # one was on its way when it ended


async def test_a_seed_that_the_server_does_not_know_breaks_nothing(
    server: ProductionNats, caplog: pytest.LogCaptureFixture
) -> None:
    async with coming(server, "api") as client:
        load = Load(client)
        await load.goes_on()
        good = server.keys.read(bus.seed_file("api"))
        server.keys.put(bus.seed_file("api"), bus.fresh_seed())

        async def told() -> bool:
            return "does not know the new seed" in caplog.text

        await eventually(told, "it says so")
        await load.goes_on()
        assert client.stats["reconnects"] == 0
        await load.stop()
        server.keys.put(bus.seed_file("api"), good)


async def test_a_certificate_is_changed_under_load(
    running: Running, server: ProductionNats
) -> None:
    async with coming(server, "api") as client:
        load = Load(client)
        await load.goes_on()
        before = await shown(server)

        certificates.renew(server.keys, "nats", datetime.now(UTC))
        reload(running)

        await shows_another(server, before)
        await load.goes_on()
        await soon_in(server, server.access("api"))
        assert client.stats["reconnects"] == 0
        await load.stop()


async def test_the_authority_is_changed_step_by_step(
    running: Running, server: ProductionNats
) -> None:
    now = datetime.now(UTC)
    old = Folder(server.keys.path.parent / "old")
    old.open()
    old.make("ca.crt", server.keys.read("ca.crt"))
    access = server.access("api")
    behind = Access(seed_file=access.seed_file, ca_file=old.file("ca.crt"))
    async with coming(server, "scheduler") as client:
        before = await shown(server)

        rotation.rotate_authority(server.keys, Step.ALLOW, now)
        await once(server, access)
        await once(server, behind)

        rotation.rotate_authority(server.keys, Step.USE, now)
        reload(running)

        await shows_another(server, before)
        await soon_in(server, access)
        assert not await lets_in(server, behind)

        rotation.rotate_authority(server.keys, Step.DROP, now)
        await once(server, access)
        await client.force_reconnect()  # a service that never was started again

        async def back() -> bool:
            return client.is_connected and client.stats["reconnects"] == 1

        await eventually(back, "it believes the new authority")


async def shown(server: ProductionNats) -> bytes:
    """Return the certificate that the server shows."""
    client = await connect_once(server.url, name="t", access=server.access("api"))
    try:
        transport: Any = client._transport  # noqa: SLF001 - nothing else knows it
        writer = transport._io_writer  # noqa: SLF001
        peer: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        await client.close()
    return peer


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.parts[-2])
async def test_each_configuration_that_ships_is_one_that_works(
    config: Path, tmp_path: Path
) -> None:
    text = config.read_text(encoding="utf-8")  # noqa: ASYNC240 - a small file
    assert "no_auth_user" not in text
    for said in ("max_payload: 1MB", "max_connections: ", 'min_version: "1.3"', "max_file_store: "):
        assert said in text
    assert re.search(r"^ *sync_interval: 1s$", text, re.MULTILINE)
    assert re.search(r"^http: (127\.0\.0\.1|0\.0\.0\.0):8222", text, re.MULTILINE)
    unit = ProductionNats(tmp_path, config=config)
    async with Running(unit, tmp_path):
        # All streams fit, as large as they may become.
        await declare(unit.url, access=unit.access(KEEPER))
        client = await connect_once(unit.url, name="t", access=unit.access("api"))
        try:
            assert client.max_payload >= 1_000_000
            assert (await client.jetstream().account_info()).streams == len(STREAMS)
        finally:
            await client.close()
