"""A system that keeps accounts, backs up and watches, and what a test wants to know of it.

    async with platform_stage() as here:
        fleet = await Fleet.of(here, "nine", 9)
        run = await here.run("account_start", {"tags": [fleet.name]})
        async with fleet.census() as census: ...

Accounts are real processes; a census looks at the processes of this machine all the while, so a
second one of an account is seen however short its life.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

from tests.faults.stage import Stage, stage
from tests.support.load import BASE, RUNS

LEASE = 4  # seconds
#: For what is bound to happen; only a failure takes so long.
PATIENCE = timedelta(seconds=90)
POLL = 0.05  # seconds
CENSUS = 0.03  # seconds
LOAD = 5  # tasks, each second

Found = TypeVar("Found")
Json = Any


@asynccontextmanager
async def platform_stage(env: Mapping[str, str] | None = None) -> AsyncIterator[Stage]:
    """Run one executor, so that it is the one that is killed, and an account runtime."""
    settings = {
        "AUTOMATION_RUNTIMES": "1",
        "AUTOMATION_EXECUTORS": "1",
        "AUTOMATION_LEASE_SECONDS": str(LEASE),
        **(env or {}),
    }
    async with stage(settings, tasks=LOAD) as here:
        yield here


async def until(
    look: Callable[[], Awaitable[Found]], what: str, here: Stage, *, poll: float = POLL
) -> Found:
    """Look again and again until there is something; return it."""
    deadline = monotonic() + PATIENCE.total_seconds()
    while not (found := await look()):
        assert monotonic() < deadline, f"never: {what}\n{here.tails()}"
        await asyncio.sleep(poll)
    return found


async def begin(here: Stage, action: str, config: Json, *, fails: bool = False) -> UUID:
    """Run an action once, without a retry by its own policy; return the run."""
    task = await here.operator.create(
        name=f"{action} {monotonic()}", task_action=action, action_config=config
    )
    if fails:
        here.failing.add(task)
    return await here.operator.run(task)


async def ended(here: Stage, run: UUID) -> Json:
    """Wait until a run has ended; return all that the API tells of it."""

    async def look() -> Json:
        row = await here.operator.get(f"{RUNS}/{run}")
        return row if row["completed_at"] else None

    return await until(look, f"run {run} ends", here, poll=0.2)


async def succeeds(here: Stage, run: UUID, *, attempts: int | None = None) -> Json:
    """Wait for the good end of a run, in its first attempt or a later one; return its result."""
    row = await ended(here, run)
    said = row["result"] or row["error_message"]
    assert row["status"] == "success", f"{said}\n{here.tails()}"
    if attempts is not None:
        assert row["attempt"] == attempts, said
    else:
        assert row["attempt"] > 1, "the kill came too late to matter"
    return row["execution_data"]["result"]


async def rows(here: Stage, query: str, *arguments: object) -> list[Any]:
    """Read from the system's database."""
    connection = await here.witness.connect()
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


async def until_rows(here: Stage, query: str, *arguments: object, what: str) -> None:
    """Wait until a query finds something; looked at closely, for a kill at this very moment."""
    connection = await here.witness.connect()
    try:
        await until(lambda: connection.fetch(query, *arguments), what, here, poll=0.005)
    finally:
        await connection.close()


@dataclass(slots=True)
class Census:
    """Which processes each account had."""

    ever: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, home: Path) -> dict[str, set[int]]:
        """Look once."""
        now = programs(home)
        for account, pids in now.items():
            self.ever[account] |= pids
            self.most[account] = max(self.most[account], len(pids))
        return now


def programs(home: Path) -> dict[str, set[int]]:
    """Return the processes of each account: all but its keeper."""
    found: dict[str, set[int]] = defaultdict(set)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            ours = any(word.startswith(f"{home}/account-runtime/") for word in words)
            if ours and "--id" in words:
                found[words[words.index("--id") + 1]].add(int(folder.name))
    return found


@dataclass(slots=True)
class Fleet:
    """The accounts of one test."""

    here: Stage
    name: str
    ids: list[str]

    @classmethod
    async def of(
        cls, here: Stage, name: str, count: int, *flags: str, script: str | None = None
    ) -> Fleet:
        """Define accounts, all with the tag *name*."""
        words = ["demo-account", "--id", "{account_id}", "--port", "{port}"]
        command = [*words, "--script", "{script}", *flags]
        fleet = cls(here, name, [f"{name}-{number:02}" for number in range(count)])
        for each in fleet.ids:
            body = {
                "account_id": each,
                "display_name": each,
                "tags": [name],
                "script_id": script,
                "config": {"runtime": {"command": command, "ready": {"kind": "http"}}},
            }
            await here.operator.insist("POST", f"{BASE}/accounts", json=body)
        return fleet

    async def start(self, **config: Json) -> UUID:
        """Start them all in waves of two."""
        ready = {"timeout_seconds": 60, "stable_for_seconds": 0.3}
        wave = {"size": 2}
        return await begin(
            self.here,
            "account_start",
            {"tags": [self.name], "ready": ready, "wave": wave, **config},
        )

    async def until_working(self, count: int) -> None:
        """Wait until so many of them work."""
        await until_rows(
            self.here,
            "SELECT 1 FROM api.accounts WHERE $1 = ANY(tags) AND state = 'working'"
            " AND state_generation = generation HAVING count(*) >= $2",
            self.name,
            count,
            what=f"{count} accounts work",
        )

    async def until_stopped(self, count: int) -> None:
        """Wait until so many of them have stopped."""
        await until_rows(
            self.here,
            "SELECT 1 FROM api.accounts WHERE $1 = ANY(tags) AND state = 'stopped'"
            " HAVING count(*) >= $2",
            self.name,
            count,
            what=f"{count} accounts have stopped",
        )

    async def alive(self) -> set[str]:
        """Return those that have a process."""
        return set(self.ids) & set(programs(self.here.system.home))

    async def until_reported(self, version: str) -> None:
        """Wait until all of them say that they play this version of their script."""
        await until_rows(
            self.here,
            "SELECT 1 FROM api.accounts WHERE $1 = ANY(tags) AND state = 'working'"
            " AND state_generation = generation AND running_script_version = $2"
            " HAVING count(*) = $3",
            self.name,
            version,
            len(self.ids),
            what=f"all play {version[:8]}",
        )

    async def are_as_told(self) -> dict[str, int]:
        """Compare what the platform says with the processes there are; return their numbers."""
        await self.until_working(len(self.ids))
        query = "SELECT account_id, pid FROM api.accounts WHERE $1 = ANY(tags)"
        told = {row[0]: row[1] for row in await rows(self.here, query, self.name)}
        there = programs(self.here.system.home)
        assert {each: there[each] for each in self.ids} == {each: {told[each]} for each in told}
        return told

    async def retire(self) -> None:
        """Delete them, so that they disturb no other test; wait for the end of the processes."""
        for each in self.ids:
            await self.here.operator.insist("DELETE", f"{BASE}/accounts/{each}")

        async def are_gone() -> bool:
            return not await self.alive()

        await until(are_gone, "the processes of deleted accounts end", self.here)

    @asynccontextmanager
    async def census(self) -> AsyncIterator[Census]:
        """Watch the processes of all accounts meanwhile; no account may ever have two."""
        found = Census()

        async def watch() -> None:
            while True:
                found.take(self.here.system.home)
                await asyncio.sleep(CENSUS)

        watching = asyncio.create_task(watch())
        try:
            yield found
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        found.take(self.here.system.home)
        twice = {each: found.ever[each] for each in self.ids if found.most[each] > 1}
        assert not twice, f"two processes at once: {twice}\n{self.here.tails()}"
