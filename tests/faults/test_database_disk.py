"""A disk that is slow, that fails once, that has no room for the log of changes.

Delays and errors are put between PostgreSQL and the kernel by `strace`; a full disk is a small
tmpfs, which only root may mount. The promise is always the same: what was acknowledged is there
afterwards, and nobody has to help. A disk without room for data is in `test_servers.py`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from tests.faults.own_postgres import OwnPostgres, away_from_home, own_postgres
from tests.faults.small_disk import Filler, full, make_cluster, root, small_disk
from tests.faults.stage import Stage, stage
from tests.support.servers import temporary_folder
from tests.support.system import eventually

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

STRACE = shutil.which("strace")
INSTALL = "this test needs strace: apt install strace"
MAY_NOT = (
    "strace may not look at PostgreSQL: allow it (sysctl kernel.yama.ptrace_scope=0), or be root"
)

#: Each force to disk takes so much longer.
SLOWER = 0.2  # seconds
#: At that pace nothing is later than this.
SLOW = 5  # seconds
#: From a failed force to disk until the database has recovered and all has caught up.
RECOVERED = 30  # seconds
#: From there being room again until everything that was due has started.
ROOM_AGAIN = 45  # seconds: the supervisor's longest rest, and the recovery

READY = "database system is ready to accept connections"
OUR_SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[OwnPostgres]:
    """Run a server of our own."""
    async with own_postgres() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(server: OwnPostgres) -> AsyncIterator[Stage]:
    """Run two schedulers and two executors on it."""
    async with stage(away_from_home(server)) as system:
        yield system


def is_traced(pid: int) -> bool:
    """Say whether strace has a process in hand, or had it until its end."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return "TracerPid:\t0\n" not in status


@asynccontextmanager
async def injected(pids: Collection[int], what: str, *options: str) -> AsyncIterator[None]:
    """Have calls that force to disk answer otherwise, in these processes."""
    if STRACE is None:
        pytest.fail(INSTALL)
    strace = await asyncio.create_subprocess_exec(
        *(STRACE, "-qq", "-o", os.devnull, *options),
        *("-e", "trace=fsync,fdatasync", "-e", f"inject=fsync,fdatasync:{what}"),
        *(word for pid in pids for word in ("-p", str(pid))),
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        await eventually(
            lambda: strace.returncode is not None or all(map(is_traced, pids)),
            within=timedelta(seconds=30),
            what="strace looks at PostgreSQL",
        )
        if strace.returncode:  # 0: what it was to look at has ended, by what it did
            assert strace.stderr is not None
            said = (await strace.stderr.read()).decode(errors="replace")
            pytest.fail(f"{MAY_NOT}\n{said}")
        yield
    finally:
        if strace.returncode is None:
            strace.send_signal(signal.SIGINT)  # it lets go of all of them
        await asyncio.wait_for(strace.wait(), 30)


async def test_the_disk_is_slow(here: Stage, server: OwnPostgres) -> None:
    assert server.process is not None
    postmaster = psutil.Process(server.process.pid)
    pids = [postmaster.pid, *(each.pid for each in postmaster.children(recursive=True))]
    with here.fault("slow disk", "postgres"):
        async with injected(pids, f"delay_exit={int(SLOWER * 1_000_000)}", "-f"):
            await here.steady(10)
    await here.steady()
    figures = await here.judge(f"every force to disk takes {SLOWER} s")

    assert not figures.twice
    assert figures.latest < SLOW


async def test_a_force_to_disk_fails_once(here: Stage, server: OwnPostgres) -> None:
    panics, recoveries = server.said().count("PANIC"), server.said().count(READY)
    connection = await server.connect()
    try:
        sessions = [row["pid"] for row in await connection.fetch(OUR_SESSIONS)]
    finally:
        connection.terminate()
    began = time.monotonic()
    with here.fault("EIO", "postgres"):
        async with injected(sessions, "error=EIO:when=1"):
            await server.says("PANIC", times=panics + 1)
        await server.says(READY, times=recoveries + 1)
    await here.steady()
    figures = await here.judge("fdatasync fails once: PANIC, recovery")

    assert not figures.twice
    assert time.monotonic() - began < RECOVERED


@root
async def test_the_disk_of_the_log_of_changes_is_full() -> None:
    """PostgreSQL gives up and cannot start again until there is room; the supervisor insists."""
    async with temporary_folder() as folder:
        home = folder / "home"
        with small_disk(folder / "wal", 200):
            await make_cluster(home, folder / "wal")
            async with stage({"AUTOMATION_SCHEDULERS": "2"}, home=home) as here:
                here.restless.add("postgres")
                filler = Filler(folder / "wal")
                with here.fault("full disk", "postgres"):
                    await full(here, filler, "PANIC", longer=3)
                    filler.remove()
                began = time.monotonic()
                await here.steady()
                figures = await here.judge("no room for the log of changes")

                assert not figures.twice
                assert time.monotonic() - began < ROOM_AGAIN
