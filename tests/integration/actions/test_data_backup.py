"""Backups of a real PostgreSQL: they can be restored, and no mishap costs an old one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
import pytest

from deploy.local.postgres import Postgres
from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackup, DataBackupParams
from services.executor.actions.data_backup.places import MANIFEST, Manifest
from shared.contracts.action import ActionFailed
from tests.support import servers
from tests.support.context import RecordingContext

ROOT = Path(__file__).parents[3]
DUMP = "database.dump"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

IN_ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from services.executor.actions.data_backup import DataBackup, DataBackupParams
from tests.support.context import RecordingContext

context = RecordingContext(
    database_url=sys.argv[1], home=Path(sys.argv[2]), run_id=UUID(sys.argv[3])
)
asyncio.run(DataBackup().run(DataBackupParams(), context))
"""


@pytest.fixture
def context(small_database: str, tmp_path: Path) -> RecordingContext:
    return RecordingContext(database_url=small_database, home=tmp_path)


def next_run(context: RecordingContext) -> RecordingContext:
    """Return the context of another run of the same task."""
    return RecordingContext(
        database_url=context.database_url, home=context.home, secrets=context.secrets
    )


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


async def fill(database: str, table: str = "precious", rows: int = 1000) -> None:
    async with connection(database) as db:
        await db.execute(f"CREATE TABLE {table} (n int PRIMARY KEY, text text)")
        await db.execute(
            f"INSERT INTO {table} SELECT n, '備份' || sha256(n::text::bytea)::text "  # noqa: S608
            f"FROM generate_series(1, {rows}) n"
        )


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


async def test_a_backup_can_be_restored(
    context: RecordingContext, postgres_server: Postgres, tmp_path: Path
) -> None:
    await fill(context.database_url)

    outcome = await DataBackup().run(params(), context)

    folder = tmp_path / "backups" / outcome.data["path"]
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    dump = folder / DUMP
    assert outcome.data["backup_completed"] is True
    assert outcome.data["size"] == manifest.size == dump.stat().st_size
    assert manifest.sha256 == hashlib.sha256(dump.read_bytes()).hexdigest()
    assert (manifest.run_id, manifest.id) == (context.run_id, folder.name)
    assert names(context) == [folder.name]
    assert dump.stat().st_mode & 0o077 == 0
    await servers.admin(postgres_server, "CREATE DATABASE scratch")
    try:
        await _restore(postgres_server.dsn("scratch"), dump)
        query = "SELECT count(*), md5(string_agg(text, '' ORDER BY n)) FROM precious"
        async with connection(context.database_url) as db:
            original = await db.fetchrow(query)
        async with connection(postgres_server.dsn("scratch")) as db:
            assert await db.fetchrow(query) == original
    finally:
        await servers.admin(postgres_server, "DROP DATABASE scratch WITH (FORCE)")


async def _restore(database: str, dump: Path) -> None:
    source = postgres_tools.source_of(database)
    tools = await postgres_tools.choose(source)
    restoring = await asyncio.create_subprocess_exec(
        *(tools["pg_restore"], "--exit-on-error", f"--dbname={source.address}", str(dump)),
        env=dict(source.env),
    )
    assert await restoring.wait() == 0


def arguments_of_children() -> list[str]:
    """Return the command lines of all that run; whoever has just ended has none any more."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            found.append(" ".join(child.cmdline()))
    return found


async def test_the_password_is_in_no_argument(context: RecordingContext) -> None:
    await fill(context.database_url)
    password = postgres_tools.source_of(context.database_url).env["PGPASSWORD"]

    async with dump_held_up(context.database_url) as waiting:
        running = asyncio.create_task(DataBackup().run(params(), context))
        await waiting.wait()
        arguments = arguments_of_children()
        running.cancel()
        await asyncio.wait({running})

    assert any("pg_dump" in line for line in arguments)
    assert not any(password in line for line in arguments)
    assert password not in context.text


async def test_a_second_attempt_finds_the_backup(context: RecordingContext) -> None:
    first = await DataBackup().run(params(), context)
    second = await DataBackup().run(params(), context.another_attempt())

    assert len(names(context)) == 1
    assert second.data["noop"] is True
    assert second.data["sha256"] == first.data["sha256"]


async def test_the_newest_stay(context: RecordingContext) -> None:
    noon = iter(NOON + timedelta(seconds=n) for n in range(100))
    action = DataBackup(now=lambda: next(noon))
    made = []
    for _ in range(4):
        outcome = await action.run(params(keep_last=2), next_run(context))
        made.append(outcome.data["path"].removeprefix("system/"))

    assert names(context) == made[2:]
    assert outcome.data["deleted"] == [made[1]]


async def test_a_clock_that_went_back_does_not_cost_the_newest(context: RecordingContext) -> None:
    await DataBackup(now=lambda: NOON).run(params(keep_last=1), context)
    outcome = await DataBackup(now=lambda: NOON - timedelta(days=9)).run(
        params(keep_last=1), next_run(context)
    )

    assert names(context) == [outcome.data["path"].removeprefix("system/")]


async def test_what_is_no_backup_is_left_alone(context: RecordingContext) -> None:
    folder = context.home / "backups" / "system"
    strange = folder / f"20250101T000000Z-{uuid4()}"  # no manifest in it
    strange.mkdir(parents=True)
    (folder / "notes.txt").write_text("by hand")

    await DataBackup().run(params(keep_last=1), context)

    assert {strange.name, "notes.txt"} < set(names(context))


async def test_a_shrunken_backup_is_noticed(context: RecordingContext) -> None:
    await fill(context.database_url, rows=20_000)
    await DataBackup().run(params(), context)
    async with connection(context.database_url) as db:
        await db.execute("TRUNCATE precious")
    second = next_run(context)

    await DataBackup().run(params(), second)

    assert [line for level, line in second.lines if level == "warning"]


async def test_tables_can_be_left_empty(context: RecordingContext) -> None:
    await fill(context.database_url)
    full = await DataBackup().run(params(), context)
    without = await DataBackup().run(
        params(folder="small", exclude_tables=["public.prec*"]), next_run(context)
    )

    assert without.data["tables"] == full.data["tables"] - 1
    assert without.data["path"].startswith("small/")


async def test_a_failure_keeps_the_old_one_and_leaves_no_half(context: RecordingContext) -> None:
    await DataBackup().run(params(), context)
    before = names(context)
    failing = next_run(context)
    failing.database_url = context.database_url.replace("?", "_missing?")

    with pytest.raises(ActionFailed, match="does not exist") as caught:
        await DataBackup().run(params(keep_last=1), failing)

    assert not caught.value.permanent
    assert names(context) == before


async def test_cancelling_ends_pg_dump_and_leaves_no_half(context: RecordingContext) -> None:
    await fill(context.database_url)
    first = await DataBackup().run(params(), context)

    async with dump_held_up(context.database_url) as waiting:
        running = asyncio.create_task(DataBackup().run(params(keep_last=1), next_run(context)))
        await waiting.wait()
        children = psutil.Process().children(recursive=True)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert not [each for each in children if each.is_running() and "pg_dump" in each.name()]
    assert names(context) == [first.data["path"].removeprefix("system/")]


async def test_killing_the_executor_ends_pg_dump_too(context: RecordingContext) -> None:
    await fill(context.database_url)
    first = await DataBackup().run(params(), context)
    run = next_run(context)

    async with dump_held_up(context.database_url) as waiting:
        executor = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", IN_ANOTHER_PROCESS),
            *(context.database_url, str(context.home), str(run.run_id)),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        await waiting.wait()
        started = psutil.Process(executor.pid).children(recursive=True)
        executor.send_signal(signal.SIGKILL)
        await executor.wait()
        for each in started:
            await asyncio.to_thread(each.wait, 10)

    kept = first.data["path"].removeprefix("system/")
    assert names(context) == [f".partial-{run.run_id}", kept]
    outcome = await DataBackup().run(params(), run.another_attempt())
    assert names(context) == sorted([kept, outcome.data["path"].removeprefix("system/")])


async def test_what_a_dead_run_left_is_cleared_away_by_the_next(context: RecordingContext) -> None:
    left = context.home / "backups" / "system" / f".partial-{uuid4()}"
    left.mkdir(parents=True)

    await DataBackup().run(params(), context)

    assert not left.exists()


async def test_two_at_once_both_succeed(context: RecordingContext) -> None:
    other = next_run(context)
    outcomes = await asyncio.gather(
        DataBackup().run(params(), context), DataBackup().run(params(), other)
    )

    assert names(context) == sorted(o.data["path"].removeprefix("system/") for o in outcomes)
    assert "waiting for its end" in context.text + other.text


async def test_the_same_run_twice_at_once_makes_one_backup(context: RecordingContext) -> None:
    outcomes = await asyncio.gather(
        DataBackup().run(params(), context), DataBackup().run(params(), context.another_attempt())
    )

    assert len(names(context)) == 1
    assert sorted(outcome.data["noop"] for outcome in outcomes) == [False, True]


@pytest.mark.parametrize("folder", ["system", "每日/備份", "a/b/c", "it's $(here)", "a;rm -rf b"])
async def test_odd_but_harmless_folders_work(context: RecordingContext, folder: str) -> None:
    outcome = await DataBackup().run(params(folder=folder), context)

    assert (context.home / "backups" / outcome.data["path"] / DUMP).is_file()


async def test_no_link_leads_out(context: RecordingContext, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "system").symlink_to(outside)

    with pytest.raises(ActionFailed) as caught:
        await DataBackup().run(params(), context)

    assert caught.value.permanent
    assert list(outside.iterdir()) == []


async def test_without_a_usable_client_it_says_what_to_do(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUTOMATION_PG_BIN", str(tmp_path))

    with pytest.raises(ActionFailed, match="AUTOMATION_PG_BIN") as caught:
        await DataBackup().run(params(), context)

    assert caught.value.permanent
