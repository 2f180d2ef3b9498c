"""A PostgreSQL for the tests of one module, which may change its roles: they belong to it whole."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.postgres import Postgres
from shared.db.pool import connected
from tests.integration.database.installed import Installed
from tests.support import servers

#: Its log tells every statement that it is asked.
TELLING = {"log_statement": "all", "log_min_duration_statement": "0"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_server() -> AsyncIterator[servers.Running]:
    """Run a server without any role of ours."""
    async with servers.temporary_folder(place=servers.quickest_place()) as folder:
        unit = Postgres(folder / "postgres", {**servers.NOT_DURABLE, **TELLING})
        async with servers.Running(unit, folder) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bare(own_server: servers.Running) -> AsyncIterator[Postgres]:
    """Give a server without any role or database of ours, and take away what a test has made."""
    server = own_server.unit
    assert isinstance(server, Postgres)
    yield server
    async with connected(server.dsn("postgres")) as superuser:
        databases = await superuser.fetch(
            "SELECT quote_ident(datname) AS name FROM pg_database"
            " WHERE datdba <> (SELECT oid FROM pg_roles WHERE rolname = current_user)"
            " OR datname LIKE 'tenant%'"
        )
        for each in databases:
            await superuser.execute(f"DROP DATABASE {each['name']} WITH (FORCE)")
        roles = await superuser.fetch(
            "SELECT quote_ident(rolname) AS name FROM pg_roles"
            " WHERE NOT rolsuper AND rolname !~ '^pg_'"
        )
        if roles:
            await superuser.execute(f"DROP ROLE {', '.join(each['name'] for each in roles)}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installed_once(
    own_server: servers.Running, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """Install our database as an owner who is no superuser, with passwords for all roles."""
    assert isinstance(own_server.unit, Postgres)
    keys = tmp_path_factory.mktemp("installed") / "keys"
    return await Installed.make(own_server.unit, own_server.output, keys)


@pytest_asyncio.fixture(loop_scope="session")
async def installed(installed_once: Installed) -> AsyncIterator[Installed]:
    """Give it to one test, after which all passwords are again what they were."""
    before = {file: file.read_bytes() for file in installed_once.keys.iterdir() if file.is_file()}
    yield installed_once
    now = {file: file.read_bytes() for file in installed_once.keys.iterdir() if file.is_file()}
    if now == before:
        return
    for file in now.keys() - before.keys():
        file.unlink()
    for file, content in before.items():
        file.write_bytes(content)
    await installed_once.set_passwords()
