"""A connection never gives up, is patient with who refuses it, and ends its process if it must."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import signal
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from nats.aio.client import Client

from deploy.local import ports
from deploy.local.nats import Nats
from shared.bus import connection
from shared.bus.connection import (
    EXIT_BUS_LOST,
    Guard,
    client_of,
    connect,
    make_broker,
)
from tests.integration.bus.waiting import SECONDS, connected, eventually
from tests.support.flaky_proxy import FlakyProxy
from tests.support.servers import Running
from tests.support.system import CHECKOUT

#: Says each way of connecting a subject that no server takes: it closes the connection, and the
#: client for good. One start of Python for all of them, a fork for each.
SAYS_TOO_MUCH = """
import asyncio, os, sys
from shared.bus.connection import Guard, connect, make_broker, client_of

async def main(url, kind, callback):
    guard = Guard()
    if kind == "broker":
        broker = make_broker(url, name="test", guard=guard)
        await broker.start()
        client = client_of(broker)
    else:
        client = await connect(url, name="test", guard=guard)
    if callback == "never called":
        client._closed_cb = None
    await client.publish("x" * 5000, b"")
    await asyncio.sleep(20)

for kind in ("client", "broker"):
    for callback in ("called", "never called"):
        child = os.fork()
        if child == 0:
            asyncio.run(main(sys.argv[1], kind, callback))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


async def test_a_client_that_is_closed_for_good_ends_its_process(url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SAYS_TOO_MUCH, url),
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    codes, said = await process.communicate()

    assert codes.split() == [b"%d" % EXIT_BUS_LOST] * 4
    assert said.count(b"closed for good") == 4


#: The client forgets the sockets on which it was refused; they are found when it is gone.
FORGOTTEN_SOCKETS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a client rest less after a refusal; find its sockets in the test that made them."""
    monkeypatch.setattr(connection, "REFUSED_REST", 0.5)
    yield
    gc.collect()


async def open_connection(kind: str, address: str) -> Client:
    """Connect as services do; the connection may be closed without ending the tests."""
    guard = Guard()
    guard.stopping = True
    if kind == "client":
        return await connect(address, name="stranger", guard=guard)
    broker = make_broker(address, name="stranger", guard=guard)
    await broker.start()
    return client_of(broker)


@contextlib.contextmanager
def password(server: Running, text: str) -> Iterator[None]:
    """Let the server know nobody but who says this."""
    assert server.process is not None
    assert isinstance(server.unit, Nats)
    config = server.unit.folder / "nats.conf"
    before = config.read_text()
    try:
        config.write_text(re.sub('password: "[^"]*"', f'password: "{text}"', before))
        server.process.send_signal(signal.SIGHUP)
        yield
    finally:
        config.write_text(before)
        server.process.send_signal(signal.SIGHUP)


async def tried(proxy: FlakyProxy, times: int) -> None:
    """Wait until somebody has introduced himself so often, and has rested between two tries."""
    before = len(proxy.attempts)

    async def enough() -> bool:
        return len(proxy.attempts) >= before + times

    await eventually(enough, f"{times} tries")
    rests = [after.at - one.at for one, after in pairwise(proxy.attempts[before:])]
    assert min(rests) >= connection.REFUSED_REST


@FORGOTTEN_SOCKETS
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["client", "broker"])
async def test_who_is_refused_at_first_asks_now_and_then_until_let_in(
    server: Running, url: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = urlsplit(url).port
    assert port is not None
    async with FlakyProxy(lambda: port) as proxy:
        address = f"nats://automation:new@{ports.LOOPBACK}:{proxy.port}"
        connecting = asyncio.create_task(open_connection(kind, address))
        await tried(proxy, 3)
        assert "NATS refuses our credentials" in caplog.text
        with password(server, "new"):
            client = await asyncio.wait_for(connecting, SECONDS)
            assert client.is_connected
            await client.close()


@FORGOTTEN_SOCKETS
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["client", "broker"])
async def test_who_is_refused_on_the_way_asks_now_and_then_until_let_in(
    server: Running, url: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = urlsplit(url).port
    assert port is not None
    async with FlakyProxy(lambda: port) as proxy:
        client = await open_connection(kind, url.replace(f":{port}", f":{proxy.port}"))
        with password(server, "new"):
            proxy.cut()  # what a server says that lets somebody go closes a client for good
            await tried(proxy, 3)
        assert "NATS refuses our credentials" in caplog.text

        await connected(client)
        await client.close()


async def test_an_address_may_name_several_servers(url: str) -> None:
    nobody = f"nats://{ports.LOOPBACK}:{ports.free_port()}"

    for address in (f"{nobody}, {url}", f"{url},{nobody}"):
        guard = Guard()
        guard.stopping = True
        client = await connect(address, name="test", guard=guard)
        assert client.is_connected
        await client.close()


async def test_a_ping_never_overtakes_what_was_published_before_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the answer shows that all of that has arrived: stops rely on it."""
    client = await open_connection("client", url)
    transport: Any = client._transport  # noqa: SLF001 - what it is given is what the server reads
    written: list[bytes] = []
    write, write_lines = transport.write, transport.writelines

    def note(data: bytes) -> None:
        written.append(data)
        write(data)

    def note_lines(lines: list[bytes]) -> None:
        written.extend(lines)
        write_lines(lines)

    monkeypatch.setattr(transport, "write", note)
    monkeypatch.setattr(transport, "writelines", note_lines)

    await client.publish("said.first", b"")
    await client.flush()

    said = b"".join(written)
    assert said.index(b"PUB said.first") < said.index(b"PING")
    await client.close()
