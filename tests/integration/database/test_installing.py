"""Roles are made by whoever migrates: many at once, or who may not, or who owns nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.database import desk, passwords
from deploy.local.database import as_user
from deploy.local.postgres import Postgres
from shared.db.grants import apply, live
from shared.db.grants.matrix import ROLES, Right, rolname
from shared.db.migrate import NotTheOwner, current, migrate
from shared.db.pool import connected
from tests.support import servers


async def rights_of(dsn: str) -> frozenset[Right]:
    async with connected(dsn) as connection:
        return (await live.look(connection)).rights


async def test_many_databases_of_one_server_are_migrated_at_once(
    bare: Postgres,
) -> None:
    names = [f"tenant_{n}" for n in range(3)]
    for name in names:
        await servers.admin(bare, f"CREATE DATABASE {name}")
    # Each of them twice: one does the work, the other waits for it.
    await asyncio.gather(*(migrate(bare.dsn(name)) for name in names for _ in range(2)))
    rights = [await rights_of(bare.dsn(name)) for name in names]
    assert {right.role for right in rights[0]} == set(ROLES)
    assert all(each == rights[0] for each in rights)


async def test_who_may_create_no_roles_migrates_without_them(
    bare: Postgres, tmp_path: Path
) -> None:
    await servers.admin(bare, "CREATE ROLE somebody LOGIN PASSWORD 'a password of somebody'")
    await servers.admin(bare, "CREATE DATABASE theirs OWNER somebody")
    dsn = as_user(bare.dsn("theirs"), "somebody:a%20password%20of%20somebody")
    assert await migrate(dsn)
    assert {right.role for right in await rights_of(dsn)} <= {"PUBLIC"}
    passwords.make_missing(tmp_path / "keys")
    with pytest.raises(desk.NoRoles, match="CREATE ROLE automation_api"):
        await desk.set_roles(dsn, tmp_path / "keys")

    # An administrator makes them; the next migration gives them what is theirs.
    for role in ROLES:
        await servers.admin(bare, f"CREATE ROLE {rolname(role)}")
    assert await migrate(dsn) == []
    async with connected(dsn) as connection:
        assert not await apply.check(connection)


async def test_who_owns_nothing_is_told_so_before_anything_is_done(
    bare: Postgres,
) -> None:
    await servers.admin(bare, "CREATE ROLE older LOGIN PASSWORD 'a password of older'")
    await servers.admin(bare, "CREATE ROLE newer LOGIN PASSWORD 'a password of newer'")
    await servers.admin(bare, "CREATE DATABASE handed_on OWNER older")
    as_older = as_user(bare.dsn("handed_on"), "older:a%20password%20of%20older")
    as_newer = as_user(bare.dsn("handed_on"), "newer:a%20password%20of%20newer")
    await migrate(as_older)
    async with connected(bare.dsn("handed_on")) as admin:
        await admin.execute("DELETE FROM public.schema_migrations WHERE name LIKE '0040%'")

    with pytest.raises(NotTheOwner, match="REASSIGN OWNED BY older TO newer"):
        await migrate(as_newer)

    async with connected(bare.dsn("handed_on")) as admin:
        await admin.execute("ALTER DATABASE handed_on OWNER TO newer")
        await admin.execute("REASSIGN OWNED BY older TO newer")
    assert await migrate(as_newer) == ["0040_pre_search_path"]
    assert "0040_pre_search_path" in await current(as_newer)
