"""A task backs the system up, and PostgreSQL's own tools can read what it wrote."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

from deploy.local.binaries import find_postgres
from tests.e2e.place import Place

WITHIN = timedelta(seconds=60)


async def test_a_backup_by_schedule_can_be_read_back(place: Place) -> None:
    task_id = await place.operator.create(
        name="備份",
        task_action="data_backup",
        action_config={"folder": "nightly", "keep_last": 2},
        schedule_config={"interval_seconds": 2},
    )

    async def three_done() -> list[dict[str, object]] | None:
        rows = [row for row in await place.operator.logs(task_id) if row["completed_at"]]
        return rows if len(rows) >= 3 else None

    rows = await place.eventually(three_done, within=WITHIN, what="three backups")
    await place.operator.edit(task_id, enabled=False)
    await place.judge()

    assert {row["status"] for row in rows} == {"success"}
    data = rows[0]["execution_data"]
    assert isinstance(data, dict)
    result = data["result"]
    assert result["backup_completed"] is True
    kept = [
        each
        for each in (place.system.home / "backups" / "nightly").iterdir()
        if each.is_dir() and not each.name.startswith(".")
    ]
    assert len(kept) == 2

    newest = max(kept)
    (dump,) = newest.glob("*.dump")
    listed = await asyncio.create_subprocess_exec(
        find_postgres()["pg_restore"], "--list", str(dump), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await listed.communicate()
    assert listed.returncode == 0
    assert b"TABLE DATA api tasks" in said
    assert b"TABLE DATA scheduler occurrences" in said
    latest = (await place.operator.logs(task_id, limit=1))[0]["execution_data"]["result"]
    assert hashlib.sha256(dump.read_bytes()).hexdigest() == latest["sha256"]
