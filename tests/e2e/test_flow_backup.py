"""A task backs the system up, and PostgreSQL's own tools can read what it wrote."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from datetime import timedelta
from uuid import UUID

import asyncpg

from deploy.local.binaries import find_postgres
from tests.e2e.place import Place
from tests.integration.api.client import TASKS, running_api

WITHIN = timedelta(seconds=60)


async def test_a_backup_by_schedule_can_be_read_back(place: Place) -> None:
    task_id = await place.operator.create(
        name="備份",
        task_action="data_backup",
        action_config={"folder": "nightly", "keep_last": 1, "restore_every_days": 1},
        schedule_config={"interval_seconds": 3},
        overlap="skip",
    )

    async def two_done() -> list[dict[str, object]] | None:
        rows = [row for row in await place.operator.logs(task_id) if row["completed_at"]]
        return rows if len(rows) >= 2 else None

    rows = await place.eventually(two_done, within=WITHIN, what="two backups")
    place.operator.forget(task_id)  # a backup may take longer than until the next one is due
    await place.operator.edit(task_id, enabled=False)

    async def none_under_way() -> bool:
        outcomes = [row["outcome"] for row in await place.operator.occurrences(task_id)]
        ended = [row for row in await place.operator.logs(task_id) if row["completed_at"]]
        return len(ended) == outcomes.count("fired")

    await place.eventually(none_under_way, within=WITHIN, what="the last backup")
    await place.judge()

    assert {row["status"] for row in rows} == {"success"}
    data = [row["execution_data"] for row in rows]
    results = [each["result"] for each in data if isinstance(each, dict)]
    assert all(each["backup_completed"] is True for each in results)
    assert {each["verified_by"] for each in results} == {"restore", "manifest"}
    told = await place.operator.call("GET", f"/api/v1/group-ai/backups?task_id={task_id}")
    states = [each["state"] for each in told.json()["items"]]
    assert states[:2] == ["verified", "pruned"]
    kept = [
        each
        for each in (place.system.home / "backups" / "nightly").iterdir()
        if each.is_dir() and not each.name.startswith(".")
    ]
    (newest,) = kept
    (dump,) = newest.glob("*.dump")
    await _restores_elsewhere(place, newest.name, task_id)
    listed = await asyncio.create_subprocess_exec(
        find_postgres()["pg_restore"], "--list", str(dump), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await listed.communicate()
    assert listed.returncode == 0
    assert b"TABLE DATA api tasks" in said
    assert b"TABLE DATA scheduler occurrences" in said
    latest = (await place.operator.logs(task_id, limit=1))[0]["execution_data"]["result"]
    assert hashlib.sha256(dump.read_bytes()).hexdigest() == latest["sha256"]


async def _restores_elsewhere(place: Place, name: str, task_id: UUID) -> None:
    """Restore a backup with the command into another database, and let the API serve it."""
    own = await asyncpg.connect(place.system.dsn)
    await own.execute("CREATE DATABASE elsewhere")
    await own.close()
    elsewhere = place.system.dsn.replace("/automation?", "/elsewhere?")
    restoring = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "backup", "restore", name),
        *("--folder", "nightly", "--to", elsewhere),
        env={**os.environ, "AUTOMATION_HOME": str(place.system.home)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await restoring.communicate()
    assert restoring.returncode == 0, said.decode()
    assert "as many as were backed up" in said.decode()
    async with running_api(elsewhere) as api:
        task = await api.http.get(f"{TASKS}/{task_id}")
        assert task.json()["action_config"]["folder"] == "nightly"
