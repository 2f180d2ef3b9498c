"""The bus that Kubernetes would run, run here: real servers, with the files of `deploy/k8s`.

Only addresses and folders are others than in a cluster. The keys are those of `automation keys
init`, so users, certificates and their names are looked at as well.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from deploy.keys import contents
from deploy.keys.folder import Folder
from deploy.local import ports, probe, process
from deploy.local.binaries import find_nats
from shared.bus.access import access_of
from shared.bus.connection import Guard, connect
from shared.bus.permissions import KEEPER
from shared.bus.topology import REQUESTS, RUN_REQUEST_API
from shared.settings import BusSettings
from tests.deploy.rendering import K8S, objects
from tests.deploy.workloads import probes, workload

WITHIN = 30  # seconds; a busy machine takes a few
CLUSTER = 3
BAD_REQUEST = 400


class Server:
    """One pod of the StatefulSet, as a process here."""

    def __init__(self, number: int, folder: Path, keys: Path) -> None:
        self.name = f"nats-{number}"
        self.folder = folder / self.name
        self.keys = keys
        self.port, self.monitor, self.route = (ports.free_port() for _ in range(3))

    def write(self, cluster: str, others: list[Server]) -> Path:
        """Write the configuration of the manifests, with this machine's addresses."""
        self.folder.mkdir()
        for file in self.keys.iterdir():
            (self.folder / file.name).symlink_to(file)
        places = {
            "0.0.0.0:4222": f"127.0.0.1:{self.port}",
            "0.0.0.0:8222": f"127.0.0.1:{self.monitor}",
            "0.0.0.0:6222": f"127.0.0.1:{self.route}",
            "/run/nats": str(self.folder),
            "/etc/nats": str(self.folder),
            "/data": str(self.folder / "data"),
            "$POD_NAME": self.name,
            **{f"{each.name}.nats-headless:6222": f"localhost:{each.route}" for each in others},
        }
        conf = (K8S / "nats" / "nats.conf").read_text("utf-8")
        for name, text in (("nats.conf", conf), ("cluster.conf", cluster)):
            for there, here in places.items():
                text = text.replace(there, here)  # noqa: PLW2901 - one after the other
            (self.folder / name).write_text(text, "utf-8")
        return self.folder / "nats.conf"

    @asynccontextmanager
    async def running(self, conf: Path) -> AsyncIterator[None]:
        """Run it."""
        with (self.folder / "log").open("wb") as log:
            server = await process.spawn(
                process.Command(argv=(str(find_nats()), "--config", str(conf))), output=log
            )
        try:
            yield
        finally:
            server.terminate()
            await server.wait()

    async def answers(self, path: str) -> tuple[int, bytes]:
        """GET a path of the monitoring port."""
        return await probe.http_get(self.monitor, path)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    contents.init(Folder(folder), {}, datetime.now(UTC))
    return folder


@asynccontextmanager
async def servers(count: int, folder: Path, keys: Path) -> AsyncIterator[list[Server]]:
    """Run as many servers as an overlay has."""
    where = "nats" if count == 1 else "overlays/production"
    cluster = (K8S / where / "cluster.conf").read_text("utf-8")
    all_of_them = [Server(number, folder, keys) for number in range(count)]
    async with AsyncExitStack() as stack:
        for each in all_of_them:
            await stack.enter_async_context(each.running(each.write(cluster, all_of_them)))
        for each in all_of_them:
            await until(each, "/healthz", probe.OK)
        yield all_of_them


async def until(server: Server, path: str, wanted: int) -> bytes:
    """Ask until the answer is the wanted one."""
    try:
        async with asyncio.timeout(WITHIN):
            while True:
                status, body = await server.answers(path)
                if status == wanted:
                    return body
                await asyncio.sleep(0.1)
    except TimeoutError:
        log = (server.folder / "log").read_text("utf-8", "replace")
        raise AssertionError(f"{path}: {status} {body!r}\n{log}") from None


@asynccontextmanager
async def client_of(all_of_them: list[Server], keys: Path, role: str) -> AsyncIterator[Client]:
    """Connect as a role does: with its seed, over TLS."""
    settings = BusSettings(nats_seed_file=keys / f"nats-{role}.seed", nats_ca_file=keys / "ca.crt")
    url = ",".join(f"tls://localhost:{each.port}" for each in all_of_them)
    guard = Guard()
    client = await connect(url, name=role, guard=guard, access=access_of(role, settings))
    try:
        yield client
    finally:
        guard.stopping = True  # otherwise a closed client ends its process
        await client.close()


async def test_the_probes_ask_what_the_server_answers(tmp_path: Path, keys: Path) -> None:
    asked = {
        probe["httpGet"]["path"]
        for overlay in ("single-node", "production")
        for _, probe in probes(workload(objects(overlay), "nats").main)
        if "httpGet" in probe
    }

    async with servers(1, tmp_path, keys) as (server,):
        assert {path: (await server.answers(path))[0] for path in asked} == dict.fromkeys(
            asked, 200
        )
        for path in asked:  # a word that it does not know it would ignore, whatever its value
            if "=" in path:
                assert (await server.answers(path.replace("=true", "=nonsense")))[0] == BAD_REQUEST
        assert (server.folder / "nats.pid").exists(), "preStop reads it"


async def test_three_servers_find_each_other_and_outlive_one(tmp_path: Path, keys: Path) -> None:
    async with AsyncExitStack() as stack:
        cluster = (K8S / "overlays/production/cluster.conf").read_text("utf-8")
        members = [Server(number, tmp_path, keys) for number in range(CLUSTER)]
        stacks = []
        for each in members:
            own = await stack.enter_async_context(AsyncExitStack())
            await own.enter_async_context(each.running(each.write(cluster, members)))
            stacks.append(own)
        for each in members:
            await until(each, "/healthz", probe.OK)

        async with client_of(members, keys, KEEPER) as keeper:
            js = keeper.jetstream(timeout=10)
            subjects = list(REQUESTS.subjects)
            await js.add_stream(name=REQUESTS.name, subjects=subjects, num_replicas=CLUSTER)
            info = await js.stream_info(REQUESTS.name)
            assert info.cluster is not None
            leader = str(info.cluster.leader)
            assert {str(each.name) for each in info.cluster.replicas or ()} | {leader} == {
                each.name for each in members
            }

            other = next(n for n, each in enumerate(members) if each.name != leader)
            await stacks[other].aclose()
            async with client_of(members, keys, "api") as api:
                said = await api.jetstream(timeout=WITHIN).publish(RUN_REQUEST_API, b"a request")
            assert said.seq == 1


async def test_nobody_comes_in_without_tls_a_seed_or_the_authority(
    tmp_path: Path, keys: Path
) -> None:
    async def refuse(_: Exception) -> None:
        """Nats-py would log a traceback; what comes of it is asserted."""

    async def may_come(context: ssl.SSLContext | None, port: int) -> bool:
        try:
            client = await nats.connect(
                f"tls://localhost:{port}" if context else f"nats://localhost:{port}",
                **({"tls": context} if context else {}),
                allow_reconnect=False,
                connect_timeout=timedelta(seconds=5).total_seconds(),
                error_cb=refuse,
            )
        except Exception:  # noqa: BLE001 - whatever it is, it does not come in
            return False
        await client.close()
        return True

    async with servers(1, tmp_path, keys) as (server,):
        trusting = ssl.create_default_context(cafile=str(keys / "ca.crt"))

        assert not await may_come(ssl.create_default_context(), server.port), "not our authority"
        assert not await may_come(trusting, server.port), "no seed"
        async with client_of([server], keys, "api") as client:
            assert client.is_connected
