"""Records of backups: told by runs, read and forgotten by people."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyrage
import pytest
import pytest_asyncio

from services.executor.actions.data_backup import DataBackup, DataBackupParams
from services.executor.actions.data_backup.folder import BackupFolder
from services.executor.actions.data_backup.places import Backup, Manifest
from services.executor.actions.data_backup.records import Records
from shared.contracts.action import ActionFailed
from shared.contracts.backup_commands import (
    BeginBackup,
    EndBackup,
    ListBackups,
    PruneBackups,
    VerifyBackup,
)
from tests.integration.api.client import BASE
from tests.integration.api.ledger import add_run
from tests.integration.platform.floor import Platform
from tests.support.context import RecordingContext

BACKUPS = f"{BASE}/backups"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEGIN = BeginBackup(source="db-1", method="pg_dump_custom", storage="folder", location="system")
END = EndBackup(location="system/x", size=10, sha256="0" * 64, manifest={"rows": {"a.b": 1}})


@pytest_asyncio.fixture(loop_scope="session")
async def task(platform: Platform) -> UUID:
    return UUID((await platform.api.create(name="nightly", task_action="data_backup"))["id"])


async def listed(platform: Platform, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - filters
    answer = await platform.http.get(BACKUPS, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def verbs(platform: Platform) -> list[str]:
    rows = await platform.pool.fetch(
        "SELECT verb FROM api.audit WHERE subject_kind = 'backup' ORDER BY id"
    )
    return [row["verb"] for row in rows]


async def test_a_real_backup_is_recorded_verified_and_pruned(
    platform: Platform, task: UUID, database: str, tmp_path: Path
) -> None:
    contexts = [
        await platform.context(task_id=task, database_url=database, home=tmp_path) for _ in range(2)
    ]
    params = DataBackupParams(keep_last=1, exclude_tables=["log.*"])
    for context in contexts:
        await DataBackup().run(params, context)

    newest, oldest = await listed(platform)
    assert (newest["id"], oldest["id"]) == (str(contexts[1].run_id), str(contexts[0].run_id))
    assert (newest["state"], oldest["state"]) == ("verified", "pruned")
    assert newest["verified_level"] == "manifest"
    whole = await platform.http.get(f"{BACKUPS}/{newest['id']}")
    assert whole.json()["manifest"]["rows"]["api.tasks"] == 1
    assert whole.headers["etag"] == f'"{newest["version"]}"'
    assert await verbs(platform) == [
        *("backup.begun", "backup.stored", "backup.verified"),
        *("backup.begun", "backup.stored", "backup.verified", "backup.pruned"),
    ]
    said = await platform.pool.fetch("SELECT source, id FROM api.events")
    assert {(row["source"], row["id"].partition("|")[0]) for row in said} == {
        ("automation", "backup.verified")
    }
    assert len(said) == 2


async def test_a_failure_is_recorded_with_its_reason(
    platform: Platform, task: UUID, database: str, tmp_path: Path
) -> None:
    context = await platform.context(task_id=task, database_url=database, home=tmp_path)

    with pytest.raises(ActionFailed):
        await DataBackup().run(DataBackupParams(min_free_mb=10**8), context)

    (row,) = await listed(platform, state="failed")
    assert "min_free_mb" in row["error"]
    said = await platform.pool.fetch("SELECT id FROM api.events")
    assert [row["id"].partition("|")[0] for row in said] == ["backup.failed"]


async def test_a_failed_drill_leaves_it_unverified_and_not_fresh(
    platform: Platform, task: UUID, database: str, tmp_path: Path
) -> None:
    right, wrong = (pyrage.x25519.Identity.generate() for _ in range(2))
    context = await platform.context(
        task_id=task, database_url=database, home=tmp_path, secrets={"k": str(wrong)}
    )
    params = DataBackupParams.model_validate(
        {"encrypt_to": [str(right.to_public())], "key_secret": "k", "verify": "restore"}
    )

    with pytest.raises(ActionFailed):
        await DataBackup().run(params, context)

    (row,) = await listed(platform)
    assert (row["state"], row["verified_at"]) == ("unverified", None)
    assert "decrypted" in row["error"]
    assert row["key_id"] == str(right.to_public())
    assert (await verbs(platform))[-1] == "backup.verify_failed"


async def test_every_command_may_be_asked_twice(platform: Platform, task: UUID) -> None:
    context = await platform.context(task_id=task)
    verified = VerifyBackup(backup_id=context.run_id, level="restore", at=NOON)
    pruned = PruneBackups(backup_ids=[context.run_id])

    for question in (BEGIN, BEGIN, END, END, verified, verified, pruned, pruned, END):
        await context.ask(question)

    (row,) = await listed(platform)
    assert row["state"] == "pruned"
    assert await verbs(platform) == [
        *("backup.begun", "backup.stored", "backup.verified", "backup.pruned")
    ]
    known = await context.ask(ListBackups(source="db-1"))
    assert [each.id for each in known.backups] == [context.run_id]


async def test_what_ended_without_a_word_has_failed(platform: Platform, task: UUID) -> None:
    dead = await platform.context(task_id=task)
    await dead.ask(BEGIN)
    await platform.end(dead)
    assert [row["state"] for row in await listed(platform, state="failed")] == ["failed"]
    other = await platform.context(task_id=task)

    await other.ask(BEGIN)

    states = {row["id"]: row["state"] for row in await listed(platform)}
    assert states == {str(dead.run_id): "failed", str(other.run_id): "running"}


async def test_a_second_attempt_takes_its_failed_record_up_again(
    platform: Platform, task: UUID
) -> None:
    first = await platform.context(task_id=task)
    await first.ask(BEGIN)
    await first.ask(EndBackup(error="the disk is full"))
    second = await platform.next_attempt(first)
    await second.ask(BEGIN)
    await second.ask(END)

    (row,) = await listed(platform)
    assert (row["state"], row["error"]) == ("unverified", None)


async def test_a_backup_goes_on_without_the_platform(database: str, tmp_path: Path) -> None:
    alone = RecordingContext(database_url=database, home=tmp_path)

    outcome = await DataBackup().run(DataBackupParams(), alone)

    assert outcome.data["backup_completed"] is True
    assert alone.text.count("the list of backups is not kept up") == 1


async def test_what_was_said_while_the_platform_was_away_is_told_later(
    platform: Platform, task: UUID
) -> None:
    context = await platform.context(task_id=task)
    context.bus = None
    records = Records(context)
    place = BackupFolder(Path("/nowhere"), "system")
    await records.begun("db-1", "pg_dump_custom", place)
    context.bus = platform.bus

    await records.stored(place, a_backup(context))
    assert await listed(platform) == [], "who did not answer is left alone for a while"
    await records.verified(context.run_id, "manifest", NOON)
    await records.finish()

    (row,) = await listed(platform)
    assert (row["state"], row["size"]) == ("verified", 10)


def a_backup(context: RecordingContext) -> Backup:
    manifest = Manifest(
        id="x",
        run_id=context.run_id,
        task_id=context.task_id,
        started_at=NOON,
        finished_at=NOON,
        server_version="18",
        tool_version="18",
        file="database.dump",
        sha256="0" * 64,
        size=10,
        tables=1,
        excluded_tables=[],
    )
    return Backup("x", manifest)


async def test_what_one_attempt_could_not_tell_the_next_one_tells(
    platform: Platform, task: UUID, database: str, tmp_path: Path
) -> None:
    context = await platform.context(task_id=task, database_url=database, home=tmp_path)
    context.bus = None
    await DataBackup().run(DataBackupParams(), context)
    assert await listed(platform) == []
    second = await platform.next_attempt(context)
    second.bus = platform.bus

    outcome = await DataBackup().run(DataBackupParams(), second)

    assert outcome.data["noop"] is True
    assert [row["state"] for row in await listed(platform)] == ["verified"]


async def test_pages_and_filters(platform: Platform, task: UUID) -> None:
    contexts = [await platform.context(task_id=task) for _ in range(3)]
    for context in contexts:
        await context.ask(BEGIN)
    await contexts[0].ask(END)

    first = (await platform.http.get(BACKUPS, params={"limit": 2})).json()
    second = (await platform.http.get(BACKUPS, params={"limit": 2, "cursor": first["next"]})).json()
    assert len(first["items"]) == 2
    assert second["next"] is None
    ids = [row["id"] for row in first["items"] + second["items"]]
    assert ids == [str(each.run_id) for each in reversed(contexts)]
    assert len(await listed(platform, state="unverified")) == 1
    assert len(await listed(platform, source="db-1", storage="folder", task_id=str(task))) == 3
    assert await listed(platform, task_id=str(uuid4())) == []
    for odd in ({"state": "lost"}, {"task_id": "x"}, {"storage": "tape"}, {"cursor": "?"}):
        answer = await platform.http.get(BACKUPS, params=odd)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == f"/query/{next(iter(odd))}"


async def test_only_a_record_without_a_file_can_be_forgotten(
    platform: Platform, task: UUID
) -> None:
    context = await platform.context(task_id=task)
    await context.ask(BEGIN)
    await context.ask(END)
    path = f"{BACKUPS}/{context.run_id}"

    kept = await platform.http.delete(path)
    assert (kept.status_code, kept.json()["code"]) == (409, "backup.kept")
    await context.ask(PruneBackups(backup_ids=[context.run_id]))
    stale = await platform.http.delete(path, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "backup.changed")
    assert (await platform.http.delete(path)).status_code == 204
    assert (await platform.http.get(path)).status_code == 404
    assert (await verbs(platform))[-1] == "backup.deleted"


async def test_a_verification_is_a_run_of_the_task_with_its_parameters(
    platform: Platform,
) -> None:
    config = {"folder": "nightly", "keep_last": 3}
    task = await platform.api.create(
        name="nightly", task_action="data_backup", action_config=config
    )
    context = await platform.context(task_id=UUID(task["id"]))
    await context.ask(BEGIN)
    path = f"{BACKUPS}/{context.run_id}/verify"
    early = await platform.http.post(path)
    assert (early.status_code, early.json()["code"]) == (409, "backup.no_file")
    await context.ask(END)

    asked = await platform.http.post(path, headers={"Idempotency-Key": "a"})
    again = await platform.http.post(path, headers={"Idempotency-Key": "a"})

    assert asked.status_code == 202, asked.text
    assert again.json() == asked.json()
    payload = await platform.pool.fetchval(
        "SELECT convert_from(payload, 'UTF8') FROM api.outbox WHERE subject LIKE 'run.request%'"
    )
    assert f'"verify_backup_id":"{context.run_id}"' in payload.replace(" ", "")
    assert '"folder":"nightly"' in payload.replace(" ", "")


async def test_a_moment_is_judged_by_its_order(platform: Platform, task: UUID) -> None:
    context = await platform.context(task_id=task)
    await context.ask(BEGIN)
    await context.ask(END)

    def found(hours: int, error: str | None = None) -> VerifyBackup:
        at = NOON + timedelta(hours=hours)
        return VerifyBackup(backup_id=context.run_id, level="restore", at=at, error=error)

    states = []
    for question in (found(1), found(0), found(2, "rows are missing"), found(3)):
        await context.ask(question)
        states.append((await listed(platform))[0]["state"])
    assert states == ["verified", "verified", "unverified", "verified"]


async def test_each_database_tells_how_fresh_its_backups_are(
    platform: Platform, task: UUID
) -> None:
    for error in (None, "disk full", "disk full again"):
        context = await platform.context(task_id=task)
        await context.ask(BEGIN)
        await context.ask(END if error is None else EndBackup(error=error))

    (source,) = (await platform.http.get(f"{BACKUPS}/sources")).json()["items"]

    assert (source["source"], source["storages"]) == ("db-1", ["folder"])
    assert (source["stored"], source["total_size"]) == (1, 10)
    assert (source["failed_since"], source["last_error"]) == (2, "disk full again")
    assert source["newest_at"]
    assert source["restored_at"] is None


async def test_a_backup_tells_its_task_and_who_is_restoring_it(
    platform: Platform, task: UUID
) -> None:
    context = await platform.context(task_id=task)
    await context.ask(BEGIN)
    await context.ask(END)
    idle = (await listed(platform))[0]
    run = await add_run(platform.api, str(task))
    await platform.pool.execute(
        "UPDATE scheduler.occurrences SET params = $2 WHERE run_id = $1",
        run,
        json.dumps({"verify_backup_id": str(context.run_id)}),
    )

    (busy,) = await listed(platform)
    whole = (await platform.http.get(f"{BACKUPS}/{context.run_id}")).json()

    assert (idle["task_name"], idle["verify_run_id"]) == ("nightly", None)
    assert busy["verify_run_id"] == whole["verify_run_id"] == str(run)
