"""A project under load, and the judgement of everything that it did.

The load never stops while things are done to the system. The checker then compares what was asked
for, what ledger and log say, and what the sink has seen: no fire missed, none twice, exactly one
final row for each run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from tests.compose.project import Project
from tests.support import checker
from tests.support.checker import Figures
from tests.support.load import Load, Operator
from tests.support.under_load import UnderLoad
from tests.support.witness import Witness

SINK = "http://sink:8000"
SEED = 20260714
TASKS = 16
DRAINED_WITHIN = checker.QUIESCE + timedelta(seconds=15)
SCOPES = ("tasks:read", "tasks:write", "tasks:run", "runs:read", "executors:read")


@dataclass(slots=True, kw_only=True)
class Stage(UnderLoad):
    """A project, its load and its witness."""

    project: Project
    database: Database

    async def judge(self, what: str) -> Figures:
        """Wait until all that was due has ended, then compare everything with everything."""
        until = datetime.now(UTC)
        news = self.news()
        await self.database.find()
        left = await self.witness.drained(
            until, acknowledged=self.operator.acknowledged, within=DRAINED_WITHIN
        )
        history = await self.witness.history(
            versions=self.operator.versions,
            acknowledged=self.operator.acknowledged,
            faults=self.faults,
            unseen=self.operator.unseen,
        )
        try:
            self.accept(checker.judge(history), left=left)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from error
        since = min((each.began_at for each in news), default=until)
        return checker.measure(history, since, until)


@dataclass(slots=True)
class Database:
    """Where the witness reads: as the owner, over TLS, at an address that changes."""

    project: Project
    dsn: str = ""

    async def find(self) -> None:
        """Look where the server is now."""
        password = await self.project.exec("postgres", "cat", "/run/automation/db-owner.password")
        address = await self.project.address((await self.project.names("postgres"))[0])
        login = f"automation_owner:{quote(password, safe='')}"
        self.dsn = f"postgresql://{login}@{address}:5432/automation?sslmode=require"


@asynccontextmanager
async def stage(project: Project, calls: Path, url: str) -> AsyncIterator[Stage]:
    """Put a load on a system that is up; wait until runs come in."""
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    token = await project.exec("api", "automation", "token", "create", "compose-test", *scopes)
    database = Database(project)
    await database.find()
    async with (
        Operator(lambda: url, token.splitlines()[-1]) as operator,
        Load(operator, SINK, tasks=TASKS, seed=SEED) as load,
    ):
        here = Stage(
            project=project,
            operator=operator,
            witness=Witness(calls, lambda: database.dsn),
            load=load,
            database=database,
        )
        await here.steady()
        yield here
