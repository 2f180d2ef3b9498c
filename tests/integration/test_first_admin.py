"""How the first person gets in, at the first start and from the command line."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy import user_cli
from deploy.local.banner import banner
from deploy.local.first_admin import FirstAdmin
from deploy.local.home import Home
from deploy.local.ports import is_local
from deploy.local.process import StartFailed
from deploy.local.settings import LocalSettings
from shared.settings import DatabaseAddress

URL = "http://127.0.0.1:8000"
PASSWORD = "a long enough sentence"  # noqa: S105 - of somebody who does not exist


def first(home: Path, **settings: Any) -> FirstAdmin:  # noqa: ANN401 - fields of LocalSettings
    return FirstAdmin(LocalSettings(home=home, **settings), Home(home), URL)


async def test_the_first_start_gives_a_link_to_its_owner_alone(
    database: str, tmp_path: Path
) -> None:
    admin = first(tmp_path)
    await admin.prepare(DatabaseAddress(database))

    file = tmp_path / "setup-link"
    assert admin.link == file.read_text().strip()
    assert admin.link.startswith(f"{URL}/setup#")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert admin.link in banner(api_url=URL, home=Home(tmp_path), setup_link=admin.link)
    again = first(tmp_path)
    await again.prepare(DatabaseAddress(database))
    assert again.link != admin.link


async def test_a_password_file_makes_the_administrator_and_no_link(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "setup-link").touch()
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    admin = first(tmp_path, admin_password_file=password, host="0.0.0.0")  # noqa: S104 - the point

    await admin.prepare(DatabaseAddress(database))

    assert admin.link is None
    assert not (tmp_path / "setup-link").exists()


async def test_a_bad_password_ends_the_start(database: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    for text in ("short", "password12345", "admin12345678"):
        password.write_text(text)
        with pytest.raises(StartFailed, match="AUTOMATION_ADMIN_PASSWORD_FILE"):
            await first(tmp_path, admin_password_file=password).prepare(DatabaseAddress(database))
    password.write_bytes(b"\xff\xfe a long enough sentence")

    with pytest.raises(StartFailed, match=r"AUTOMATION_ADMIN_PASSWORD_FILE.*UTF-8"):
        await first(tmp_path, admin_password_file=password).prepare(DatabaseAddress(database))


async def test_a_name_that_is_none_ends_the_start(database: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    wrong = first(tmp_path, admin_password_file=password, admin_name="the boss")

    with pytest.raises(StartFailed, match="AUTOMATION_ADMIN_NAME"):
        await wrong.prepare(DatabaseAddress(database))


async def test_until_there_is_somebody_other_machines_are_not_listened_to(
    database: str, tmp_path: Path
) -> None:
    everywhere, there = "0.0.0.0", DatabaseAddress(database)  # noqa: S104 - the point
    with pytest.raises(StartFailed, match="AUTOMATION_SETUP_FROM_NETWORK"):
        await first(tmp_path, host=everywhere).prepare(there)
    await first(tmp_path, host=everywhere, setup_from_network=True).prepare(there)


def test_only_loopback_is_this_machine_alone() -> None:
    here, elsewhere = ("127.0.0.1", "::1", "localhost", "127.8.8.8"), ("0.0.0.0", "::")  # noqa: S104
    hosts = (*here, *elsewhere, "", "10.0.0.1", "box")
    assert tuple(filter(is_local, hosts)) == here


async def test_users_are_made_and_changed_from_the_command_line(
    database: str, tmp_path: Path
) -> None:
    async def run(*words: str) -> tuple[int, str, str]:
        env = {
            "AUTOMATION_HOME": str(tmp_path),
            "AUTOMATION_DATABASE_URL": database,
            "AUTOMATION_PUBLIC_URL": "https://tasks.example.com",
            "LC_ALL": "C.UTF-8",
        }
        done = await asyncio.to_thread(CliRunner().invoke, user_cli.app, words, env=env)
        return done.exit_code, done.stdout, done.stderr

    (tmp_path / "password").write_text(PASSWORD)

    code, link, _ = await run("create", "Ann", "--role", "operator")
    assert code == 0
    assert link.startswith("https://tasks.example.com/set-password#")
    file = str(tmp_path / "password")
    assert await run("create", "boss", "--role", "admin", "--password-file", file) == (0, "", "")
    code, _, words = await run("disable", "boss")
    assert code == 1
    assert words.startswith("This is the last administrator")
    _, listed, _ = await run("list")
    found = [json.loads(line) for line in listed.splitlines()]
    assert [(each["name"], each["role"]) for each in found] == [
        ("Ann", "operator"),
        ("boss", "admin"),
    ]
    connection = await asyncpg.connect(database)
    try:
        assert PASSWORD not in repr(await connection.fetch("SELECT * FROM api.users"))
    finally:
        await connection.close()
