"""The supervisor keeps everything running, stops it in order and leaves nothing behind.

Our services are played by stand-ins (`tests/support/stand_in.py`); PostgreSQL and NATS are real,
and so are the kills. One system is enough for all of it: whoever ends it starts it again.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest_asyncio

from deploy.local import state
from tests.support.stage import (
    SERVERS,
    SERVICES,
    SOON,
    Stage,
    copied,
    lives,
    nothing_left,
    standing,
)
from tests.support.system import System, eventually

LOUD_LINES = 2000  # of a loud stand-in at each start; a pipe holds about 650 of them


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def used_stage(used_home: Path) -> AsyncIterator[Stage]:
    """Give a home to all tests of this module."""
    async with copied(used_home) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(used_stage: Stage) -> AsyncIterator[System]:
    """Run one system in it, each service of which has started a child."""
    async with used_stage.system(STAND_IN_CHILD="yes") as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def system(shared: System) -> System:
    """Give it to one test, running."""
    return await standing(shared)


async def test_what_runs_is_kept_running_while_there_is_no_room_for_state_json(
    system: System,
) -> None:
    assert system.supervisor is not None
    # As a full disk does it: the file beside state.json cannot be written.
    in_the_way = system.home / f".state.json.{system.supervisor.pid}"
    in_the_way.mkdir()
    old = system.kill("api")
    await eventually(
        lambda: "the state cannot be written down" in system.said() or None,
        within=SOON,
        what="a word about it",
    )
    in_the_way.rmdir()
    new = await system.wait_restarted("api", old, within=SOON)
    assert lives(new), "it was started again, and that is known once there is room"
    assert lives(system.supervisor.pid)


async def test_what_a_killed_service_had_started_is_ended_before_it_starts_again(
    system: System,
) -> None:
    (child,) = psutil.Process(system.pid("executor-1")).children()
    other = psutil.Process(system.pid("executor-2")).children()
    await system.wait_restarted("executor-1", system.kill("executor-1"))
    assert not lives(child.pid), "the child is in a session of its own"
    assert lives(other[0].pid), "and only that child"


async def test_a_killed_guard_is_replaced(system: System) -> None:
    old = guard_of(system)
    assert old is not None
    old.kill()
    await eventually(lambda: guard_of(system) not in (None, old), within=SOON, what="a new guard")


def guard_of(system: System) -> psutil.Process | None:
    for child in psutil.Process(system.state.supervisor_pid).children():
        with suppress(psutil.Error):
            if "deploy.local.guard" in child.cmdline():
                return child
    return None


async def test_nats_comes_back_without_its_store(system: System) -> None:
    store = system.home / "nats" / "jetstream"
    os.kill(system.state.supervisor_pid, signal.SIGSTOP)  # so that it stays down for a while
    old = system.kill("nats")
    await eventually(lambda: not lives(old), within=SOON, what="nats is down")
    shutil.rmtree(store)
    os.kill(system.state.supervisor_pid, signal.SIGCONT)
    await system.wait_restarted("nats", old)
    assert store.is_dir(), "an empty one; what belongs there, the keeper of the bus makes"


async def test_each_process_comes_back_after_kill_9_and_state_json_is_always_true(
    system: System,
) -> None:
    assert system.names() == SERVERS + SERVICES
    before = {each.name: each.restarts for each in system.state.processes}
    reading = asyncio.create_task(asyncio.to_thread(read_until_gone, system.home))
    for name in system.names():
        old = system.kill(name)
        new = await system.wait_restarted(name, old, within=SOON)
        assert lives(new)
        assert not lives(old)
    assert {each.restarts - before[each.name] for each in system.state.processes} == {1}
    assert await system.stop() == 0
    assert await reading > 0
    assert system.left() == []


def read_until_gone(home: Path) -> int:
    """Read state.json again and again; every single read must be whole."""
    reads = 0
    while (home / "state.json").exists():
        found = state.read(home / "state.json")
        if found is None:
            break
        assert [each.name for each in found.processes] == SERVERS + SERVICES
        reads += 1
        time.sleep(0.002)
    assert not (home / "state.json").exists()
    return reads


async def test_services_start_in_order_and_stop_in_reverse(
    used_stage: Stage, shared: System
) -> None:
    system = shared
    await system.stop()
    used_stage.journal.write_text("")
    await system.start()
    assert await system.stop() == 0
    assert not system.home.joinpath("state.json").exists()
    executors = {"executor-1", "executor-2"}
    last = {"log-writer", "notifier"}
    started = [event.removesuffix(" started") for event in used_stage.events()[:6]]
    stopped = [event.removesuffix(" stopped") for event in used_stage.events()[6:]]
    assert (started[:2], set(started[2:4]), set(started[4:])) == (SERVICES[:2], executors, last)
    assert (set(stopped[:2]), set(stopped[2:4]), stopped[4:]) == (
        last,
        executors,
        ["scheduler-1", "api"],
    )


async def test_nothing_is_left_after_kill_9_of_the_supervisor(system: System) -> None:
    await system.kill_supervisor()
    await nothing_left(system)
    await system.start()
    assert system.names() == SERVERS + SERVICES


async def test_the_next_start_ends_what_supervisor_and_guard_left_when_both_were_killed(
    system: System,
) -> None:
    guard = guard_of(system)
    assert guard is not None
    (child,) = psutil.Process(system.pid("executor-1")).children()
    guard.suspend()  # it must not see the end of the supervisor
    await system.kill_supervisor()
    guard.kill()
    assert lives(child.pid)
    await system.start()
    assert not lives(child.pid)


async def test_a_second_ctrl_c_kills_what_does_not_stop(system: System) -> None:
    before = system.said().count("stopping")
    os.kill(system.pid("api"), signal.SIGSTOP)  # it will not hear the request to stop
    os.kill(system.state.supervisor_pid, signal.SIGINT)
    await eventually(lambda: system.said().count("stopping") > before, within=SOON, what="stopping")
    os.kill(system.state.supervisor_pid, signal.SIGINT)
    assert system.supervisor is not None
    assert await asyncio.wait_for(system.supervisor.wait(), SOON.total_seconds()) == 0
    assert system.left() == []


async def test_ctrl_c_during_the_start_leaves_nothing(stage: Stage) -> None:
    for when in ("supervisor.log", "postgres.log", "api.log", "log-writer.log"):
        shutil.rmtree(stage.home / "logs", ignore_errors=True)
        system = stage.system()
        await system.spawn()
        await eventually((stage.home / "logs" / when).exists, within=SOON, what=when)
        assert await system.stop() == 0, when
        assert system.left() == [], when


async def test_a_reader_of_the_screen_that_stops_reading_stops_nothing(stage: Stage) -> None:
    system = stage.system(STAND_IN_LOUD="yes")
    os.mkfifo(system.output)
    reader = os.open(system.output, os.O_RDONLY | os.O_NONBLOCK)  # and nothing is ever read
    try:
        async with system:
            await system.wait_restarted("log-writer", system.kill("log-writer"), within=SOON)
            log = stage.home / "logs" / "log-writer.log"
            assert log.read_text().count("loud") == 2 * LOUD_LINES, "the files have it all"
    finally:
        os.close(reader)
