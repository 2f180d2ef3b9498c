"""Backups of a real PostgreSQL: they can be restored, and no mishap costs an old one."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from deploy.local.postgres import Postgres
from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackup
from services.executor.actions.data_backup.places import MANIFEST, Manifest
from shared.contracts.action import ActionFailed
from tests.integration.actions.backup_place import (
    DUMP,
    Made,
    connection,
    dump_held_up,
    fill,
    in_another_process,
    names,
    next_run,
    params,
)
from tests.support import servers
from tests.support.context import RecordingContext
from tests.support.nursery import Nursery


@pytest.fixture
def context(small_database: str, tmp_path: Path) -> RecordingContext:
    return RecordingContext(database_url=small_database, home=tmp_path)


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


async def test_a_second_attempt_finds_the_backup(
    context: RecordingContext, plain_backup: Made
) -> None:
    plain_backup.lie_in(context)
    context.run_id = plain_backup.context.run_id

    second = await DataBackup().run(params(), context.another_attempt())

    assert names(context) == [plain_backup.name]
    assert second.data["noop"] is True
    assert second.data["sha256"] == plain_backup.data["sha256"]


async def test_the_newest_stay(context: RecordingContext, plain_backup: Made) -> None:
    oldest = plain_backup.lie_in(context)
    later = iter(datetime.now(UTC) + timedelta(hours=n) for n in range(1, 100))
    action = DataBackup(now=lambda: next(later))
    made = []
    for _ in range(2):
        outcome = await action.run(params(keep_last=2), next_run(context))
        made.append(outcome.data["path"].removeprefix("system/"))

    assert names(context) == made
    assert outcome.data["deleted"] == [oldest]


async def test_a_clock_that_went_back_does_not_cost_the_newest(
    context: RecordingContext, plain_backup: Made
) -> None:
    plain_backup.lie_in(context)
    long_ago = datetime.now(UTC) - timedelta(days=9)

    outcome = await DataBackup(now=lambda: long_ago).run(params(keep_last=1), context)

    assert names(context) == [outcome.data["path"].removeprefix("system/")]


async def test_what_is_no_backup_is_left_alone(context: RecordingContext) -> None:
    folder = context.home / "backups" / "system"
    strange = folder / f"20250101T000000Z-{uuid4()}"  # no manifest in it
    strange.mkdir(parents=True)
    (folder / "notes.txt").write_text("by hand")

    await DataBackup().run(params(keep_last=1), context)

    assert {strange.name, "notes.txt"} < set(names(context))


async def test_a_shrunken_backup_is_noticed(context: RecordingContext, plain_backup: Made) -> None:
    plain_backup.lie_in(context)  # of a table that is not there now

    await DataBackup().run(params(), context)

    warnings = [line for level, line in context.lines if level == "warning"]
    assert [each for each in warnings if "has something been lost?" in each]


async def test_tables_can_be_left_empty(context: RecordingContext, plain_backup: Made) -> None:
    await fill(context.database_url)

    without = await DataBackup().run(
        params(folder="small", exclude_tables=["public.prec*"]), context
    )

    assert without.data["tables"] == plain_backup.data["tables"] - 1
    assert without.data["path"].startswith("small/")


async def test_a_failure_keeps_the_old_one_and_leaves_no_half(
    context: RecordingContext, plain_backup: Made
) -> None:
    old = plain_backup.lie_in(context)
    failing = next_run(context)
    failing.database_url = context.database_url.replace("?", "_missing?")

    with pytest.raises(ActionFailed, match="does not exist") as caught:
        await DataBackup().run(params(keep_last=1), failing)

    assert not caught.value.permanent
    assert names(context) == [old]


async def test_cancelling_ends_pg_dump_and_leaves_no_half(
    context: RecordingContext, plain_backup: Made
) -> None:
    await fill(context.database_url)
    old = plain_backup.lie_in(context)

    async with dump_held_up(context.database_url) as waiting:
        running = asyncio.create_task(DataBackup().run(params(keep_last=1), next_run(context)))
        await waiting.wait()
        children = psutil.Process().children(recursive=True)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert not [each for each in children if each.is_running() and "pg_dump" in each.name()]
    assert names(context) == [old]


async def test_killing_the_executor_ends_pg_dump_too(
    context: RecordingContext, plain_backup: Made, nursery: Nursery
) -> None:
    await fill(context.database_url)
    old = plain_backup.lie_in(context)
    run = next_run(context)

    async with dump_held_up(context.database_url) as waiting:
        executor = await nursery.start(**in_another_process(run))
        await waiting.wait()
        started = psutil.Process(executor.pid).children(recursive=True)
        await executor.kill()
        for each in started:
            await asyncio.to_thread(each.wait, 10)

    assert names(context) == [f".partial-{run.run_id}", old]
    outcome = await DataBackup().run(params(), run.another_attempt())
    assert names(context) == sorted([old, outcome.data["path"].removeprefix("system/")])


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


async def test_an_odd_but_harmless_folder_works(context: RecordingContext) -> None:
    outcome = await DataBackup().run(params(folder="每日/a/it's $(here);rm -rf b"), context)

    assert (context.home / "backups" / outcome.data["path"] / DUMP).is_file()
    assert outcome.data["path"].startswith("每日/a/it's $(here);rm -rf b/")


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
