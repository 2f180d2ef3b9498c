"""The executor is killed in the middle of backups, as early, as late and as often as can be.

What was whole stays whole, what is not whole is never seen under the name of a backup, and the
attempt that follows clears away what the one before has left.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from tests.faults.platform_stage import (
    begin,
    ended,
    platform_stage,
    rows,
    succeeds,
    until,
    until_rows,
)
from tests.faults.stage import Stage
from tests.support.load import RUNS

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

FOLDER = "nightly"
#: So that dump and drill take a second or two each.
BALLAST = """
CREATE TABLE ballast AS
SELECT md5(i::text) AS a, md5((i * 7)::text) AS b, md5((i * 11)::text) AS c
FROM generate_series(1, 300000) AS i
"""
SCRATCH = "SELECT datname FROM pg_database WHERE datname LIKE 'automation\\_drill\\_%'"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one executor, and give it something to carry."""
    async with platform_stage({"AUTOMATION_RUNTIMES": "0"}) as system:
        await rows(system, BALLAST)
        await rows(system, "GRANT SELECT ON ballast TO automation_backup")
        yield system


def place(here: Stage) -> Path:
    return here.system.home / "backups" / FOLDER


def whole(here: Stage) -> dict[str, str]:
    """Return the backups that can be seen, with their digests; each is what it says."""
    found = {}
    for each in place(here).glob("[0-9]*"):
        manifest = json.loads((each / "manifest.json").read_bytes())
        digest = hashlib.sha256((each / manifest["file"]).read_bytes()).hexdigest()
        assert digest == manifest["sha256"], each
        found[each.name] = digest
    return found


def partial(here: Stage) -> list[Path]:
    return list(place(here).glob(".partial-*"))


async def dumping(here: Stage) -> None:
    """Wait until something is written, from now on, of a backup that is not whole."""
    since = time.time()

    async def is_written() -> bool:
        with contextlib.suppress(FileNotFoundError):
            for each in partial(here):
                files = [file.stat() for file in each.glob("*")]
                if any(file.st_size > 0 and file.st_mtime > since for file in files):
                    return True
        return False

    await until(is_written, "a backup is being written", here, poll=0.005)


async def nothing_is_left(here: Stage) -> None:
    """See that no part of a backup, no scratch database and no tool of PostgreSQL is left."""
    assert not partial(here)
    assert not await rows(here, SCRATCH)
    home = str(here.system.home)
    for each in psutil.process_iter(["name", "cmdline"]):
        if each.info["name"] in ("pg_dump", "pg_restore"):
            assert home not in " ".join(each.info["cmdline"] or []), each


async def test_an_executor_is_killed_while_it_dumps_and_while_it_drills(here: Stage) -> None:
    config = {"folder": FOLDER, "compress": 9, "verify": "restore", "keep_last": 5}
    first = await begin(here, "data_backup", config)
    await succeeds(here, first, attempts=1)
    old = whole(here)
    assert len(old) == 1

    run = await begin(here, "data_backup", config)
    for _ in range(2):
        await dumping(here)
        await here.kill("executor-1")
        assert whole(here) == old
    await until_rows(here, SCRATCH, what="it is restored for a trial")
    await here.kill("executor-1")
    result = await succeeds(here, run)

    assert old.items() < whole(here).items()
    assert result["sha256"] in whole(here).values()
    assert result["verified_by"] == "restore"
    await nothing_is_left(here)
    told = await rows(here, "SELECT state, sha256 FROM api.backups ORDER BY started_at")
    assert [row["state"] for row in told] == ["verified"] * 2
    assert {row["sha256"] for row in told} == set(whole(here).values())
    await here.judge("executor, 2 times in a dump and once in its drill")


async def test_what_a_run_that_was_given_up_has_left_is_cleared_away_by_the_next(
    here: Stage,
) -> None:
    old = whole(here)
    config = {"folder": FOLDER, "compress": 9, "keep_last": 5}
    run = await begin(here, "data_backup", config, fails=True)
    await dumping(here)
    await here.kill("executor-1")
    await here.operator.insist("POST", f"{RUNS}/{run}/cancel", json={})
    await ended(here, run)
    assert old.items() <= whole(here).items()

    await succeeds(here, await begin(here, "data_backup", config | {"keep_last": 1}), attempts=1)

    assert len(whole(here)) == 1, "keep_last, and none that is not whole"
    await nothing_is_left(here)
    await here.judge("executor in a dump, the run given up")
