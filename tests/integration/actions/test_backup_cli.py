"""`automation backup`: what an operator does when nothing else runs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pyrage
import pytest
import pytest_asyncio

from deploy import backup_desk as desk
from deploy.local.postgres import Postgres
from services.executor.actions.data_backup import DataBackup
from shared.contracts.action import ActionFailed
from tests.integration.actions.test_data_backup import ROOT, connection, fill, next_run, params
from tests.support import servers
from tests.support.context import RecordingContext

KEY = {"key_secret": "key"}


@pytest_asyncio.fixture(loop_scope="session")
async def target(postgres_server: Postgres) -> AsyncIterator[str]:
    """Give an empty database."""
    name = f"target_{uuid4().hex[:8]}"
    await servers.admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    await servers.admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(loop_scope="session")
async def context(small_database: str, tmp_path: Path) -> RecordingContext:
    await fill(small_database)
    key = str(pyrage.x25519.Identity.generate())
    return RecordingContext(database_url=small_database, home=tmp_path, secrets={"key": key})


def where(context: RecordingContext) -> desk.Where:
    return desk.Where(folder=context.home / "backups" / "system")


async def restored(
    context: RecordingContext, target: str, *, key: str | None = None, into_nonempty: bool = False
) -> list[str]:
    """Restore the latest backup; return what was said."""
    said: list[str] = []
    async with desk.places(where(context)) as places:
        place, backup = desk.choose(await desk.everything(places), desk.LATEST)
        await desk.restore(
            *(place, backup, target),
            key=key,
            work=None,
            jobs=1,
            into_nonempty=into_nonempty,
            say=said.append,
        )
    return said


async def rows(database: str) -> int:
    async with connection(database) as db:
        count: int = await db.fetchval("SELECT count(*) FROM precious")
    return count


async def automation(*words: str, home: Path) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", *words),
        env={**os.environ, "PYTHONPATH": str(ROOT), "AUTOMATION_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command_restores_an_encrypted_backup_and_refuses_to_do_it_twice(
    context: RecordingContext, target: str
) -> None:
    made = await DataBackup().run(params(**KEY, compression="zstd"), context)
    key_file = context.home / "key.txt"
    key_file.write_text(context.secrets["key"])
    words = ("backup", "restore", "latest", "--to", target, "--key-file", str(key_file))

    code, _, said = await automation(*words, home=context.home)
    assert code == 0, said
    assert "restored 1,000 rows in 1 tables, as many as were backed up" in said
    assert await rows(target) == 1000

    _, listed, _ = await automation("backup", "list", home=context.home)
    assert listed.startswith(made.data["path"].removeprefix("system/"))
    code, _, said = await automation(
        *("backup", "verify", "--key-file", str(key_file)), home=context.home
    )
    assert (code, said.splitlines()[-1]) == (0, "good: the rows of 1 tables are in it")

    again, _, said = await automation(*words, home=context.home)
    assert again == 1
    assert "--into-nonempty" in said
    assert "Traceback" not in said
    assert said.startswith(made.data["path"].removeprefix("system/"))
    assert "verified by manifest encrypted" in said


async def test_what_is_there_is_replaced_only_if_told(
    context: RecordingContext, target: str
) -> None:
    await fill(target, rows=5)
    await DataBackup().run(params(), context)

    with pytest.raises(desk.CannotRestore, match="nothing was changed"):
        await restored(context, target)
    assert await rows(target) == 5
    async with connection(target):
        with pytest.raises(desk.CannotRestore, match="Stop the services first"):
            await restored(context, target, into_nonempty=True)
    await restored(context, target, into_nonempty=True)

    assert await rows(target) == 1000


async def test_a_damaged_backup_changes_nothing(context: RecordingContext, target: str) -> None:
    await DataBackup().run(params(), context)
    (file,) = (context.home / "backups" / "system").glob("*/database.dump")
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    with pytest.raises(desk.CannotRestore, match="damaged"):
        await restored(context, target)

    async with connection(target) as db:
        assert await db.fetchval("SELECT to_regclass('precious')") is None


async def test_without_the_key_or_with_a_wrong_one_it_says_so(
    context: RecordingContext, target: str
) -> None:
    await DataBackup().run(params(**KEY), context)

    with pytest.raises(ActionFailed, match="there is no key"):
        await restored(context, target)
    with pytest.raises(ActionFailed, match="cannot be decrypted"):
        await restored(context, target, key=str(pyrage.x25519.Identity.generate()))


async def test_roles_that_are_missing_here_do_not_stop_it(
    context: RecordingContext, postgres_server: Postgres, target: str
) -> None:
    await servers.admin(postgres_server, "CREATE ROLE gone_soon")
    async with connection(context.database_url) as db:
        await db.execute("ALTER TABLE precious OWNER TO gone_soon")
    await DataBackup().run(params(), context)
    async with connection(context.database_url) as db:
        await db.execute("REASSIGN OWNED BY gone_soon TO CURRENT_USER")
    await servers.admin(postgres_server, "DROP ROLE gone_soon")

    said = await restored(context, target)

    assert any("there is no role gone_soon here" in line for line in said)
    assert await rows(target) == 1000


async def test_a_backup_is_checked_without_a_server(context: RecordingContext) -> None:
    await DataBackup().run(params(format="directory", **KEY), context)
    said: list[str] = []

    async with desk.places(where(context)) as places:
        place, backup = desk.choose(await desk.everything(places), desk.LATEST)
        await desk.verify(place, backup, key=context.secrets["key"], work=None, say=said.append)

    assert said[-1] == "good: the rows of 1 tables are in it"


async def test_the_one_that_is_meant_is_found_or_asked_for(context: RecordingContext) -> None:
    first = await DataBackup().run(params(), context)
    await DataBackup().run(params(), next_run(context))

    async with desk.places(where(context)) as places:
        backups = await desk.everything(places)
    assert desk.choose(backups, desk.LATEST) == backups[1]
    assert desk.choose(backups, first.data["backup_id"]) == backups[0]
    assert desk.choose(backups, backups[1][1].name) == backups[1]
    for unclear in ("2", "nothing"):
        with pytest.raises(desk.CannotRestore, match="see `list`"):
            desk.choose(backups, unclear)
    with pytest.raises(desk.CannotRestore, match="no folder"):
        async with desk.places(desk.Where(folder=context.home / "x")):
            pass
