"""What an owner who is no superuser has installed: whole, and told where it is not as stated."""

from __future__ import annotations

import asyncpg
import pytest

from deploy.database import desk
from shared.db.grants.matrix import ROLES, rolname
from shared.db.migrate import migrate
from shared.db.pool import connected
from tests.integration.database.installed import Installed


async def test_an_owner_who_is_no_superuser_can_do_all_of_it(installed: Installed) -> None:
    assert await desk.check(installed.owner) == []
    for role in ROLES:
        async with connected(installed.of(role)) as connection:
            assert await connection.fetchval("SELECT current_user") == rolname(role)
    async with connected(installed.owner) as owner:
        assert not await owner.fetchval(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        )


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
    async with connected(installed.owner) as owner:
        await owner.execute("ALTER ROLE automation_api NOCREATEROLE")


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
    async with connected(installed.owner) as owner:
        await owner.execute("DROP FUNCTION api.forgotten(); DROP TABLE api.forgotten")


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
