"""Roles are made by whoever migrates: many at once, no superuser, or somebody who may not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from deploy.database import desk, passwords
from deploy.local.database import as_user
from deploy.local.postgres import Postgres
from shared.db.grants import apply, live
from shared.db.grants.matrix import ROLES, Right, rolname
from shared.db.migrate import migrate
from shared.db.pool import connected
from tests.integration.database.installed import Installed
from tests.support import servers


async def rights_of(dsn: str) -> frozenset[Right]:
    async with connected(dsn) as connection:
        return (await live.look(connection)).rights


def postgres_of(server: servers.Running) -> Postgres:
    assert isinstance(server.unit, Postgres)
    return server.unit


async def test_many_databases_of_one_server_are_migrated_at_once(
    own_server: servers.Running,
) -> None:
    server = postgres_of(own_server)
    names = [f"tenant_{n}" for n in range(6)]
    for name in names:
        await servers.admin(server, f"CREATE DATABASE {name}")
    # Each of them twice: one does the work, the other waits for it.
    await asyncio.gather(*(migrate(server.dsn(name)) for name in names for _ in range(2)))
    rights = [await rights_of(server.dsn(name)) for name in names]
    assert {right.role for right in rights[0]} == set(ROLES)
    assert all(each == rights[0] for each in rights)


async def test_an_owner_who_is_no_superuser_can_do_all_of_it(installed: Installed) -> None:
    assert await desk.check(installed.owner) == []
    for role in ROLES:
        async with connected(installed.of(role)) as connection:
            assert await connection.fetchval("SELECT current_user") == rolname(role)
    async with connected(installed.owner) as owner:
        assert not await owner.fetchval(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        )


async def test_who_may_create_no_roles_migrates_without_them(
    own_server: servers.Running, tmp_path: Path
) -> None:
    server = postgres_of(own_server)
    await servers.admin(server, "CREATE ROLE somebody LOGIN PASSWORD 'a password of somebody'")
    await servers.admin(server, "CREATE DATABASE theirs OWNER somebody")
    dsn = as_user(server.dsn("theirs"), "somebody:a%20password%20of%20somebody")
    assert await migrate(dsn)
    assert {right.role for right in await rights_of(dsn)} <= {"PUBLIC"}
    passwords.make_missing(tmp_path / "keys")
    with pytest.raises(desk.NoRoles, match="CREATE ROLE automation_api"):
        await desk.set_roles(dsn, tmp_path / "keys")

    # An administrator makes them; the next migration gives them what is theirs.
    for role in ROLES:
        await servers.admin(server, f"CREATE ROLE {rolname(role)}")
    assert await migrate(dsn) == []
    async with connected(dsn) as connection:
        assert not await apply.check(connection)


async def test_what_was_granted_by_hand_is_told_and_taken_back(installed: Installed) -> None:
    async with connected(installed.owner) as owner:
        await owner.execute("GRANT UPDATE, SELECT ON scheduler.occurrences TO automation_executor")
        await owner.execute("GRANT SELECT (name) ON api.users TO PUBLIC")
        await owner.execute("REVOKE INSERT ON api.audit FROM automation_api")
        await owner.execute("ALTER ROLE automation_api CREATEROLE")
        await owner.execute("ALTER ROLE automation_api IN DATABASE managed RESET lock_timeout")
    told = await desk.check(installed.owner)
    assert "too much\texecutor\tUPDATE\ttable scheduler.occurrences" in told
    assert "too much\tPUBLIC\tSELECT (name)\ttable api.users" in told
    assert "missing\tapi\tINSERT\ttable api.audit" in told
    assert "wrong\tautomation_api\tmay create roles" in told
    assert "wrong\tautomation_api\thas no lock_timeout = 3s in this database" in told

    await migrate(installed.owner)
    await desk.set_roles(installed.owner, installed.keys)
    assert await desk.check(installed.owner) == ["wrong\tautomation_api\tmay create roles"]


async def test_a_table_without_a_line_is_nobodys_and_is_told(installed: Installed) -> None:
    async with connected(installed.owner) as owner:
        await owner.execute("CREATE TABLE api.forgotten (id integer)")
        await owner.execute("CREATE FUNCTION api.forgotten() RETURNS integer RETURN 1")
    await migrate(installed.owner)
    told = await desk.check(installed.owner)
    assert told == ["not stated\tapi.forgotten", "not stated\tapi.forgotten()"]
    async with connected(installed.of("api")) as api:
        for statement in ("SELECT * FROM api.forgotten", "SELECT api.forgotten()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.execute(statement)
