"""Every role may do what is stated of it and nothing else: asked of the server, and tried."""

from __future__ import annotations

import asyncpg
import pytest
import pytest_asyncio

from shared.db.grants import apply, live
from shared.db.grants.live import Live, Thing
from shared.db.grants.matrix import BACKUP, ROLES, SCHEMAS, SERVICES, Right
from shared.db.pool import connected
from tests.integration.database.attempts import PRIVILEGES, can, columns_of
from tests.support.roles import under


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(module_database: str) -> Live:
    async with connected(module_database) as connection:
        return await live.look(connection)


def tables(found: Live) -> list[Thing]:
    return [each for each in found.things if each.kind == "TABLE" and not each.is_sequence]


def allowed(stated: set[Right], role: str, privilege: str, thing: Thing, column: str) -> bool:
    """Say whether the statement lets a role do it with a column."""
    return any(
        Right(role, privilege, "TABLE", thing.name, named) in stated for named in ("", column)
    )


async def test_there_are_all_roles_and_all_have_something(found: Live) -> None:
    assert found.roles == set(ROLES)
    for role in ROLES:
        assert any(right.role == role for right in found.rights), role


async def test_everything_in_the_database_is_stated(module_database: str) -> None:
    """A migration that adds a table or a function says in `matrix.py` whose it is."""
    async with connected(module_database) as connection:
        drift = await apply.check(connection)
    assert drift.tables == (), "no line in shared/db/grants/matrix.py"
    assert not drift.missing
    assert not drift.unstated
    assert not drift.defaults


async def test_the_statement_names_nothing_that_is_not_there(found: Live) -> None:
    from shared.db.grants import matrix  # noqa: PLC0415 - the lines themselves

    there = {each.name.partition("(")[0] for each in found.things}
    assert set(matrix.stated_tables()) <= there
    assert set(matrix.stated_functions()) <= there


async def test_tables_and_views_as_the_server_says(module_database: str, found: Live) -> None:
    stated = apply.statement(found.things)
    async with connected(module_database) as connection:
        rows = await connection.fetch(
            "SELECT role, name, privilege FROM unnest($1::text[]) AS role,"
            " unnest($2::text[]) AS name, unnest($3::text[]) AS privilege"
            " WHERE has_table_privilege('automation_' || role, name, privilege)",
            ROLES,
            [thing.name for thing in tables(found)],
            [*PRIVILEGES, "TRUNCATE", "REFERENCES", "TRIGGER"],
        )
    says = {Right(row["role"], row["privilege"], "TABLE", row["name"]) for row in rows}
    whole = {
        right
        for right in stated
        if right.kind == "TABLE" and not right.column and right.role in ROLES
    }
    assert (
        says ^ {right for right in whole if right.name in {t.name for t in tables(found)}} == set()
    )


@pytest.mark.parametrize("role", ROLES)
async def test_tables_and_views_as_tried(module_database: str, found: Live, role: str) -> None:
    stated = apply.statement(found.things)
    wrong, tried = [], 0
    async with (
        connected(module_database) as owner,
        connected(under(module_database, role)) as connection,
    ):
        for thing in tables(found):
            columns = await columns_of(owner, thing)
            for privilege in PRIVILEGES:
                # One column of each kind: an update may be allowed of some only.
                mine = [each for each in columns if allowed(stated, role, privilege, thing, each)]
                others = [each for each in columns if each not in mine]
                for column in (*mine[:1], *others[:1]):
                    tried += 1
                    can_do = await can(connection, privilege, thing.name, column)
                    if can_do and column not in mine:
                        wrong.append(("can", privilege, thing.name, column))
                    # A view that cannot be written is refused whatever the rights are.
                    if not can_do and column in mine and not _is_locked_view(thing, privilege):
                        wrong.append(("cannot", privilege, thing.name, column))
    assert wrong == []
    assert tried > 400


def _is_locked_view(thing: Thing, privilege: str) -> bool:
    return thing.is_view and privilege == "UPDATE"


async def test_functions(module_database: str, found: Live) -> None:
    stated = apply.statement(found.things)
    names = [each.name for each in found.things if each.kind == "FUNCTION"]
    async with connected(module_database) as connection:
        rows = await connection.fetch(
            "SELECT role, name FROM (SELECT p.oid, format('%s.%s(%s)', n.nspname, p.proname,"
            "  pg_get_function_identity_arguments(p.oid)) AS name"
            "  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace) AS f,"
            " unnest($1::text[]) AS role WHERE name = ANY($2)"
            " AND has_function_privilege('automation_' || role, oid, 'EXECUTE')",
            ROLES,
            names,
        )
    says = {Right(row["role"], "EXECUTE", "FUNCTION", row["name"]) for row in rows}
    assert says == {each for each in stated if each.kind == "FUNCTION" and each.role in ROLES}


async def test_nobody_makes_anything_in_our_schemas(module_database: str) -> None:
    for role in ROLES:
        async with connected(under(module_database, role)) as connection:
            for schema in (*SCHEMAS, "public"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"CREATE TABLE {schema}.mine (id integer)")


async def test_no_service_reads_what_was_migrated(module_database: str) -> None:
    for role in {*ROLES} - {BACKUP}:
        async with connected(under(module_database, role)) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM public.schema_migrations")


async def test_every_service_reads_others_through_views_only(found: Live) -> None:
    things = {each.name: each for each in found.things}
    for right in found.rights:
        schema = right.name.partition(".")[0]
        mine = SCHEMAS.get(schema) == right.role
        if right.role in SERVICES and right.kind == "TABLE" and not mine:
            assert things[right.name].is_view, right
            assert right.privilege == "SELECT" or right.column == "locked", right
