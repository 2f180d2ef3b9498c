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
from typer.testing import CliRunner, Result

from deploy import backup_desk as desk
from deploy.backup_cli import app
from deploy.local.postgres import Postgres
from services.executor.actions.data_backup import DataBackup
from shared.contracts.action import ActionFailed
from tests.integration.actions.backup_place import (
    KEY,
    Made,
    connection,
    fill,
    fresh_key,
    next_run,
    params,
)
from tests.support import servers
from tests.support.context import RecordingContext
from tests.support.system import CHECKOUT


@pytest_asyncio.fixture(loop_scope="session")
async def target(postgres_server: Postgres) -> AsyncIterator[str]:
    """Give an empty database."""
    name = f"target_{uuid4().hex[:8]}"
    await servers.admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    await servers.admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def context(small_database: str, tmp_path: Path) -> RecordingContext:
    return RecordingContext(
        database_url=small_database, home=tmp_path, secrets={"key": fresh_key()}
    )


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


async def backup(*words: str, home: Path) -> Result:
    """Carry out the command in this process: its exit code, and what it printed."""

    def invoke() -> Result:
        return CliRunner().invoke(app, words, env={"AUTOMATION_HOME": str(home)})

    return await asyncio.to_thread(invoke)


async def in_a_process(*words: str, home: Path) -> tuple[int, str]:
    """Carry out the command as people do; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "backup", *words),
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "AUTOMATION_HOME": str(home)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_the_command_restores_an_encrypted_backup_and_refuses_to_do_it_twice(
    context: RecordingContext, sealed_backup: Made, target: str
) -> None:
    name = sealed_backup.lie_in(context)
    key_file = context.home / "key.txt"
    key_file.write_text(sealed_backup.context.secrets["key"])
    words = ("restore", "latest", "--to", target, "--key-file", str(key_file))

    done = await backup(*words, home=context.home)
    assert done.exit_code == 0, done.output
    assert "restored 1,000 rows in 1 tables, as many as were backed up" in done.stderr
    assert await rows(target) == 1000

    assert (await backup("list", home=context.home)).stdout.startswith(name)
    done = await backup("verify", "--key-file", str(key_file), home=context.home)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "good: the rows of 1 tables are in it"

    code, said = await in_a_process(*words, home=context.home)
    assert code == 1
    assert "--into-nonempty" in said
    assert "Traceback" not in said
    assert said.startswith(name)
    assert "verified by manifest encrypted" in said


async def test_what_is_there_is_replaced_only_if_told(
    context: RecordingContext, plain_backup: Made, target: str
) -> None:
    await fill(target, rows=5)
    plain_backup.lie_in(context)

    with pytest.raises(desk.CannotRestore, match="nothing was changed"):
        await restored(context, target)
    assert await rows(target) == 5
    async with connection(target):
        with pytest.raises(desk.CannotRestore, match="Stop the services first"):
            await restored(context, target, into_nonempty=True)
    await restored(context, target, into_nonempty=True)

    assert await rows(target) == 1000


async def test_a_damaged_backup_changes_nothing(
    context: RecordingContext, plain_backup: Made, target: str
) -> None:
    plain_backup.lie_in(context)
    (file,) = (context.home / "backups" / "system").glob("*/database.dump")
    file.write_bytes(file.read_bytes()[:-1] + b"?")

    with pytest.raises(desk.CannotRestore, match="damaged"):
        await restored(context, target)

    async with connection(target) as db:
        assert await db.fetchval("SELECT to_regclass('precious')") is None


async def test_without_the_key_or_with_a_wrong_one_it_says_so(
    context: RecordingContext, sealed_backup: Made, target: str
) -> None:
    sealed_backup.lie_in(context)

    with pytest.raises(ActionFailed, match="there is no key"):
        await restored(context, target)
    with pytest.raises(ActionFailed, match="cannot be decrypted"):
        await restored(context, target, key=str(pyrage.x25519.Identity.generate()))


async def test_roles_that_are_missing_here_do_not_stop_it(
    context: RecordingContext, postgres_server: Postgres, target: str
) -> None:
    await servers.admin(postgres_server, "CREATE ROLE gone_soon")
    await fill(context.database_url)
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
    await fill(context.database_url)
    await DataBackup().run(params(format="directory", **KEY), context)
    said: list[str] = []

    async with desk.places(where(context)) as places:
        place, backup = desk.choose(await desk.everything(places), desk.LATEST)
        await desk.verify(place, backup, key=context.secrets["key"], work=None, say=said.append)

    assert said[-1] == "good: the rows of 1 tables are in it"


async def test_the_one_that_is_meant_is_found_or_asked_for(
    context: RecordingContext, plain_backup: Made
) -> None:
    plain_backup.lie_in(context)
    await DataBackup().run(params(), next_run(context))

    async with desk.places(where(context)) as places:
        backups = await desk.everything(places)
    assert desk.choose(backups, desk.LATEST) == backups[1]
    assert desk.choose(backups, plain_backup.data["backup_id"]) == backups[0]
    assert desk.choose(backups, backups[1][1].name) == backups[1]
    for unclear in ("2", "nothing"):
        with pytest.raises(desk.CannotRestore, match="see `list`"):
            desk.choose(backups, unclear)
    with pytest.raises(desk.CannotRestore, match="no folder"):
        async with desk.places(desk.Where(folder=context.home / "x")):
            pass
