"""The database goes back in time: a backup of a while ago is restored, nothing else is.

The bus, the executors and the world remember what the database has forgotten. Documented is: runs
that were due in the lost window are made up and done again, under the same key as the first time,
so that whoever was called can tell; runs by hand of that window are gone; nobody is upset by a
message or a result of a run that nobody knows.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local import process
from tests.faults.own_postgres import OwnPostgres, away_from_home, own_postgres
from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

#: So much is forgotten, in seconds.
LOST = 12

KNOWN = "SELECT run_id FROM scheduler.occurrences WHERE run_id = ANY($1)"


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


async def back_up(server: OwnPostgres, folder: Path) -> None:
    """Make a base backup, as an operator does."""
    command = process.Command(
        argv=(
            server.unit.binaries["pg_basebackup"],
            *("-D", str(folder), "-d", server.unit.dsn("postgres"), "-X", "stream", "-c", "fast"),
        )
    )
    running = await process.spawn(command, output=asyncio.subprocess.DEVNULL)
    assert await running.wait() == 0


def restore(server: OwnPostgres, backup: Path) -> None:
    """Put it in the place of the cluster, which is stopped."""
    data = server.unit.data
    owner = data.stat()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    for path in (data, *data.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    data.chmod(0o700)


async def forget(here: Stage, since: datetime) -> None:
    """Expect nothing of runs by hand that the database does not know any more."""
    asked = [run for run, at in here.operator.acknowledged.items() if at >= since]
    connection = await here.witness.connect()
    try:
        known = {row["run_id"] for row in await connection.fetch(KNOWN, asked)}
    finally:
        await connection.close()
    here.forgotten |= set(asked) - known
    for run in here.forgotten:
        del here.operator.acknowledged[run]


async def test_a_backup_of_a_while_ago_is_restored(
    here: Stage, server: OwnPostgres, tmp_path: Path
) -> None:
    since = datetime.now(UTC)
    await back_up(server, tmp_path / "backup")
    await here.steady(LOST)
    with here.fault("restored", "postgres"):
        await server.stop()
        restore(server, tmp_path / "backup")
        until = datetime.now(UTC)
        await server.start()
    await here.steady(5)
    await forget(here, since)
    figures = await here.judge(f"restored what was {LOST} s old")

    lost = [each for each in here.witness.sink.effects() if since < each.at < until]
    calls = Counter(each.run_id for each in here.witness.sink.effects())
    again = [each for each in lost if calls[each.run_id] > 1]
    assert figures.twice, "nothing was forgotten"
    assert len(again) > len(lost) / 2, "they were made up under other keys"
    assert here.forgotten, "no run by hand fell into the lost window"
