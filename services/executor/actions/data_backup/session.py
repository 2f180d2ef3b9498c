"""A psql that is held open for as long as a backup takes.

Actions know no driver of databases; psql is one of the programs that a backup needs anyway. What is
held is the connection: with it the lock of the database, so that no two backups of one database run
at once, and the snapshot, so that the rows that are counted are the rows that are dumped. Both end
with the process, and the process ends with the executor.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from services.executor.actions.postgres_tools import Source, Tools
from services.executor.actions.programs import child
from shared.contracts.action import ActionFailed

#: The lock of a database that is being backed up; advisory locks are per database.
LOCK = 0x6175746F6D6264  # "autombd"
LOCK_TIMEOUT = "60s"
_LONGEST_LINE = 1 << 20

#: What pg_dump takes the rows of: tables that are nobody's extension's.
_OURS = """
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid)
"""
_COUNT = rf"""
SELECT pg_catalog.format(
  'SELECT json_build_array(%L::text, %L::text, count(*)) FROM ONLY %I.%I',
  n.nspname, c.relname, n.nspname, c.relname)
{_OURS} ORDER BY n.nspname, c.relname \gexec
"""  # noqa: S608 - our own words
#: Whether one other connection holds a lock on every one of them.
_LOCKED = f"""
WITH ours AS (SELECT c.oid {_OURS})
SELECT (SELECT count(*) FROM ours) <= coalesce((
  SELECT count(DISTINCT l.relation) FROM pg_catalog.pg_locks l JOIN ours ON ours.oid = l.relation
  WHERE l.granted AND l.mode = 'AccessShareLock' AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  GROUP BY l.pid ORDER BY 1 DESC LIMIT 1), 0);
"""  # noqa: S608 - our own words
_IDENTITY = (
    "SELECT current_database() || '-' || left(encode(sha256(convert_to("
    "(SELECT system_identifier FROM pg_control_system()) || '/' || current_database(), 'UTF8')),"
    " 'hex'), 8)"
)
_OBJECTS = """
SELECT count(*) FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S');
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
"""


class Session:
    """One connection; one statement at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, statement: str) -> list[str]:
        """Carry out one statement; return its rows, one column, a line each.

        Raises:
            ActionFailed: the server refused it, or has gone.
        """
        end = f"--{uuid4().hex}"
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - opened with pipes
        assert stdout is not None  # noqa: S101 - opened with pipes
        lines = []
        try:
            # Not `\\echo`, which psql does not flush into a pipe.
            stdin.write(f"{statement}\nSELECT '{end}';\n".encode())
            await stdin.drain()
            while (line := await stdout.readline()) and line.strip() != end.encode():
                lines.append(line.decode().rstrip("\n"))
        except (ConnectionError, ValueError) as error:
            raise ActionFailed(f"the database has gone: {error}") from error
        if not line:
            raise ActionFailed(f"the database refused: {await self._last_words()}")
        return lines

    async def _last_words(self) -> str:
        assert self._process.stderr is not None  # noqa: S101 - opened with a pipe
        said = (await self._process.stderr.read()).decode(errors="replace").strip().splitlines()
        told = [line for line in said if "ERROR" in line or "FATAL" in line] or said
        return told[0] if told else "psql has ended"

    async def identity(self) -> str:
        """Return which database this is: its name, and a digest that a copy elsewhere lacks."""
        (found,) = await self.ask(f"{_IDENTITY};")
        return re.sub(r"[^A-Za-z0-9_.-]", "_", found)

    async def try_lock(self) -> bool:
        """Take the database for us alone; says whether it worked."""
        return await self.ask(f"SELECT pg_try_advisory_lock({LOCK});") == ["t"]

    async def take_snapshot(self) -> str:
        """Freeze what this connection sees from now on; return its name for pg_dump."""
        await self.ask(f"SET lock_timeout = '{LOCK_TIMEOUT}';")
        await self.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")
        (snapshot,) = await self.ask("SELECT pg_export_snapshot();")
        return snapshot

    async def let_go(self) -> None:
        """Let the snapshot go: it kept the server from cleaning up."""
        await self.ask("COMMIT;")

    async def databases(self) -> list[str]:
        """Return the names of all databases of the server."""
        return await self.ask("SELECT datname FROM pg_database ORDER BY datname;")

    async def objects(self) -> int:
        """Return how many tables, views and sequences of somebody's there are."""
        return int((await self.ask(_OBJECTS))[0])

    async def roles(self) -> set[str]:
        """Return who may own something."""
        return set(await self.ask("SELECT rolname FROM pg_roles;"))

    async def others(self) -> int:
        """Return how many other connections this database has."""
        return int((await self.ask(_OTHERS))[0])

    async def create_database(self, name: str) -> None:
        """Create an empty database; *name* is of letters, digits and `_`."""
        await self.ask(f'CREATE DATABASE "{name}" TEMPLATE template0;')

    async def drop_database(self, name: str) -> None:
        """Drop a database, whoever is in it."""
        await self.ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);')

    async def is_all_locked(self) -> bool:
        """Say whether somebody else, pg_dump, holds all the locks that a dump needs."""
        return await self.ask(_LOCKED) == ["t"]

    async def count(self) -> dict[str, int]:
        """Return the rows of each table, by schema and name."""
        rows = [json.loads(line) for line in await self.ask(_COUNT)]
        return {f"{schema}.{table}": count for schema, table, count in rows}


@asynccontextmanager
async def opened(tools: Tools, source: Source) -> AsyncIterator[Session]:
    """Connect; the connection ends with the block."""
    argv = [tools["psql"], "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", source.address]
    async with child.started(argv, env=source.env, limit=_LONGEST_LINE) as process:
        session = Session(process)
        # Time limits of roles and databases are meant for others.
        await session.ask("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;")
        yield session


def without_excluded(rows: dict[str, int], patterns: list[str]) -> dict[str, int]:
    """Leave out the tables whose rows are not dumped: pg_dump's patterns, of letters and `*`."""
    shapes = []
    for pattern in patterns:
        words = (re.escape(word) for word in pattern.lower().split("*"))
        schema = "" if "." in pattern else r"[^.]*\."
        shapes.append(re.compile(schema + ".*".join(words)))
    return {
        name: count
        for name, count in rows.items()
        if not any(shape.fullmatch(name) for shape in shapes)
    }
