"""What tests of backups share: a small database, and backups of it that lie there already."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pyrage

from services.executor.actions.data_backup import DataBackup, DataBackupParams
from tests.support.context import RecordingContext

DUMP = "database.dump"
ROWS = 1000
#: Parameters that name the secret with which backups are encrypted here.
KEY: dict[str, Any] = {"key_secret": "key"}


@dataclass(frozen=True)
class Made:
    """A home with one backup of a table of `ROWS` rows, made once for all tests."""

    context: RecordingContext
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        name: str = self.data["path"].removeprefix("system/")
        return name

    def lie_in(self, context: RecordingContext) -> str:
        """Let a copy of it lie in the home of a test; return its name."""
        here = context.home / "backups"
        shutil.copytree(self.context.home / "backups", here, symlinks=True)
        return self.name


async def made(database: str, home: Path, key: str, **given: object) -> Made:
    """Make a backup to be copied; leave the database empty again."""
    context = RecordingContext(database_url=database, home=home, secrets={"key": key})
    await fill(database)
    outcome = await DataBackup().run(params(**given), context)
    await empty(database)
    return Made(context, outcome.data)


def fresh_key() -> str:
    """Return a secret key of age."""
    return str(pyrage.x25519.Identity.generate())


def next_run(context: RecordingContext) -> RecordingContext:
    """Return the context of another run of the same task."""
    return RecordingContext(
        database_url=context.database_url,
        home=context.home,
        secrets=context.secrets,
        egress_allow=context.egress_allow,
    )


def in_another_process(context: RecordingContext, **more: str) -> dict[str, str]:
    """Return what `doomed.py` needs to make this backup in a process of its own."""
    return {
        "DATABASE": context.database_url,
        "HOME_FOLDER": str(context.home),
        "RUN": str(context.run_id),
        "OUTPUT": str(context.home / "output"),
        **more,
    }


def params(**given: object) -> DataBackupParams:
    return DataBackupParams.model_validate(given)


def names(context: RecordingContext, folder: str = "system") -> list[str]:
    """Return what lies in a folder of backups, without its lock."""
    return sorted(
        p.name for p in (context.home / "backups" / folder).iterdir() if p.name != ".lock"
    )


@asynccontextmanager
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    made = await asyncpg.connect(database)
    try:
        yield made
    finally:
        await made.close()


async def fill(database: str, table: str = "precious", rows: int = ROWS) -> None:
    async with connection(database) as db:
        await db.execute(f"CREATE TABLE {table} (n int PRIMARY KEY, text text)")
        await db.execute(
            f"INSERT INTO {table} SELECT n, '備份' || sha256(n::text::bytea)::text "  # noqa: S608
            f"FROM generate_series(1, {rows}) n"
        )


async def empty(database: str) -> None:
    """Leave nothing in it."""
    async with connection(database) as db:
        await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@asynccontextmanager
async def dump_held_up(database: str) -> AsyncIterator[asyncio.Event]:
    """Let pg_dump wait at a locked table; the event is set when it does."""
    waiting = asyncio.Event()

    async def watch() -> None:
        async with connection(database) as db:
            while not await db.fetchval(  # noqa: ASYNC110 - the server cannot tell by itself
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database() AND application_name = 'automation data_backup'"
            ):
                await asyncio.sleep(0.01)
        waiting.set()

    async with connection(database) as db, db.transaction():
        await db.execute("LOCK TABLE precious IN ACCESS EXCLUSIVE MODE")
        watching = asyncio.create_task(watch())
        try:
            yield waiting
        finally:
            watching.cancel()
