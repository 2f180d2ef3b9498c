"""A PostgreSQL that belongs to the test and not to `automation up`, so that it stays down or slow.

    async with own_postgres() as server, stage(away_from_home(server)) as here:
        await server.kill()
        ...
        await server.start()

The same server with the same settings as the local system has, commits forced to disk included.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx

from deploy.local.postgres import Postgres
from tests.faults.stage import Stage
from tests.support.load import TASKS
from tests.support.servers import Running, temporary_folder
from tests.support.system import eventually
from tests.support.witness import Database

#: The API says so within this, or it hangs.
SAYS_SO = 3.0  # seconds
#: How a busy machine may stretch it.
SLACK = 1.0

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
  AND pid <> pg_backend_pid() AND application_name LIKE $1
"""


class OwnPostgres(Running):
    """The server, its files and what it said."""

    unit: Postgres

    @property
    def dsn(self) -> str:
        """Where it is."""
        return self.unit.dsn()

    def said(self) -> str:
        """Return its log."""
        return self.output.read_text(errors="replace")

    async def says(self, words: str, *, times: int = 1, within: float = 60) -> None:
        """Wait until its log has these words so often."""
        await eventually(
            lambda: self.said().count(words) >= times or None,
            within=timedelta(seconds=within),
            what=f"{words!r} in the log of PostgreSQL",
        )

    async def connect(self) -> Database:
        """Connect as somebody who has nothing to do with the services."""
        return await asyncpg.connect(
            self.dsn, timeout=10, server_settings={"application_name": "somebody else"}
        )


@asynccontextmanager
async def own_postgres(
    settings: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> AsyncIterator[OwnPostgres]:
    """Run one."""
    async with temporary_folder() as own:
        place = folder or own
        async with OwnPostgres(Postgres(place / "postgres", settings), place) as server:
            yield server


def away_from_home(server: OwnPostgres, **env: str) -> dict[str, str]:
    """Return the settings of two schedulers and two executors that use it."""
    return {
        "AUTOMATION_SCHEDULERS": "2",
        "AUTOMATION_EXECUTORS": "2",
        "AUTOMATION_LEASE_SECONDS": "4",
        "AUTOMATION_DATABASE_URL": server.dsn,
        **env,
    }


async def says_unavailable(here: Stage) -> None:
    """Ask the API for something to read and something to do; it has to refuse both, soon."""
    for method, path in (("GET", TASKS), ("POST", f"{TASKS}/{here.load.tasks[0]}/run")):
        began = time.monotonic()
        answer = await here.operator.call(method, path)
        took = time.monotonic() - began
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, (method, answer.text)
        assert int(answer.headers["Retry-After"]) > 0
        assert took < SAYS_SO + SLACK, f"{method} {path} took {took:.1f} s"
