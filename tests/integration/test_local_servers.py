"""The embedded servers: made once, there again after any death, explained when they are not."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import nats
import nats.errors
import psutil
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.api import StreamConfig

from deploy.keys.folder import Folder
from deploy.keys.rotation import Step, rotate_seed
from deploy.local import identity, ports, postgres, probe, process
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from shared.bus.access import Access
from shared.bus.client import BusClient
from shared.bus.topology import STREAMS
from tests.support.servers import NOT_DURABLE, Running, temporary_folder
from tests.support.stage import SOON, lives
from tests.support.system import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def folder() -> AsyncIterator[Path]:
    """Give a folder as people here name theirs: Chinese, with a space."""
    async with temporary_folder(prefix="我的 專案") as path:
        yield path / "自動化"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def fetch(server: Postgres, sql: str) -> object:
    connection = await asyncpg.connect(server.dsn(), timeout=10)
    try:
        return await connection.fetchval(sql, timeout=10)
    finally:
        await connection.close(timeout=10)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def long_running() -> AsyncIterator[Running]:
    """Run one PostgreSQL in such a folder, under a locale that is not installed."""
    async with temporary_folder(prefix="我的 專案") as path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LC_ALL", "zh_TW.UTF-8")
            async with Running(Postgres(path / "自動化"), path) as running:
                yield running


@dataclass(frozen=True, slots=True)
class Served:
    """A PostgreSQL that runs, and its process."""

    server: Postgres
    running: Running

    @property
    def folder(self) -> Path:
        return self.server.data.parent


@pytest_asyncio.fixture(loop_scope="session")
async def served(long_running: Running) -> Served:
    """Give it to one test, which may kill it."""
    assert isinstance(long_running.unit, Postgres)
    if long_running.process is None or long_running.process.returncode is not None:
        await long_running.start()
    return Served(long_running.unit, long_running)


async def test_postgres_works_in_a_chinese_path_under_a_locale_that_is_not_installed(
    served: Served,
) -> None:
    said = await fetch(served.server, "SELECT lower('ÄÉ') || ('每日備份' ILIKE '%備份%')")
    assert said == "äétrue"


async def test_postgres_is_durable_unless_told_otherwise(served: Served) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await fetch(served.server, f"SHOW {setting}") == "on"


async def test_postgres_lets_nobody_in_without_the_password(served: Served) -> None:
    assert mode_of(served.folder / "password") == 0o600
    dsn = served.server.dsn()
    address = dsn.replace(dsn.split("@")[0], "postgresql://automation:guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(address, timeout=10)


async def test_postgres_keeps_committed_rows_through_kill_9(served: Served) -> None:
    await fetch(served.server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    dsn = served.server.dsn()
    await served.running.kill()
    await served.running.start()
    assert await fetch(served.server, "SELECT count(*) FROM kept") == 1000
    assert served.server.dsn() == dsn, "noted addresses stay right"


async def test_postgres_starts_though_a_backend_of_the_killed_one_still_computes(
    served: Served,
) -> None:
    busy = await asyncpg.connect(served.server.dsn(), timeout=10)
    backend = psutil.Process(await busy.fetchval("SELECT pg_backend_pid()"))
    endless = asyncio.create_task(
        busy.execute("SELECT count(*) FROM generate_series(1, 1000000000000)")
    )
    # The title of a backend says what it does.
    await eventually(lambda: "SELECT" in backend.cmdline()[0], within=SOON, what="computing")
    await served.running.kill()
    await served.running.start()
    assert await fetch(served.server, "SELECT 1") == 1
    assert not lives(backend.pid)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await endless
    busy.terminate()


async def test_postgres_starts_though_its_old_number_belongs_to_somebody_else(
    served: Served,
) -> None:
    await served.running.kill()
    pid_file = served.server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    await served.running.start()
    assert await fetch(served.server, "SELECT 1") == 1


async def test_postgres_takes_over_from_a_server_that_nobody_watches(served: Served) -> None:
    unwatched = served.running.process
    assert unwatched is not None
    await postgres.end_orphans(served.server.data)
    assert await process.finish(unwatched, within=process.KILL_TIMEOUT) == 0, "stopped, not shot"
    await served.running.start()


async def test_a_taken_port_of_postgres_is_explained(served: Served) -> None:
    await served.running.stop()
    port = int((served.folder / "port").read_text())
    with (
        listener(port),
        pytest.raises(process.StartFailed, match=f"port {port} .*pid {os.getpid()}"),
    ):
        await served.running.start()
    await served.running.start()


async def test_an_initdb_that_was_cut_off_is_done_again(folder: Path) -> None:
    aside = folder / "initdb-cut-off" / "data"
    aside.mkdir(parents=True)
    (aside / "PG_VERSION").write_text("18\n")
    async with Running(Postgres(folder, NOT_DURABLE), folder.parent):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to avoid being root")
async def test_where_user_namespaces_are_forbidden_postgres_becomes_nobody_or_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = identity.Identity(launch_options=("--user", "no such user"))
    monkeypatch.setattr(identity, "namespace", lambda: forbidden)
    (folder / "postgres").mkdir(parents=True)
    with pytest.raises(identity.NoIdentity, match="cannot reach"):
        await identity.choose(data=folder / "postgres" / "data", postgres="/bin/true")
    folder.parent.chmod(0o711)  # as the parents of a home usually are
    chosen = await identity.choose(data=folder / "postgres" / "data", postgres="/bin/true")
    assert chosen.launch_options == ("--user", identity.NOBODY)
    assert mode_of(folder) == 0o711, "others may pass, not look"


async def test_nats_works_in_a_chinese_path_and_reports_its_durability(folder: Path) -> None:
    server = Nats(folder, sync="always")
    async with Running(server, folder.parent):
        assert mode_of(folder / "nats.conf") == 0o600
        assert server.store.is_dir()


async def test_what_streams_may_hold_does_not_depend_on_the_room_on_the_disk(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent):
        status, body = await probe.http_get(int(server.monitor_url.rsplit(":", 1)[1]), "/jsz")
        assert status == probe.OK
        may_store = json.loads(body)["config"]["max_storage"]
    assert may_store == 8 << 30
    assert may_store > sum(stream.max_bytes for stream in STREAMS)


async def test_a_seed_that_is_changed_step_by_step_is_known_to_the_next_server(
    folder: Path,
) -> None:
    server = Nats(folder)

    async def is_known(seed: str) -> bool:
        seed_file = folder / "seed"
        seed_file.write_text(seed)
        client = BusClient(Access(inbox="_INBOX_executor", seed_file=seed_file))
        try:
            await client.connect(server.address, allow_reconnect=False, error_cb=ignore)
        except nats.errors.Error:
            return False
        finally:
            await client.close()
        return True

    async with Running(server, folder.parent) as running:
        keys = Folder(folder / "keys")
        old = server.seed("executor").read_text()
        rotate_seed(keys, "executor", Step.ALLOW)
        await running.kill()
        await running.start()
        rotate_seed(keys, "executor", Step.USE)
        new = server.seed("executor").read_text()
        assert new != old
        assert (await is_known(old), await is_known(new)) == (True, True)
        rotate_seed(keys, "executor", Step.DROP)
        await running.kill()
        await running.start()
        assert (await is_known(old), await is_known(new)) == (False, True)


async def test_nats_keeps_acknowledged_messages_through_kill_9(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent) as running:
        client = await nats.connect(server.url, allow_reconnect=False)
        stream = client.jetstream()
        await stream.add_stream(StreamConfig(name="KEPT", subjects=["kept"]))
        for number in range(100):
            await stream.publish("kept", str(number).encode())
        await client.close()
        await running.kill()
        await running.start()
        client = await nats.connect(server.url, allow_reconnect=False)
        assert (await client.jetstream().stream_info("KEPT")).state.messages == 100
        await client.close()


async def test_nats_starts_empty_when_its_store_was_lost(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent) as running:
        client = await nats.connect(server.url, allow_reconnect=False)
        await client.jetstream().add_stream(StreamConfig(name="KEPT", subjects=["kept"]))
        await client.close()
        await running.kill()
        shutil.rmtree(server.store)
        await running.start()
        client = await nats.connect(server.url, allow_reconnect=False)
        assert await client.jetstream().streams_info() == []
        await client.close()


async def test_nats_lets_nobody_in_without_the_password(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent):
        client = Client()
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
            await client.connect(
                f"nats://{ports.LOOPBACK}:{server.url.rsplit(':', 1)[1]}",
                allow_reconnect=False,
                error_cb=ignore,
            )
        await client.close()


async def ignore(_: Exception) -> None:
    """Keep nats-py from logging what the test expects."""


async def test_a_taken_port_of_nats_is_explained_in_its_own_words(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent) as running:
        await running.stop()
        with (
            listener(int((folder / "port").read_text())),
            pytest.raises(
                process.StartFailed, match=rf"Error listening on port.*pid {os.getpid()}"
            ),
        ):
            await running.start()


async def test_a_stopped_server_is_killed_after_its_deadline(folder: Path) -> None:
    server = Nats(folder)
    async with Running(server, folder.parent) as running:
        assert running.process is not None
        running.process.send_signal(signal.SIGSTOP)
        assert not await process.stop(running.process, by=signal.SIGTERM, within=process.READY_POLL)
        assert running.process.returncode == -signal.SIGKILL


class listener:  # noqa: N801 - reads as what it does
    """Sit on a port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.socket()

    def __enter__(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((ports.LOOPBACK, self._port))
        self._socket.listen()

    def __exit__(self, *_: object) -> None:
        self._socket.close()
