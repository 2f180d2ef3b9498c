"""`automation up` as its user meets it: refusals that explain themselves, any user, other servers.

Our services are played by stand-ins (`tests/support/stand_in.py`); PostgreSQL and NATS are real.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from deploy.host_cli import app
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from tests.support.installation import Installation, readable_copy
from tests.support.servers import temporary_folder
from tests.support.stage import SERVICES, SOON, Stage, copied, lives, nothing_left, standing
from tests.support.system import System


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(used_home: Path) -> AsyncIterator[System]:
    """Run one system for all tests of this module."""
    async with copied(used_home) as stage, stage.system() as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def system(shared: System) -> System:
    """Give it to one test, running."""
    return await standing(shared)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def copy() -> AsyncIterator[Installation]:
    """Give a copy of this installation that every user can read."""
    async with temporary_folder() as folder:
        yield await asyncio.to_thread(readable_copy, folder)


async def cli(home: Path, *words: str) -> Result:
    env = {"AUTOMATION_HOME": str(home)}
    return await asyncio.to_thread(CliRunner().invoke, app, words, env=env)


async def test_a_second_start_in_the_same_home_is_refused_and_says_who_is_there(
    system: System,
) -> None:
    second = Stage(system.home.parent).system()
    await second.spawn()
    assert second.supervisor is not None
    assert await asyncio.wait_for(second.supervisor.wait(), SOON.total_seconds()) == 1
    who = f"another instance uses {system.home} (pid {system.state.supervisor_pid})"
    assert who in second.said()
    await system.wait_restarted("api", system.kill("api"))


async def test_a_second_home_runs_beside_the_first(stage: Stage, system: System) -> None:
    async with stage.system() as second:
        assert system.state.api_url != second.state.api_url
        await second.stop()
        assert all(lives(each.pid) for each in system.state.processes)


async def test_a_taken_port_is_explained_before_anything_starts(
    stage: Stage, system: System
) -> None:
    port = int(system.api_url.rpartition(":")[2])
    second = stage.system(AUTOMATION_PORT=str(port))
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


async def test_given_servers_are_used_and_none_are_started(
    stage: Stage, postgres_server: Postgres, nats_server: Nats
) -> None:
    dsn, url = postgres_server.dsn(), nats_server.url
    async with stage.system(AUTOMATION_DATABASE_URL=dsn, AUTOMATION_NATS_URL=url) as system:
        assert system.names() == SERVICES
        assert (system.dsn, system.nats_url) == (dsn, url)


async def test_what_is_secret_is_readable_by_its_owner_only(system: System) -> None:
    for name in ("state.json", "postgres/password", "nats/password", "nats/nats.conf"):
        assert stat.S_IMODE((system.home / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(system.home.stat().st_mode) == 0o700


async def test_status_and_down_need_no_flags(system: System, tmp_path: Path) -> None:
    before = await cli(tmp_path, "status")
    assert (before.exit_code, before.stderr) == (1, "not running\n")
    shown = await cli(system.home, "status")
    assert shown.exit_code == 0
    assert f"executor-1\tpid {system.pid('executor-1')}\tready" in shown.stdout
    assert (await cli(system.home, "down")).exit_code == 0
    assert system.left() == []
    again = await cli(system.home, "down")
    assert (again.exit_code, again.stderr) == (0, "nothing was running\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_normal_user_gets_the_same(copy: Installation) -> None:
    user = pwd.getpwnam("nobody")
    async with temporary_folder() as folder:
        journal = folder / "journal"
        journal.touch()
        os.chown(journal, user.pw_uid, user.pw_gid)
        async with System(
            python=copy.python,
            program=(copy.stand_in_system,),
            folder=folder,
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
async def test_root_can_name_the_user_of_postgres_and_is_held_to_it(
    copy: Installation, tmp_path: Path
) -> None:
    user = pwd.getpwnam("nobody")
    async with temporary_folder() as folder:
        folder.chmod(0o755)
        for env in ({"AUTOMATION_PG_USER": user.pw_name}, {}):  # the second: as the folder says
            async with System(
                python=copy.python,
                program=(copy.stand_in_system,),
                home=folder / "home",
                env={**copy.env, "STAND_IN_JOURNAL": str(tmp_path / "journal"), **env},
            ) as system:
                assert psutil.Process(system.pid("postgres")).uids().real == user.pw_uid
                assert psutil.Process(system.pid("nats")).uids().real == 0
