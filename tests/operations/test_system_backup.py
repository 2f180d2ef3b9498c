"""A whole system is backed up while it works, destroyed, and made anew of the backup.

What was committed before the backup is there, secrets open, people log in, and tasks go on: fires
of the lost window are made up by their policy, each once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from shared.runtime.key_file import find_box
from tests.operations.command import Said, automation
from tests.operations.rows import Connection
from tests.support.http_sink import HttpSink
from tests.support.load import BASE, Operator, calls
from tests.support.servers import temporary_folder
from tests.support.system import System
from tests.support.witness import Witness

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

ENV = {"AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32"}
PASSWORD = "a long enough sentence"  # noqa: S105 - of a person who does not exist
SECRET = "what nobody but a task may see"  # noqa: S105 - of nothing
TASKS = 4
WITHIN = timedelta(seconds=60)
GENERATION = 7
FINAL = "SELECT run_id, status, started_at, completed_at FROM log.runs WHERE final ORDER BY run_id"
#: Fires of a task that is due every second: rows, and seconds between the first and the last.
FIRES = """
SELECT count(*) AS rows, count(DISTINCT scheduled_for) AS fires, sum(missed_count) AS missed,
    extract(epoch FROM max(scheduled_for) - min(scheduled_for))::int + 1 AS seconds
FROM scheduler.occurrences WHERE task_id = $1 AND trigger = 'schedule'
"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def ruins() -> AsyncIterator[Ruins]:
    """Run a system, back it up, and destroy it."""
    async with temporary_folder() as folder:
        (folder / "sink").mkdir()
        async with HttpSink(folder / "sink") as sink:
            yield await Ruins.made(folder, sink)


class Ruins:
    """What is left of a system: a backup, its key, and what a witness knows."""

    def __init__(self, folder: Path, sink: HttpSink) -> None:
        self.folder = folder
        self.sink = sink
        self.backups, self.key = folder / "backups", folder / "backup.key"
        self.name = ""
        self.tasks: list[object] = []
        self.final: list[tuple[object, ...]] = []
        self.token = ""

    @classmethod
    async def made(cls, folder: Path, sink: HttpSink) -> Ruins:
        """Let a system work, back it up under load, let it go on, destroy it."""
        self, home = cls(folder, sink), folder / "first"
        async with (
            System(folder=folder, home=home, env=ENV) as system,
            Operator(lambda: system.api_url, system.token) as operator,
        ):
            self.token = system.token
            for number in range(TASKS):
                task = await operator.create(
                    name=f"calls {number}",
                    schedule_config={"interval_seconds": 1},
                    **calls(f"{sink.url}/{number}"),
                )
                self.tasks.append(task)
            answer = await operator.call(
                "PUT", f"{BASE}/secrets/alpha", json={"value": SECRET}, key=str(uuid4())
            )
            assert answer.is_success, answer.text
            (folder / "password").write_text(PASSWORD)
            made = await automation(
                *(
                    "user",
                    "create",
                    "ann",
                    "--role",
                    "admin",
                    "--password-file",
                    folder / "password",
                    "--local",
                ),
                home=home,
            )
            assert made.code == 0, made.words
            witness = Witness(sink.file, lambda: system.dsn)
            await witness.ledger_grows(TASKS * 5)
            connection = await asyncpg.connect(system.dsn, timeout=10)
            await connection.execute(
                "INSERT INTO api.accounts (id, account_id, display_name, generation)"
                " VALUES ($1, 'one', 'One', $2)",
                uuid4(),
                GENERATION,
            )
            self.final = [tuple(row) for row in await connection.fetch(FINAL)]

            key = await automation("system", "new-key", self.key, home=home)
            backup = await automation(
                *("system", "backup", self.backups, "--encrypt-to", key.output.strip()), home=home
            )
            print(backup.words)  # noqa: T201 - figures
            assert backup.code == 0, backup.words
            self.name = backup.output.strip()

            await witness.ledger_grows(TASKS * 3)
            await connection.close(timeout=5)
        shutil.rmtree(home)
        return self

    async def restored(self, home: Path, **env: str) -> Said:
        """Restore into a home."""
        return await automation(
            *("system", "restore", self.backups, "--key-file", self.key), home=home, env=env
        )


async def test_a_new_home_goes_on_where_the_backup_was_made(ruins: Ruins) -> None:
    home = ruins.folder / "second"
    restored = await ruins.restored(home)
    print(restored.words)  # noqa: T201 - figures
    assert restored.code == 0, restored.words

    async with System(folder=ruins.folder, home=home, env=ENV) as system:
        connection = await asyncpg.connect(system.dsn, timeout=10)
        try:
            since = datetime.now(UTC)
            witness = Witness(ruins.sink.file, lambda: system.dsn)
            await witness.ledger_grows(TASKS * 5)
            await witness.drained(datetime.now(UTC), acknowledged={}, within=WITHIN)

            await everything_is_there(ruins, connection)
            await nothing_is_doubled(ruins, connection)
            assert {each.path for each in witness.sink.effects() if each.at > since} == {
                f"/{number}" for number in range(TASKS)
            }
            await secrets_open(home, connection)
            assert await connection.fetchval("SELECT generation FROM api.accounts") > GENERATION
            await people_log_in(system.api_url)
        finally:
            await connection.close(timeout=5)
        again = await ruins.restored(ruins.folder / "third", AUTOMATION_RESTORE_URL=system.dsn)
        assert again.code == 1
        assert "nothing was changed" in again.words
        assert not (ruins.folder / "third" / "secret-key").exists()


async def everything_is_there(ruins: Ruins, connection: Connection) -> None:
    """Compare the ends of runs with those from before the backup."""
    known = {row["run_id"]: tuple(row) for row in await connection.fetch(FINAL)}
    assert ruins.final
    assert [known.get(row[0]) for row in ruins.final] == ruins.final


async def nothing_is_doubled(ruins: Ruins, connection: Connection) -> None:
    """Every second of a task has one row, or is counted as missed by a later one."""
    for task in ruins.tasks:
        row = await connection.fetchrow(FIRES, task)
        assert row is not None
        assert row["rows"] == row["fires"]
        assert row["fires"] + (row["missed"] or 0) == row["seconds"], dict(row)


async def secrets_open(home: Path, connection: Connection) -> None:
    """Open a secret with the key that was restored."""
    box = find_box("", home)
    assert box is not None
    sealed = await connection.fetchval("SELECT sealed FROM api.secrets WHERE name = 'alpha'")
    assert box.open(sealed, owner="secret:alpha").decode() == SECRET


async def people_log_in(url: str) -> None:
    """Log in with the password from before."""
    ours = {"X-Requested-With": "automation", "Sec-Fetch-Site": "same-origin", "Origin": url}
    async with httpx.AsyncClient(headers=ours, timeout=10) as browser:
        answer = await browser.post(
            f"{url}{BASE}/session", json={"name": "ann", "password": PASSWORD}
        )
        assert answer.is_success, answer.text


async def test_keys_are_never_saved_unencrypted(ruins: Ruins, tmp_path: Path) -> None:
    said = await automation(
        *("system", "backup", tmp_path / "backups"),
        home=tmp_path,
        env={"AUTOMATION_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"},
    )

    assert said.code == 1
    assert "--encrypt-to" in said.words
    text = (ruins.backups / ruins.name / "manifest.json").read_text()
    assert "secret-key" in text
    assert SECRET not in text


async def test_another_key_opens_nothing_and_leaves_nothing(ruins: Ruins, tmp_path: Path) -> None:
    await automation("system", "new-key", tmp_path / "other.key", home=tmp_path)
    said = await automation(
        *("system", "restore", ruins.backups, "--key-file", tmp_path / "other.key"),
        home=tmp_path / "home",
    )

    assert said.code == 1
    assert "cannot be decrypted" in said.words
    assert not (tmp_path / "home" / "secret-key").exists()


async def test_a_backup_of_newer_code_is_refused(ruins: Ruins, tmp_path: Path) -> None:
    shutil.copytree(ruins.backups, tmp_path / "backups")
    manifest = tmp_path / "backups" / ruins.name / "manifest.json"
    newer = json.loads(manifest.read_text())
    newer["system"]["migrations"].append("9999_pre_of_the_future")
    manifest.write_text(json.dumps(newer))

    said = await automation(
        *("system", "restore", tmp_path / "backups", "--key-file", ruins.key),
        home=tmp_path / "home",
    )

    assert said.code == 1
    assert "newer than this code" in said.words
    assert not (tmp_path / "home").exists()


async def test_a_damaged_backup_is_refused(ruins: Ruins, tmp_path: Path) -> None:
    shutil.copytree(ruins.backups, tmp_path / "backups")
    (dump,) = (tmp_path / "backups" / ruins.name).glob("database.*")
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)

    said = await automation(
        *("system", "restore", tmp_path / "backups", "--key-file", ruins.key),
        home=tmp_path / "home",
    )

    assert said.code == 1
    assert "damaged" in said.words
    assert not (tmp_path / "home" / "secret-key").exists()
