"""Formats, encryption and the restore drill, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pyrage
import pytest

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackup, drill
from services.executor.actions.data_backup.session import opened
from shared.contracts.action import ActionFailed
from tests.integration.actions.backup_place import (
    KEY,
    Made,
    connection,
    dump_held_up,
    fill,
    fresh_key,
    in_another_process,
    names,
    next_run,
    params,
)
from tests.support.context import RecordingContext
from tests.support.nursery import Nursery

#: A parameter that names a secret.
SCRATCH = {"scratch_dsn_secret": "scratch"}


@pytest.fixture
def context(small_database: str, tmp_path: Path) -> RecordingContext:
    return RecordingContext(database_url=small_database, home=tmp_path)


async def scratch_databases(context: RecordingContext) -> list[str]:
    async with connection(context.database_url) as db:
        rows = await db.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE 'automation\\_drill\\_%'"
        )
    return [row["datname"] for row in rows]


def stored_file(context: RecordingContext) -> Path:
    name = names(context)[-1]
    (file,) = (context.home / "backups" / "system" / name).glob("database.*")
    return file


@pytest.mark.parametrize(
    "given",
    [
        {"format": "directory", "jobs": 2, "compression": "zstd", "compress": 3},
        {**KEY, "compression": "zstd"},
    ],
    ids=["directory-zstd", "encrypted-zstd"],
)
async def test_a_drill_restores_what_was_backed_up(
    context: RecordingContext, given: dict[str, object]
) -> None:
    key = pyrage.x25519.Identity.generate()
    context.secrets["key"] = f"# created: today\n{key}\n"
    await fill(context.database_url)

    outcome = await DataBackup().run(params(verify="restore", **given), context)

    assert outcome.data["verified"] is True
    assert outcome.data["verified_by"] == "restore"
    assert outcome.data["rows"] >= 1000
    assert await scratch_databases(context) == []
    assert not list((context.home / "backups" / "system").glob(".partial*"))


async def test_encrypted_it_is_no_dump_until_age_opens_it(
    context: RecordingContext, tmp_path: Path
) -> None:
    key = pyrage.x25519.Identity.generate()
    outcome = await DataBackup().run(params(encrypt_to=[str(key.to_public())]), context)

    file = stored_file(context)
    assert file.name == "database.dump.age"
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert outcome.data["encrypted"] is True
    pyrage.decrypt_file(str(file), str(tmp_path / "opened"), [key])
    assert (tmp_path / "opened").read_bytes().startswith(b"PGDMP")


async def test_a_wrong_key_leaves_it_unverified_and_is_said(
    context: RecordingContext, sealed_backup: Made
) -> None:
    sealed_backup.lie_in(context)
    context.secrets["key"] = fresh_key()
    asked = params(verify_backup_id=sealed_backup.data["backup_id"], **KEY)

    with pytest.raises(ActionFailed, match="cannot be decrypted with this key") as caught:
        await DataBackup().run(asked, context)

    assert caught.value.permanent
    assert (caught.value.data or {})["verified"] is False
    assert names(context) == [sealed_backup.name]


async def test_what_is_no_key_is_refused_before_anything_is_dumped(
    context: RecordingContext,
) -> None:
    context.secrets["key"] = "hunter2"

    with pytest.raises(ActionFailed, match="not an age secret key") as caught:
        await DataBackup().run(params(**KEY), context)

    assert "hunter2" not in str(caught.value)
    assert names(context) == []


async def test_a_backup_whose_rows_are_missing_fails_the_drill(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(context.database_url)
    monkeypatch.setattr(
        "services.executor.actions.data_backup.dumping.without_excluded",
        lambda rows, _: {**rows, "public.precious": 1001},
    )

    with pytest.raises(ActionFailed, match="precious: 1001 rows in the backup, 1000 restored"):
        await DataBackup().run(params(verify="restore"), context)

    assert await scratch_databases(context) == []


async def test_what_is_written_meanwhile_is_neither_dumped_nor_counted(
    context: RecordingContext,
) -> None:
    await fill(context.database_url)
    await fill(context.database_url, table="quick", rows=10)

    async with dump_held_up(context.database_url) as waiting:
        running = asyncio.create_task(DataBackup().run(params(verify="restore"), context))
        await waiting.wait()
        async with connection(context.database_url) as db:
            await db.execute("INSERT INTO quick SELECT n, 'late' FROM generate_series(11, 20) n")
    outcome = await running

    assert outcome.data["verified"] is True
    assert outcome.data["rows"] == 1010


async def test_counting_waits_for_the_locks_of_pg_dump(context: RecordingContext) -> None:
    await fill(context.database_url)
    await fill(context.database_url, table="quick", rows=10)
    source = postgres_tools.source_of(context.database_url)
    async with (
        opened(await postgres_tools.choose(source), source) as session,
        connection(context.database_url) as db,
        db.transaction(),
    ):
        await db.execute("LOCK TABLE precious IN ACCESS SHARE MODE")
        assert not await session.is_all_locked()
        await db.execute("LOCK TABLE quick IN ACCESS SHARE MODE")
        assert await session.is_all_locked()


async def test_excluded_tables_are_not_missed(context: RecordingContext) -> None:
    await fill(context.database_url)

    outcome = await DataBackup().run(
        params(verify="restore", exclude_tables=["public.prec*"]), context
    )

    assert outcome.data["verified"] is True


async def test_a_failed_drill_costs_no_old_backup(
    context: RecordingContext, plain_backup: Made
) -> None:
    key = pyrage.x25519.Identity.generate()
    old = plain_backup.lie_in(context)
    failing = next_run(context)
    failing.secrets["key"] = str(pyrage.x25519.Identity.generate())
    given = params(encrypt_to=[str(key.to_public())], verify="restore", keep_last=1, **KEY)

    with pytest.raises(ActionFailed):
        await DataBackup().run(given, failing)
    assert {old} < set(names(context))

    # A good one without a drill may remove the bad one, and never the newest verified one.
    await DataBackup().run(params(keep_last=1), next_run(context))
    assert len(names(context)) == 1


async def test_what_a_killed_drill_left_is_dropped_by_the_next_run(
    context: RecordingContext, nursery: Nursery
) -> None:
    drilled = {"DOOM": "restoring", "PARAMS": '{"verify": "restore"}'}
    executor = await nursery.start(**in_another_process(context, **drilled))
    assert await executor.ended() == -signal.SIGKILL
    assert len(await scratch_databases(context)) == 1

    await DataBackup().run(params(), context)

    assert await scratch_databases(context) == []


async def test_cancelling_a_drill_drops_its_database_and_keeps_the_backup(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def stay(*_: object, **__: object) -> int:
        reached.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(drill, "drill", stay)
    running = asyncio.create_task(DataBackup().run(params(verify="restore"), context))
    await reached.wait()
    assert len(await scratch_databases(context)) == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await scratch_databases(context) == []
    assert len(names(context)) == 1


async def test_a_check_in_sql_decides_too(context: RecordingContext, plain_backup: Made) -> None:
    plain_backup.lie_in(context)
    context.secrets["scratch"] = context.database_url
    given = {"verify_backup_id": plain_backup.data["backup_id"], **SCRATCH}

    with pytest.raises(ActionFailed, match="the check in SQL said 'f'"):
        await DataBackup().run(
            params(**given, smoke_sql="SELECT count(*) = 7 FROM precious"), context
        )
    good = params(**given, smoke_sql="SELECT count(*) = 1000 FROM precious;")
    outcome = await DataBackup().run(good, next_run(context))
    assert outcome.data["verified"] is True
    assert await scratch_databases(context) == []


async def test_a_check_in_sql_that_never_ends_for_psql_keeps_nothing_waiting(
    context: RecordingContext,
) -> None:
    await fill(context.database_url)
    source = postgres_tools.source_of(context.database_url)
    tools = await postgres_tools.choose(source)
    for odd in ("SELECT 'open", "SELECT 1 /* open", "COPY precious FROM STDIN"):
        with pytest.raises(ActionFailed, match="the check in SQL"):
            async with asyncio.timeout(60):
                await drill._smoke(tools, source, odd)  # noqa: SLF001 - without a restore before


async def test_a_second_attempt_goes_on_with_the_drill(
    context: RecordingContext, plain_backup: Made
) -> None:
    plain_backup.lie_in(context)
    context.run_id = plain_backup.context.run_id

    outcome = await DataBackup().run(params(verify="restore"), context.another_attempt())

    assert outcome.data["noop"] is True
    assert outcome.data["verified_by"] == "restore"
    assert len(names(context)) == 1


async def test_an_old_backup_can_be_verified(context: RecordingContext, plain_backup: Made) -> None:
    plain_backup.lie_in(context)

    outcome = await DataBackup().run(
        params(verify_backup_id=plain_backup.data["backup_id"]), next_run(context)
    )

    assert outcome.data["verified_by"] == "restore"
    assert len(names(context)) == 1
    with pytest.raises(ActionFailed, match="there is no backup"):
        await DataBackup().run(
            params(verify_backup_id="00000000-0000-0000-0000-000000000001"), next_run(context)
        )


async def test_a_damaged_backup_does_not_pass(
    context: RecordingContext, plain_backup: Made
) -> None:
    plain_backup.lie_in(context)
    file = stored_file(context)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)

    with pytest.raises(ActionFailed, match="SHA-256 differs") as caught:
        await DataBackup().run(
            params(verify_backup_id=plain_backup.data["backup_id"]), next_run(context)
        )

    assert (caught.value.data or {})["verified"] is False
