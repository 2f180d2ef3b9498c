"""A database and its keys go into a backup and out of it, into a database that lies elsewhere."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy import backup_desk as desk
from deploy.backup_desk import CannotRestore
from deploy.local.postgres import Postgres
from deploy.system_backup import keys, making, restoring
from deploy.system_backup.making import NotBackedUp
from services.executor.actions.data_backup.places import Backup, Place
from shared.db import migrate
from shared.runtime.secret_box import SecretBox, new_key
from tests.operations.rows import Old
from tests.support import servers

GENERATION = 7
SECRET = b"what nobody may see"

_numbers = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def empty(postgres_server: Postgres) -> AsyncIterator[str]:
    """Give a database in which nothing is."""
    name = f"restored_{next(_numbers)}"
    await servers.admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    await servers.admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


class Shop:
    """A system to back up, and where its backups go."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.home, self.key_file = folder / "home", folder / "backup.key"
        self.where = desk.Where(folder=folder / "backups")
        self.home.mkdir()
        (self.home / "secret-key").write_text(f"{new_key()}\n")
        self.public = keys.new_key(self.key_file)
        self.said: list[str] = []

    @property
    def box(self) -> SecretBox:
        """What seals the secrets."""
        return SecretBox.parse((self.home / "secret-key").read_text())

    async def fill(self) -> None:
        """Put in what must come back, and what must be mended."""
        connection = await asyncpg.connect(self.database, timeout=10)
        old = Old(connection, datetime.now(UTC))
        for days in range(3):
            await old.run(days)
        await connection.execute(
            "INSERT INTO api.secrets (name, sealed, key_id) VALUES ('alpha', $1, $2)",
            self.box.seal(SECRET, owner="secret:alpha"),
            self.box.key_id,
        )
        await connection.execute(
            "INSERT INTO api.accounts (id, account_id, display_name, generation)"
            " VALUES ($1, 'one', 'One', $2)",
            uuid4(),
            GENERATION,
        )
        # As of a server that has seen far more transactions than the next one.
        await connection.execute(
            "INSERT INTO api.trigger_changes VALUES ($1, 1, now(), '9999999999'::xid8)", uuid4()
        )
        await connection.close(timeout=5)

    async def back_up(self) -> Backup:
        """Make a backup."""
        source = making.Source(database_url=self.database, home=self.home, keys_folder=None)
        return await making.back_up(
            source, self.where, [self.public], work=None, say=self.said.append
        )

    async def restore(self, target: str, into: Path) -> None:
        """Restore the latest one."""
        async with desk.places(self.where) as places:
            place, backup = desk.choose(await desk.everything(places), "latest")
            await self.restore_this(place, backup, target, into)

    async def restore_this(self, place: Place, backup: Backup, target: str, into: Path) -> None:
        """Restore this one."""
        await restoring.restore(
            *(place, backup),
            target_url=target,
            key=self.key_file.read_text(),
            keys_into=into,
            work=None,
            jobs=1,
            say=self.said.append,
        )


@pytest_asyncio.fixture(loop_scope="session")
async def shop(database: str, tmp_path: Path) -> Shop:
    """Give a system with something in it."""
    made = Shop(database, tmp_path)
    await made.fill()
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def saved(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give a system of which there is a backup."""
    made = Shop(module_database, tmp_path_factory.mktemp("saved"))
    await made.fill()
    await made.back_up()
    return made


async def test_everything_comes_back_and_what_went_back_in_time_is_mended(
    saved: Shop, empty: str, tmp_path: Path
) -> None:
    await saved.restore(empty, tmp_path)

    connection = await asyncpg.connect(empty, timeout=10)
    try:
        assert await connection.fetchval("SELECT count(*) FROM log.runs") == 3
        assert await connection.fetchval("SELECT count(*) FROM log.lines") == 3
        box = SecretBox.parse((tmp_path / "secret-key").read_text())
        sealed = await connection.fetchval("SELECT sealed FROM api.secrets")
        assert box.open(sealed, owner="secret:alpha") == SECRET
        assert await connection.fetchval("SELECT generation FROM api.accounts") > GENERATION
        assert await connection.fetchval(
            "SELECT revision <= pg_current_xact_id() FROM api.trigger_changes"
        )
    finally:
        await connection.close(timeout=5)
    assert await migrate.migrate(empty) == []


async def test_a_second_restore_is_above_the_first(saved: Shop, empty: str, tmp_path: Path) -> None:
    await saved.restore(empty, tmp_path)
    connection = await asyncpg.connect(empty, timeout=10)
    first = await connection.fetchval("SELECT generation FROM api.accounts")
    await connection.execute(
        "DROP SCHEMA api, scheduler, executor, log, notify, public CASCADE; CREATE SCHEMA public"
    )
    await connection.close(timeout=5)

    await saved.restore(empty, tmp_path)

    connection = await asyncpg.connect(empty, timeout=10)
    assert await connection.fetchval("SELECT generation FROM api.accounts") > first
    await connection.close(timeout=5)


async def test_a_restore_that_was_killed_before_mending_is_finished(
    saved: Shop, empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    saved.said.clear()
    with monkeypatch.context() as killed:
        killed.setattr(restoring, "finish", _killed)
        with pytest.raises(asyncio.CancelledError):
            await saved.restore(empty, tmp_path)
    assert any("automation system mend" in said for said in saved.said), "who is killed was told"

    await restoring.resume(empty, say=saved.said.append)

    connection = await asyncpg.connect(empty, timeout=10)
    try:
        assert await connection.fetchval("SELECT generation FROM api.accounts") > GENERATION
        await connection.execute(
            "INSERT INTO executor.executors (executor_id, instance, host, slots, actions, queues)"
            " VALUES ($1, 'one', 'here', 1, '{}', '{}')",
            uuid4(),
        )
    finally:
        await connection.close(timeout=5)
    with pytest.raises(restoring.NotRestored, match="at work"):
        await restoring.resume(empty, say=saved.said.append)


async def _killed(_: str, **__: object) -> None:
    raise asyncio.CancelledError


async def test_a_database_that_holds_something_is_left_alone(saved: Shop, tmp_path: Path) -> None:

    with pytest.raises(CannotRestore, match="nothing was changed"):
        await saved.restore(saved.database, tmp_path)

    assert not (tmp_path / "secret-key").exists()


async def test_keys_that_are_others_are_not_overwritten(
    saved: Shop, empty: str, tmp_path: Path
) -> None:
    (tmp_path / "secret-key").write_text(other := f"{new_key()}\n")

    with pytest.raises(keys.KeysRefused, match="is another one"):
        await saved.restore(empty, tmp_path)

    assert (tmp_path / "secret-key").read_text() == other


async def test_a_backup_of_newer_code_is_refused(
    saved: Shop, empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "older").mkdir()
    monkeypatch.setattr(migrate, "FOLDER", tmp_path / "older")

    with pytest.raises(restoring.NotRestored, match="newer than this code"):
        await saved.restore(empty, tmp_path)


async def test_secrets_that_nobody_could_open_are_no_backup(shop: Shop) -> None:
    (shop.home / "secret-key").write_text(f"{new_key()}\n")

    with pytest.raises(NotBackedUp, match="is not here"):
        await shop.back_up()

    assert not list(shop.where.folder.glob("2*"))


async def test_keys_are_never_saved_unencrypted(saved: Shop) -> None:
    with pytest.raises(keys.KeysRefused, match="--encrypt-to"):
        keys.seal({"secret-key": "x"}, [])

    (backup,) = saved.where.folder.glob("2*")
    secret = (saved.home / "secret-key").read_text().strip().rpartition(":")[2]
    for file in backup.iterdir():
        assert secret.encode() not in file.read_bytes()
        assert SECRET not in file.read_bytes()


def test_a_key_that_is_changed_meanwhile_is_in_it_both_ways() -> None:
    before, after = {"secret-key": "a:1\nb:2\n"}, {"secret-key": "c:3\na:1\n"}

    assert keys.united(before, after)["secret-key"] == "c:3\na:1\nb:2\n"


def test_no_name_of_a_file_leads_out_of_the_folder(tmp_path: Path) -> None:
    public = keys.new_key(tmp_path / "key")
    sealed = keys.seal({"../evil": "x"}, [public])

    with pytest.raises(keys.KeysRefused):
        keys.unseal(sealed, (tmp_path / "key").read_text())


def test_half_of_the_keys_is_not_left_behind(tmp_path: Path) -> None:
    unwritable = {"nats-api.seed": "one", "secret-key": "\ud800"}

    with pytest.raises(UnicodeEncodeError):
        keys.lay_out(unwritable, tmp_path)

    assert list(tmp_path.iterdir()) == []
