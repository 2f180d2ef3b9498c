"""The supervisor as its user meets it: real processes, real kills, nothing left behind.

Our services are played by stand-ins (`tests/support/stand_in.py`); PostgreSQL and NATS are real.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from deploy.local import ports, state
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from tests.support.installation import readable_copy
from tests.support.servers import temporary_folder
from tests.support.system import CHECKOUT, System, eventually

PROGRAM = (str(CHECKOUT / "tests" / "support" / "stand_in_system.py"),)
SERVERS = ["postgres", "nats"]
SERVICES = ["api", "scheduler-1", "executor-1", "executor-2", "log-writer"]
SOON = timedelta(seconds=20)


class Stage:
    """A folder for one test, and systems in it."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.journal.touch()
        self.home = folder / "home"

    def system(self, **env: str) -> System:
        return System(
            program=PROGRAM, home=self.home, env={"STAND_IN_JOURNAL": str(self.journal), **env}
        )

    def events(self) -> list[str]:
        return self.journal.read_text().splitlines()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    """Give a fresh home."""
    async with temporary_folder() as folder:
        yield Stage(folder)


async def nothing_left(system: System) -> None:
    await eventually(lambda: not system.left(), within=SOON, what=f"all gone: {system.left()}")


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_each_process_comes_back_after_kill_9_and_state_json_is_always_true(
    stage: Stage,
) -> None:
    async with stage.system(STAND_IN_CHILD="yes") as system:
        assert system.names() == SERVERS + SERVICES
        reading = asyncio.create_task(asyncio.to_thread(read_until_gone, stage.home))
        for name in system.names():
            before = asyncio.get_running_loop().time()
            old = system.kill(name)
            new = await system.wait_restarted(name, old, within=SOON)
            assert lives(new)
            assert not lives(old)
            assert asyncio.get_running_loop().time() - before < 3, "promised: 3 s late at most"
        assert [each.restarts for each in system.state.processes] == [1] * 7
        assert await system.stop() == 0
        assert await reading > 0
        assert system.left() == []


def read_until_gone(home: Path) -> int:
    """Read state.json as fast as possible; every single read must be whole."""
    reads = 0
    while (home / "state.json").exists():
        found = state.read(home / "state.json")
        if found is None:
            break
        assert [each.name for each in found.processes] == SERVERS + SERVICES
        reads += 1
    assert not (home / "state.json").exists()
    return reads


async def test_what_a_killed_service_had_started_is_ended_before_it_starts_again(
    stage: Stage,
) -> None:
    async with stage.system(STAND_IN_CHILD="yes") as system:
        (child,) = psutil.Process(system.pid("executor-1")).children()
        other = psutil.Process(system.pid("executor-2")).children()
        await system.wait_restarted("executor-1", system.kill("executor-1"))
        assert not lives(child.pid), "the child is in a session of its own"
        assert lives(other[0].pid), "and only that child"


async def test_services_start_in_order_and_stop_in_reverse(stage: Stage) -> None:
    async with stage.system() as system:
        assert await system.stop() == 0
        assert not stage.home.joinpath("state.json").exists()
    executors = {"executor-1", "executor-2"}
    started = [event.removesuffix(" started") for event in stage.events()[:5]]
    stopped = [event.removesuffix(" stopped") for event in stage.events()[5:]]
    assert (started[:2], set(started[2:4]), started[4:]) == (
        SERVICES[:2],
        executors,
        ["log-writer"],
    )
    assert (stopped[:1], set(stopped[1:3]), stopped[3:]) == (
        ["log-writer"],
        executors,
        ["scheduler-1", "api"],
    )


async def test_nothing_is_left_after_kill_9_of_the_supervisor(stage: Stage) -> None:
    async with stage.system(STAND_IN_CHILD="yes") as system:
        await system.kill_supervisor()
        await nothing_left(system)
        await system.start()
        assert system.names() == SERVERS + SERVICES


async def test_the_next_start_ends_what_supervisor_and_guard_left_when_both_were_killed(
    stage: Stage,
) -> None:
    async with stage.system(STAND_IN_CHILD="yes") as system:
        guard = guard_of(system)
        assert guard is not None
        (child,) = psutil.Process(system.pid("executor-1")).children()
        guard.suspend()  # it must not see the end of the supervisor
        await system.kill_supervisor()
        guard.kill()
        assert lives(child.pid)
        await system.start()
        assert not lives(child.pid)


async def test_a_killed_guard_is_replaced(stage: Stage) -> None:
    async with stage.system() as system:
        old = guard_of(system)
        assert old is not None
        old.kill()
        await eventually(
            lambda: guard_of(system) not in (None, old), within=SOON, what="a new guard"
        )


def guard_of(system: System) -> psutil.Process | None:
    for child in psutil.Process(system.state.supervisor_pid).children():
        with suppress(psutil.Error):
            if "deploy.local.guard" in child.cmdline():
                return child
    return None


async def test_a_second_start_in_the_same_home_is_refused_and_says_who_is_there(
    stage: Stage,
) -> None:
    async with stage.system() as system:
        second = stage.system()
        await second.spawn()
        assert second.supervisor is not None
        assert await asyncio.wait_for(second.supervisor.wait(), SOON.total_seconds()) == 1
        assert f"another instance uses {stage.home} (pid {system.state.supervisor_pid})" in (
            second.said()
        )
        await system.wait_restarted("api", system.kill("api"))


async def test_a_second_home_runs_beside_the_first(stage: Stage, tmp_path: Path) -> None:
    async with stage.system() as first, Stage(tmp_path).system() as second:
        assert first.state.api_url != second.state.api_url
        await second.stop()
        assert all(lives(each.pid) for each in first.state.processes)


async def test_a_taken_port_is_explained_before_anything_starts(stage: Stage) -> None:
    port = ports.free_port()
    async with stage.system(AUTOMATION_PORT=str(port)):
        second = System(program=PROGRAM, env={"AUTOMATION_PORT": str(port)})
        with pytest.raises(AssertionError, match=rf"{port}: it is taken by python.*pid \d+"):
            await second.start()
        assert f"AUTOMATION_PORT={port + 1}" in second.said()
        assert second.left() == []


async def test_a_service_that_cannot_start_ends_the_start_and_shows_its_last_words(
    stage: Stage,
) -> None:
    system = stage.system(STAND_IN_BROKEN="executor-2")
    with pytest.raises(AssertionError, match="executor-2 ended with exit code 3"):
        await system.start()
    assert system.supervisor is not None
    assert system.supervisor.returncode == 1
    assert "this stand-in is broken" in system.said()
    assert stage.events()[-1] == "api stopped", "the others were stopped in order"
    assert system.left() == []


async def test_a_wrong_setting_is_named(stage: Stage) -> None:
    asked = await asyncio.to_thread(cli, stage.home, "up", AUTOMATION_EXECUTORS="many")
    assert asked.returncode == 2
    assert "AUTOMATION_EXECUTORS=many" in asked.stderr


@pytest.mark.parametrize("when", ["supervisor.log", "postgres.log", "api.log", "log-writer.log"])
async def test_ctrl_c_during_the_start_leaves_nothing(stage: Stage, when: str) -> None:
    system = stage.system()
    await system.spawn()
    await eventually((stage.home / "logs" / when).exists, within=SOON, what=when)
    assert await system.stop() == 0
    assert system.left() == []


async def test_a_second_ctrl_c_kills_what_does_not_stop(stage: Stage) -> None:
    async with stage.system() as system:
        os.kill(system.pid("api"), signal.SIGSTOP)  # it will not hear the request to stop
        os.kill(system.state.supervisor_pid, signal.SIGINT)
        await eventually(lambda: "stopping" in system.said(), within=SOON, what="stopping")
        os.kill(system.state.supervisor_pid, signal.SIGINT)
        assert system.supervisor is not None
        assert await asyncio.wait_for(system.supervisor.wait(), SOON.total_seconds()) == 0
        assert system.left() == []


async def test_streams_are_provisioned_again_when_nats_comes_back_without_its_store(
    stage: Stage,
) -> None:
    async with stage.system() as system:
        streams = stage.home / "nats" / "jetstream" / "jetstream" / "$G" / "streams"
        before = {path.name for path in streams.iterdir()}
        assert before
        os.kill(system.state.supervisor_pid, signal.SIGSTOP)  # so that it stays down for a while
        old = system.kill("nats")
        await eventually(lambda: not lives(old), within=SOON, what="nats is down")
        shutil.rmtree(stage.home / "nats" / "jetstream")
        os.kill(system.state.supervisor_pid, signal.SIGCONT)
        await system.wait_restarted("nats", old)
        assert {path.name for path in streams.iterdir()} == before


async def test_given_servers_are_used_and_none_are_started(
    stage: Stage, postgres_server: Postgres, nats_server: Nats
) -> None:
    dsn, url = postgres_server.dsn(), nats_server.url
    async with stage.system(AUTOMATION_DATABASE_URL=dsn, AUTOMATION_NATS_URL=url) as system:
        assert system.names() == SERVICES
        assert (system.dsn, system.nats_url) == (dsn, url)


async def test_status_and_down_need_no_flags(stage: Stage) -> None:
    before = await asyncio.to_thread(cli, stage.home, "status")
    assert (before.returncode, before.stderr) == (1, "not running\n")
    async with stage.system() as system:
        shown = await asyncio.to_thread(cli, stage.home, "status")
        assert shown.returncode == 0
        assert f"executor-1\tpid {system.pid('executor-1')}\tready" in shown.stdout
        assert (await asyncio.to_thread(cli, stage.home, "down")).returncode == 0
        assert system.left() == []
        again = await asyncio.to_thread(cli, stage.home, "down")
        assert (again.returncode, again.stderr) == (0, "nothing was running\n")


def cli(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "deploy.cli", *words],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "AUTOMATION_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_what_is_secret_is_readable_by_its_owner_only(stage: Stage) -> None:
    async with stage.system():
        for name in ("state.json", "postgres/password", "nats/password", "nats/nats.conf"):
            assert stat.S_IMODE((stage.home / name).stat().st_mode) == 0o600, name
        assert stat.S_IMODE(stage.home.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_normal_user_gets_the_same(stage: Stage) -> None:
    user = pwd.getpwnam("nobody")
    async with temporary_folder() as folder:
        copy = await asyncio.to_thread(readable_copy, folder)
        journal = folder / "journal"
        journal.touch()
        os.chown(journal, user.pw_uid, user.pw_gid)
        async with System(
            python=copy.python,
            program=(copy.stand_in_system,),
            user=user.pw_name,
            env={**copy.env, "STAND_IN_JOURNAL": str(journal), "STAND_IN_CHILD": "yes"},
        ) as system:
            assert {psutil.Process(each.pid).uids().real for each in system.state.processes} == {
                user.pw_uid
            }
            for name in ("postgres", "nats", "executor-1"):
                await system.wait_restarted(name, system.kill(name), within=SOON)
            await system.kill_supervisor()
            await nothing_left(system)
            await system.start()
            assert await system.stop() == 0
            assert system.left() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to avoid being root")
async def test_root_can_name_the_user_of_postgres_and_is_held_to_it(stage: Stage) -> None:
    user = pwd.getpwnam("nobody")
    async with temporary_folder() as folder:
        copy = await asyncio.to_thread(readable_copy, folder)
        open_to_all = folder / "home"
        open_to_all.parent.chmod(0o755)
        for env in ({"AUTOMATION_PG_USER": user.pw_name}, {}):  # the second: as the folder says
            async with System(
                python=copy.python,
                program=(copy.stand_in_system,),
                home=open_to_all,
                env={**copy.env, "STAND_IN_JOURNAL": str(stage.journal), **env},
            ) as system:
                assert psutil.Process(system.pid("postgres")).uids().real == user.pw_uid
                assert psutil.Process(system.pid("nats")).uids().real == 0
