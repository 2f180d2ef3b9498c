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
from shared.db.migrate import NotTheOwner, current, migrate
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


async def test_who_owns_nothing_is_told_so_before_anything_is_done(
    own_server: servers.Running,
) -> None:
    server = postgres_of(own_server)
    await servers.admin(server, "CREATE ROLE older LOGIN PASSWORD 'a password of older'")
    await servers.admin(server, "CREATE ROLE newer LOGIN PASSWORD 'a password of newer'")
    await servers.admin(server, "CREATE DATABASE handed_on OWNER older")
    as_older = as_user(server.dsn("handed_on"), "older:a%20password%20of%20older")
    as_newer = as_user(server.dsn("handed_on"), "newer:a%20password%20of%20newer")
    await migrate(as_older)
    async with connected(server.dsn("handed_on")) as admin:
        await admin.execute("DELETE FROM public.schema_migrations WHERE name LIKE '0040%'")

    with pytest.raises(NotTheOwner, match="REASSIGN OWNED BY older TO newer"):
        await migrate(as_newer)

    async with connected(server.dsn("handed_on")) as admin:
        await admin.execute("ALTER DATABASE handed_on OWNER TO newer")
        await admin.execute("REASSIGN OWNED BY older TO newer")
    assert await migrate(as_newer) == ["0040_pre_search_path"]
    assert "0040_pre_search_path" in await current(as_newer)


async def test_whoever_acts_as_the_owner_looks_names_up_where_nobody_else_writes(
    installed: Installed,
) -> None:
    """A temporary table of the caller comes last; where it is not named it would come first."""
    async with connected(installed.owner) as owner:
        rows = await owner.fetch(
            "SELECT p.oid::regprocedure::text AS name, p.proconfig FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        )
    paths = {
        row["name"]: setting.partition("=")[2]
        for row in rows
        for setting in (row["proconfig"] or ["search_path=none"])
        if setting.startswith("search_path=")
    }
    assert len(paths) == len(rows) > 5
    assert set(paths.values()) == {"pg_catalog, pg_temp"}, paths
