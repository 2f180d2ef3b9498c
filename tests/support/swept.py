"""A database that is swept between tests instead of being cloned for each.

To clone one, to open pools on it and to drop it costs as much as ten small tests; to find which
tables have rows, to empty them and to put back what migrations wrote costs a few milliseconds. So
that nobody notices, all sessions of others are ended, sequences begin anew, and a database whose
schema a test has changed is thrown away.

    async with Swept(server) as swept:
        dsn = await swept.sweep()           as good as a new one
        async with pools_of(dsn) as pools:  those that are kept for it
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg

from deploy.local.postgres import Postgres
from shared.db.pool import Pool, open_pool
from tests.support import servers
from tests.support.roles import under

#: Sessions with this name are ours and stay.
KEPT = "kept"
#: Above this many bytes a table is vacuumed, so that dead rows do not slow down later tests.
LARGE = 1 << 20

_TABLES = """
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1
"""
_COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_SEQUENCES = """
    SELECT format('%I.%I', schemaname, sequencename) AS name, last_value, start_value
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
#: What a test may have changed about the schema and its rights.
_SCHEMA = """
    SELECT
      (SELECT sum(hashtext(ROW(relname, relacl, relkind, relnatts, relchecks)::text))
       FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_'),
      (SELECT sum(hashtext(ROW(tgname, tgrelid, tgenabled)::text)) FROM pg_trigger),
      (SELECT sum(hashtext(ROW(conname, convalidated)::text)) FROM pg_constraint),
      (SELECT sum(hashtext(ROW(nspname, nspacl)::text)) FROM pg_namespace WHERE nspname !~ '^pg_'),
      (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_db_role_setting)
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> $1
"""


@dataclass(frozen=True, slots=True)
class Pools:
    """Connections to one database: as the owner, and as the API comes."""

    owner: Pool
    api: Pool


_kept: dict[str, Swept] = {}


class Swept:
    """One database for many tests, one after the other."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._stack = AsyncExitStack()
        self._dsn: str | None = None
        self._pools: Pools | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._throw_away()

    @property
    def dsn(self) -> str:
        """The address of the database, which has been swept once."""
        assert self._dsn is not None
        return self._dsn

    async def sweep(self) -> str:
        """Return the address of the database, which is as migrations left it, or as remembered."""
        if self._dsn is None or not await self._swept():
            assert self._dsn is None or not self._arranged, "a test has changed the schema"
            await self._throw_away()
            await self._begin()
        return self.dsn

    async def remember(self) -> None:
        """Take what is there now for what each sweep leaves."""
        await self._remember()
        self._arranged = True

    async def pools(self) -> Pools:
        """Return the pools that are kept; new ones if a test has closed them or kept a session."""
        if self._pools is None or not all(map(_unused, (self._pools.owner, self._pools.api))):
            self._end_pools()
            self._pools = Pools(
                await open_pool(self.dsn, name=KEPT, max_size=10),
                await open_pool(under(self.dsn, "api"), name=KEPT, max_size=10),
            )
        return self._pools

    async def _begin(self) -> None:
        dsn = await self._stack.enter_async_context(servers.fresh_database(self._server))
        self._sweeper = await asyncpg.connect(
            dsn,
            timeout=10,
            command_timeout=30,
            # Neither triggers nor foreign keys: rows that may not be deleted are.
            server_settings={"session_replication_role": "replica", "application_name": KEPT},
        )
        tables = [row["name"] for row in await self._sweeper.fetch(_TABLES)]
        self._used = " UNION ALL ".join(
            f"SELECT '{name}' AS name, pg_relation_size('{name}') AS size"  # noqa: S608 - the catalogue's names
            f" WHERE EXISTS (SELECT FROM {name})"
            for name in tables
        )
        self._schema = await self._sweeper.fetchrow(_SCHEMA)
        await self._remember()
        self._arranged = False
        self._dsn = dsn
        _kept[dsn] = self

    async def _remember(self) -> None:
        """Keep all rows as the statements that put them back."""
        self._seeds: dict[str, str] = {}
        for row in await self._sweeper.fetch(self._used):
            name = row["name"]
            columns = await self._sweeper.fetchval(_COLUMNS, name)
            rows = await self._sweeper.fetchval(
                f"SELECT string_agg(quote_literal(t::text), ', ') FROM {name} t"  # noqa: S608 - as above
            )
            self._seeds[name] = (
                f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608 - as above
                f" SELECT {columns} FROM unnest(ARRAY[{rows}]::{name}[])"
            )
        self._sequences = {
            row["name"]: row["last_value"] for row in await self._sweeper.fetch(_SEQUENCES)
        }

    async def _swept(self) -> bool:
        """Empty the database; False: it is not as it was."""
        await self._sweeper.fetch(_END_OTHERS, KEPT)
        if await self._sweeper.fetchrow(_SCHEMA) != self._schema:
            return False
        await self.empty()
        return True

    async def empty(self) -> None:
        """Leave the rows that each sweep leaves; sessions of others go on."""
        used = await self._sweeper.fetch(self._used)
        statements = [f"DELETE FROM {row['name']}" for row in used]  # noqa: S608 - as above
        statements += [
            insert if any(row["name"] == name for row in used) else f"DELETE FROM {name}; {insert}"  # noqa: S608 - as above
            for name, insert in self._seeds.items()
        ]
        for row in await self._sweeper.fetch(_SEQUENCES):
            before = self._sequences.get(row["name"])
            if before != row["last_value"]:
                value = row["start_value"] if before is None else before
                called = "false" if before is None else "true"
                statements.append(f"SELECT setval('{row['name']}', {value}, {called})")
        await self._sweeper.execute("; ".join(statements))
        for row in used:
            if row["size"] > LARGE:
                await self._sweeper.execute(f"VACUUM {row['name']}")

    async def _throw_away(self) -> None:
        self._end_pools()
        if self._dsn is not None:
            del _kept[self._dsn]
            self._dsn = None
            await self._sweeper.close(timeout=5)
        await self._stack.aclose()

    def _end_pools(self) -> None:
        if self._pools is not None:
            self._pools.owner.terminate()
            self._pools.api.terminate()
            self._pools = None


def _unused(pool: Pool) -> bool:
    """Say whether a pool is open and nobody has anything of it."""
    return not pool.is_closing() and pool.get_idle_size() == pool.get_size() > 0


@asynccontextmanager
async def pools_of(dsn: str) -> AsyncIterator[Pools]:
    """Give pools for a database: those that are kept for it, or new ones."""
    if dsn in _kept:
        yield await _kept[dsn].pools()
        return
    async with (
        await open_pool(dsn, name="api-test", max_size=10) as owner,
        await open_pool(under(dsn, "api"), name="as-api", max_size=10) as api,
    ):
        yield Pools(owner, api)
