"""Nothing reaches the database but over TLS, to the server that we mean, with a SCRAM password."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from deploy.database import desk
from shared.db.grants.matrix import ROLES
from shared.db.pool import connected, open_pool
from shared.settings import DatabaseAddress
from tests.integration.database.installed import Installed
from tests.integration.database.tls_server import Authority, TlsPostgres
from tests.support import servers

NO_ENTRY = asyncpg.InvalidAuthorizationSpecificationError


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    """Install our database, as its owner, on a server as we ship it.

    It is an older PostgreSQL than the one in the wheel, so roles and rights are tried on both.
    """
    async with servers.temporary_folder() as folder:
        folder.chmod(0o755)
        unit = TlsPostgres(folder / "postgres", Authority())
        async with servers.Running(unit, folder) as running:
            keys = tmp_path_factory.mktemp("tls") / "keys"
            yield await Installed.make(unit, running.output, keys, database="automation")


def changed(address: DatabaseAddress, old: str, new: str) -> DatabaseAddress:
    assert old in address.url
    return DatabaseAddress(address.url.replace(old, new), address.password_file)


async def test_all_roles_come_over_tls(tls: Installed) -> None:
    assert await desk.check(tls.owner) == []
    for role in ROLES:
        async with connected(tls.of(role)) as connection:
            version = await connection.fetchval(
                "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )
            assert version == "TLSv1.3"


async def test_a_pool_comes_over_tls(tls: Installed) -> None:
    async with await open_pool(tls.of("api"), name="test") as pool:
        assert await pool.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


async def test_a_server_that_somebody_else_vouches_for_is_refused(
    tls: Installed, tmp_path: Path
) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(Authority().certificate)
    assert isinstance(tls.server, TlsPostgres)
    address = changed(tls.of("api"), str(tls.server.ca), str(other))
    with pytest.raises(ssl.SSLCertVerificationError):
        await open_pool(address, name="test")
    said = psql(tls, address, "SELECT 1")
    assert said.returncode != 0
    assert "SSL error" in said.stderr


async def test_a_server_of_another_name_is_refused(tls: Installed) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
        await open_pool(changed(tls.of("api"), "localhost", "127.0.0.1"), name="test")


async def test_nobody_is_let_in_without_tls(tls: Installed) -> None:
    with pytest.raises(NO_ENTRY, match="no encryption"):
        await open_pool(changed(tls.of("api"), "verify-full", "disable"), name="test")


async def test_nobody_else_is_let_in_at_all(tls: Installed) -> None:
    await servers.admin(tls.server, "CREATE ROLE stranger LOGIN PASSWORD 'a strange password'")
    url = tls.of("api").url.replace("automation_api", "stranger:a%20strange%20password")
    with pytest.raises(NO_ENTRY, match=r"no pg_hba\.conf entry"):
        await open_pool(url, name="test")
    other = changed(tls.of("api"), "/automation?", "/postgres?")
    with pytest.raises(NO_ENTRY, match=r"no pg_hba\.conf entry"):
        await open_pool(other, name="test")


async def test_an_md5_password_is_no_way_in(tls: Installed) -> None:
    async with connected(tls.url) as superuser:
        kept = await superuser.fetchval(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'automation_notifier'"
        )
        await superuser.execute("SET password_encryption = 'md5'")
        await superuser.execute("ALTER ROLE automation_notifier PASSWORD 'an md5 password'")
        try:
            tls.file("notifier").with_suffix(".old").write_text("an md5 password")
            old = DatabaseAddress(tls.of("notifier").url, tls.file("notifier").with_suffix(".old"))
            with pytest.raises(asyncpg.InvalidPasswordError):
                await open_pool(old, name="test")
        finally:
            await superuser.execute(f"ALTER ROLE automation_notifier PASSWORD '{kept}'")


async def test_the_programs_of_postgresql_come_the_same_way(tls: Installed, tmp_path: Path) -> None:
    assert psql(tls, tls.of("backup"), "SELECT count(*) FROM api.tasks").stdout.strip() == "0"
    dump = tmp_path / "dump"
    made = program(tls, "pg_dump", tls.of("backup"), "--format=custom", f"--file={dump}")
    assert (made.returncode, made.stderr) == (0, "")
    assert dump.stat().st_size > 0
    refused = program(tls, "pg_dump", tls.of("api"), "--format=custom", f"--file={dump}")
    assert "permission denied" in refused.stderr


def psql(
    tls: Installed, address: DatabaseAddress, statement: str
) -> subprocess.CompletedProcess[str]:
    return program(tls, "psql", address, "-X", "-A", "-t", "-c", statement)


def program(
    tls: Installed, name: str, address: DatabaseAddress, *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tls.server.binaries[name], *options, address.url],
        env={**os.environ, "PGPASSWORD": address.password() or "", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
