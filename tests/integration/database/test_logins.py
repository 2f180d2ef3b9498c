"""Roles log in with passwords from files; the server never hears one; they change at work."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta

import asyncpg
import pytest

from deploy.database import desk, passwords
from deploy.keys import rotation
from deploy.keys.folder import Folder
from deploy.local.database import as_user
from shared.db import pool as pools
from shared.db.grants.logins import limits_of
from shared.db.grants.matrix import ROLES, rolname
from shared.db.migrate import migrate
from shared.db.pool import connected, open_pool
from shared.settings import DatabaseAddress, NoPassword
from tests.integration.database.installed import Installed
from tests.support import servers

REFUSED = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)


async def test_the_verifier_is_the_one_that_postgresql_makes(installed: Installed) -> None:
    password = "a password with $ and ' in it"  # noqa: S105 - of this test
    async with connected(installed.url) as superuser:
        await superuser.execute("CREATE ROLE somebody PASSWORD 'a password with $ and '' in it'")
        kept: str = await superuser.fetchval(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'somebody'"
        )
    salt = base64.b64decode(kept.split(":")[1].split("$", maxsplit=1)[0])
    assert passwords.verifier(password, salt) == kept


async def test_no_password_reaches_the_server_or_its_log(installed: Installed) -> None:
    said = installed.log.read_text(errors="replace")
    assert "ALTER ROLE automation_api LOGIN" in said, "this server tells every statement"
    for role in ROLES:
        assert passwords.read(installed.file(role)) not in said
    async with connected(installed.url) as superuser:
        rows = await superuser.fetch(
            "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'automation\\_%' AND rolcanlogin"
        )
    kept = [row["rolpassword"] for row in rows if row["rolpassword"]]
    assert len(kept) >= len(ROLES)
    assert all(each.startswith("SCRAM-SHA-256$4096:") for each in kept)


async def test_every_role_has_its_time_limits_whoever_comes_as_it(installed: Installed) -> None:
    for role in ROLES:
        async with connected(installed.of(role)) as connection:
            for setting, value in limits_of(role).items():
                assert await connection.fetchval(f"SHOW {setting}") == value, (role, setting)


async def test_a_session_that_holds_a_transaction_open_is_ended(installed: Installed) -> None:
    async with connected(installed.of("api")) as connection:
        await connection.execute("BEGIN")
        async with asyncio.timeout(20):
            while not connection.is_closed():  # noqa: ASYNC110 - the server says it once
                await asyncio.sleep(0.1)


async def test_nobody_else_gets_into_the_database(installed: Installed) -> None:
    await servers.admin(
        installed.server, "CREATE ROLE stranger LOGIN PASSWORD 'a strange password'"
    )
    stranger = as_user(installed.url, "stranger:a%20strange%20password")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        async with connected(stranger):
            pass
    async with connected(installed.of("executor")) as executor:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await executor.execute("CREATE TEMPORARY TABLE mine (id integer)")


async def test_a_wrong_password_is_refused_and_told_soon(installed: Installed) -> None:
    installed.change_file("notifier")
    async with asyncio.timeout(pools.ROTATION_TAKES.total_seconds() + 5):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await open_pool(installed.of("notifier"), name="test")


async def test_a_file_without_a_password_is_named(installed: Installed) -> None:
    file = installed.file("api")
    for text in ("", "\n", None):
        file.unlink() if text is None else file.write_text(text)
        with pytest.raises(NoPassword, match=r"db-api\.password"):
            await open_pool(installed.of("api"), name="test")


async def test_short_and_strange_passwords_are_refused(installed: Installed) -> None:
    for text in ("too short", "一個很長很長很長很長很長很長很長的密碼"):
        installed.file("api").write_text(text)
        with pytest.raises(passwords.BadPassword, match=r"db-api\.password"):
            await desk.set_roles(installed.owner, installed.keys)


async def test_an_owner_whose_password_was_changed_twice_is_not_locked_out(
    installed: Installed,
) -> None:
    """The command that tells the server has nothing but the new file and what was kept beside."""
    for _ in range(2):
        rotation.rotate_password(Folder(installed.keys), "owner")

    assert await migrate(installed.owner) == []
    assert "automation_owner" in await desk.set_roles(installed.owner, installed.keys)

    installed.file("owner").with_name("db-owner.password.old").unlink()
    async with connected(installed.owner):
        """The server knows the new one."""


async def test_the_owner_changes_its_own_password_too(installed: Installed) -> None:
    before = passwords.read(installed.file("owner"))
    old = installed.keys / "old"
    old.write_text(before)
    installed.change_file("owner")
    come = DatabaseAddress(installed.owner.url, old)
    assert "automation_owner" in await desk.set_roles(come, installed.keys)
    async with connected(installed.owner):
        pass
    with pytest.raises(REFUSED):
        async with connected(come):
            pass


@pytest.mark.parametrize("first", ["file", "server"])
async def test_passwords_change_while_connections_come_and_go(
    installed: Installed, first: str
) -> None:
    """Nobody is turned away; what is open goes on; in the end only the new password is good."""
    address, done, asked = installed.of("scheduler"), asyncio.Event(), 0
    original = passwords.read(installed.file("scheduler"))

    async def work(pool: pools.Pool) -> None:
        nonlocal asked
        while not done.is_set():
            await pool.expire_connections()  # the next ones are new
            assert await pool.fetchval("SELECT current_user") == rolname("scheduler")
            asked += 1

    async with (
        await open_pool(address, name="test", max_size=4) as pool,
        asyncio.TaskGroup() as tasks,
    ):
        held = await pool.acquire()
        for _ in range(2):
            tasks.create_task(work(pool))
        for _ in range(2):
            seen = asked
            await change(installed, "scheduler", first)
            while asked < seen + 20:  # noqa: ASYNC110 - the workers count
                await asyncio.sleep(0.01)
        assert await held.fetchval("SELECT 1") == 1, "it was open all the time"
        await pool.release(held)
        done.set()
    with pytest.raises(REFUSED):
        await asyncpg.connect(address.url, password=original, timeout=5)


async def change(installed: Installed, role: str, first: str) -> None:
    """Change file and server, one after the other, with time in between."""
    pause = timedelta(milliseconds=250).total_seconds()
    file = installed.file(role)
    if first == "file":
        installed.change_file(role)
        await asyncio.sleep(pause)
        await desk.set_roles(installed.owner, installed.keys)
        return
    new = installed.keys.parent / "new"
    new.mkdir(exist_ok=True)
    for each in ROLES:
        passwords.file_of(new, each).write_bytes(installed.file(each).read_bytes())
    aside = Installed(installed.server, installed.log, new)
    aside.change_file(role)
    await desk.set_roles(installed.owner, new)
    await asyncio.sleep(pause)
    file.write_bytes(aside.file(role).read_bytes())
