"""The schema grows by files that are applied in order, once, whoever applies them."""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.postgres import Postgres
from shared.db import migrate as module
from shared.db.migrate import FOLDER, MigrationChanged, current, migrate
from tests.support import servers

SERVICES = {"api", "scheduler", "executor", "log", "notify"}
#: Readers whose schema has another name than they.
SCHEMAS = {"notifier": "notify", "log_writer": "log"}
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"

_numbers = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def empty(postgres_server: Postgres) -> AsyncIterator[str]:
    """Give a database in which nothing is."""
    name = f"empty_{next(_numbers)}"
    await servers.admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    await servers.admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the files that a test may change."""
    copy = tmp_path / "migrations"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(module, "FOLDER", copy)
    return copy


async def names(dsn: str, query: str) -> set[str]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return {row[0] for row in await connection.fetch(query)}
    finally:
        await connection.close(timeout=5)


async def test_any_number_may_migrate_an_empty_database_at_once_and_in_order(empty: str) -> None:
    assert await current(empty) == []

    applied = await asyncio.gather(*(migrate(empty) for _ in range(5)))

    assert sorted(applied, key=len) == [[]] * 4 + [NAMES]
    assert await current(empty) == NAMES
    assert await migrate(empty) == []


async def test_a_file_that_was_applied_may_not_change(database: str, folder: Path) -> None:
    changed = folder / f"{NAMES[1]}.sql"
    changed.write_text(changed.read_text() + "\n-- a harmless remark\n")

    with pytest.raises(MigrationChanged, match=NAMES[1]):
        await migrate(database)


async def test_a_file_that_fails_leaves_nothing_behind_and_may_be_mended(
    database: str, folder: Path
) -> None:
    broken = folder / "9998_pre_broken.sql"
    broken.write_text("CREATE TABLE log.half (id int PRIMARY KEY); SELECT no_such_thing;")
    (folder / "9999_pre_after.sql").write_text("CREATE TABLE log.after (id int PRIMARY KEY);")

    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(database)

    assert await current(database) == NAMES
    broken.write_text("CREATE TABLE log.half (id int PRIMARY KEY);")
    assert await migrate(database) == ["9998_pre_broken", "9999_pre_after"]
    assert await migrate(database) == []


async def test_a_file_that_waits_for_a_table_lets_others_have_their_turn(
    database: str, folder: Path
) -> None:
    (folder / "9998_pre_more.sql").write_text("ALTER TABLE scheduler.jobs ADD COLUMN more text;")
    report, other = [await asyncpg.connect(database, timeout=10) for _ in range(2)]
    try:
        async with report.transaction():
            await report.execute("SELECT FROM scheduler.jobs")
            migrating = asyncio.create_task(migrate(database))
            async with asyncio.timeout(20):
                while not await other.fetchval(WAITING):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.01)

            await other.execute("SET statement_timeout = '4s'; SELECT FROM scheduler.jobs")

            assert not migrating.done()
        assert await migrating == ["9998_pre_more"]
    finally:
        for each in (report, other):
            await each.close(timeout=5)


async def test_every_table_belongs_to_a_service(module_database: str) -> None:
    schemas = await names(
        module_database,
        "SELECT DISTINCT table_schema FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    assert schemas == SERVICES | {"public"}
    assert await names(
        module_database,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    ) == {"schema_migrations"}


async def test_every_table_has_a_primary_key(module_database: str) -> None:
    assert not await names(
        module_database,
        "SELECT c.oid::regclass::text FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname = ANY('{api,scheduler,executor,log,notify}')"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')",
    )


async def test_a_view_is_named_for_its_reader(module_database: str) -> None:
    views = await names(
        module_database,
        "SELECT table_schema || '.' || table_name FROM information_schema.views"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    for view in views:
        owner, name = view.split(".")
        reader = name.removesuffix("_migrations")
        if reader != name:  # of a table that is nobody's: each service has a view in its own schema
            assert SCHEMAS.get(reader, reader) == owner, view
            continue
        reader = "log_writer" if name.startswith("log_writer_") else name.split("_", 1)[0]
        assert SCHEMAS.get(reader, reader) in SERVICES - {owner}, view


async def test_no_service_refers_to_a_table_of_another(module_database: str) -> None:
    """A foreign key across schemas would make one service's deletes wait for another's."""
    assert not await names(
        module_database,
        "SELECT conname FROM pg_constraint f JOIN pg_class a ON a.oid = f.conrelid"
        " JOIN pg_class b ON b.oid = f.confrelid"
        " WHERE f.contype = 'f' AND a.relnamespace <> b.relnamespace",
    )


def test_files_are_numbered_and_say_when_they_may_run() -> None:
    matches = [re.fullmatch(r"(\d{4})_(pre|post)_[a-z0-9_]+", name) for name in NAMES]

    assert [match and int(match[1]) for match in matches] == list(range(1, len(NAMES) + 1))
