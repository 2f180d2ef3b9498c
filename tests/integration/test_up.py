"""`automation up` as its user meets it: refusals that explain themselves, any user, other servers.

Our services are played by stand-ins (`tests/support/stand_in.py`); PostgreSQL and NATS are real.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local import ports
from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from tests.support.installation import readable_copy
from tests.support.servers import temporary_folder
from tests.support.stage import SERVICES, SOON, Stage, lives, nothing_left
from tests.support.system import CHECKOUT, System


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


async def test_a_taken_port_is_explained_before_anything_starts(
    stage: Stage, tmp_path: Path
) -> None:
    port = ports.free_port()
    async with stage.system(AUTOMATION_PORT=str(port)):
        second = Stage(tmp_path).system(AUTOMATION_PORT=str(port))
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
async def test_a_normal_user_gets_the_same() -> None:
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
async def test_root_can_name_the_user_of_postgres_and_is_held_to_it(tmp_path: Path) -> None:
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
                env={**copy.env, "STAND_IN_JOURNAL": str(tmp_path / "journal"), **env},
            ) as system:
                assert psutil.Process(system.pid("postgres")).uids().real == user.pw_uid
                assert psutil.Process(system.pid("nats")).uids().real == 0
