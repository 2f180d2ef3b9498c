"""A keeper starts what is wanted, once, and nothing else, whenever it comes."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from deploy.local import leftovers
from services.account_runtime import keeper, keepers
from services.account_runtime.outcome import Ended
from tests.integration.account_runtime.place import Place, eventually, marked

SLEEP = ["/bin/sleep", "600"]


def want(place: Place, token: str, argv: list[str]) -> Path:
    """Write what a runtime writes before it starts a keeper."""
    folder = place.folder(uuid4())
    (folder / "home").mkdir(parents=True)
    run = {
        "token": token,
        "argv": argv,
        "env": keepers.environment(folder),
        "log_bytes": 10_000,
    }
    (folder / "account.json").write_text(json.dumps({"run": run}))
    return folder


async def keep(folder: Path, token: str) -> int:
    """Run a keeper to its end."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", keeper.__file__, str(folder), token),
        env=keepers.environment(folder),
    )
    return await asyncio.wait_for(running.wait(), 20)


def programs(folder: Path) -> list[psutil.Process]:
    return [each for each in marked(str(folder)) if each.cmdline() == SLEEP]


async def test_the_end_of_a_program_is_known_whoever_asks(place: Place) -> None:
    ends = {
        "exit 0": Ended(code=0),
        "exit 77": Ended(code=77),
        "kill -9 $$": Ended(signal="SIGKILL"),
    }
    for script, ended in ends.items():
        folder = want(place, "t", ["/bin/sh", "-c", script])
        assert await keep(folder, "t") == keeper.ENDED
        assert keepers.how_ended(folder, "t") == ended
        assert keepers.how_ended(folder, "another") is None


async def test_a_keeper_that_comes_late_starts_nothing(place: Place) -> None:
    superseded = want(place, "new", SLEEP)
    assert await keep(superseded, "old") == keeper.NOT_WANTED
    assert await keepers.find(superseded, "new") is None  # a runtime looked, and nobody was there
    assert await keep(superseded, "new") == keeper.NOT_WANTED
    assert keepers.how_ended(superseded, "new") == Ended(unseen=True)
    assert programs(superseded) == []


async def test_there_is_one_keeper_at_a_time_and_it_is_found_or_ended(place: Place) -> None:
    folder = want(place, "t", SLEEP)
    first = keepers.start(folder, "t")
    await eventually(lambda: programs(folder), "its program")
    assert await keep(folder, "t") == keeper.TAKEN
    assert len(programs(folder)) == 1

    found = await keepers.find(folder, "t")
    assert found is not None
    assert found.program() == first.program()
    assert [found.program()] == [(each.pid,) for each in programs(folder)]
    found.close()

    gone = asyncio.Event()
    first.watch(gone.set)
    assert await keepers.find(folder, "another") is None
    await asyncio.wait_for(gone.wait(), 20)
    assert programs(folder) == []
    first.close()


async def test_accounts_outlive_the_runtime_of_a_local_system_but_not_the_system(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(leftovers.MARK, str(place.home))
    monkeypatch.setenv("AUTOMATION_INSTANCE", "account-runtime")
    folder = want(place, "t", SLEEP)
    started = keepers.start(folder, "t")
    await eventually(lambda: programs(folder), "its program")
    # So the supervisor sweeps up after a runtime that has ended, and after itself.
    assert await asyncio.to_thread(leftovers.end, place.home, instance="account-runtime") == []
    assert len(programs(folder)) == 1
    assert len(await asyncio.to_thread(leftovers.end, place.home)) == 2
    assert place.everything() == []
    started.close()
