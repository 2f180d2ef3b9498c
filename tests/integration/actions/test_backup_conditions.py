"""What a backup finds: other databases, poolers, other backups, full disks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackup
from shared.contracts.action import ActionFailed
from tests.integration.actions.backup_place import (
    Made,
    connection,
    fill,
    in_another_process,
    names,
    next_run,
    params,
)
from tests.support import servers
from tests.support.context import RecordingContext
from tests.support.nursery import Nursery

SCRATCH = {"scratch_dsn_secret": "scratch"}
THEIRS = {"dsn_secret": "their-db"}


@pytest.fixture
def context(small_database: str, tmp_path: Path) -> RecordingContext:
    return RecordingContext(database_url=small_database, home=tmp_path)


async def test_another_database_by_its_secret(
    context: RecordingContext, plain_backup: Made, postgres_server: Postgres
) -> None:
    plain_backup.lie_in(context)
    await servers.admin(postgres_server, "CREATE DATABASE elsewhere")
    elsewhere = postgres_server.dsn("elsewhere")
    try:
        await fill(elsewhere, table="theirs", rows=10)
        other = next_run(context)
        other.secrets["their-db"] = elsewhere

        outcome = await DataBackup().run(params(keep_last=1, **THEIRS), other)

        assert outcome.data["rows"] == 10
        assert len(names(context)) == 2, "retention must count each database by itself"
        other.secrets["their-db"] = "mysql://x"
        with pytest.raises(ActionFailed, match="holds no postgresql"):
            await DataBackup().run(params(**THEIRS), next_run(other))
    finally:
        await servers.admin(postgres_server, "DROP DATABASE elsewhere WITH (FORCE)")


async def test_behind_a_pooler_the_direct_address_is_taken(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATION_DATABASE_DIRECT_URL", context.database_url)
    context.database_url = "postgresql://nobody@127.0.0.1:1/pooler"

    outcome = await DataBackup().run(params(), context)

    assert outcome.data["backup_completed"] is True


async def test_who_may_not_read_all_of_it_is_told_what_to_set(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = context.database_url
    context.database_url = "postgresql://automation_executor:word@127.0.0.1:1/automation"

    with pytest.raises(ActionFailed, match=r"AUTOMATION_BACKUP_DATABASE_URL.*backup\.yaml") as told:
        await DataBackup().run(params(), context)

    assert told.value.permanent
    assert "word@" not in str(told.value)
    monkeypatch.setenv("AUTOMATION_BACKUP_DATABASE_URL", everything)
    assert (await DataBackup().run(params(), context)).data["backup_completed"] is True


async def test_two_backups_of_one_database_wait_for_each_other(context: RecordingContext) -> None:
    other = next_run(context)
    async with connection(context.database_url) as db:
        await db.execute("SELECT pg_advisory_lock(x'6175746f6d6264'::bigint)")
        running = asyncio.create_task(DataBackup().run(params(folder="other"), other))
        while "another backup of this database" not in other.text:
            await asyncio.sleep(0.01)
            assert not running.done()
        await db.execute("SELECT pg_advisory_unlock_all()")
        await running


async def test_a_plan_does_nothing(context: RecordingContext, plain_backup: Made) -> None:
    before = [plain_backup.lie_in(context)]

    outcome = await DataBackup().run(params(keep_last=1, dry_run=True), next_run(context))

    assert names(context) == before
    assert outcome.data["deleted"] == before
    assert outcome.data["plan"][-1] == f"remove {before[0]}"


async def test_a_nearly_full_disk_is_said_before_anything_is_written(
    context: RecordingContext,
) -> None:
    with pytest.raises(ActionFailed, match="min_free_mb"):
        await DataBackup().run(params(min_free_mb=10**8), context)
    assert names(context) == []


async def test_a_full_disk_leaves_nothing_behind(
    context: RecordingContext, nursery: Nursery
) -> None:
    await fill(context.database_url, rows=20_000)
    executor = await nursery.start(**in_another_process(context, DOOM="no room"))

    assert await executor.ended() == 1
    assert "ActionFailed: pg_dump failed" in (context.home / "output").read_text()
    assert names(context) == []


async def test_without_the_right_to_create_databases_it_says_what_to_do(
    context: RecordingContext, postgres_server: Postgres
) -> None:
    await servers.admin(postgres_server, "CREATE ROLE plain LOGIN PASSWORD 'plain'")
    try:
        own = postgres_tools.source_of(context.database_url).address
        login = own.partition("://")[2].partition("@")[0]
        context.secrets["scratch"] = own.replace(f"//{login}@", "//plain:plain@", 1)
        with pytest.raises(ActionFailed, match="grant CREATEDB"):
            await DataBackup().run(params(verify="restore", **SCRATCH), context)
    finally:
        await servers.admin(postgres_server, "DROP ROLE plain")
