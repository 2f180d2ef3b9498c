"""pg_dump and pg_restore."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup.params import DataBackupParams
from services.executor.actions.data_backup.session import Session, without_excluded
from services.executor.actions.programs import child
from shared.contracts.action import ActionFailed

#: A schema change holds its locks for seconds; waiting longer is for the next attempt.
LOCK_TIMEOUT = "60s"
#: Between two looks whether pg_dump has its locks.
LOCK_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Dumped:
    """What pg_dump has written: a file, or a folder of them."""

    path: Path
    tables: int
    """How many tables have their rows in it."""
    rows: dict[str, int] | None


async def dump(
    tools: postgres_tools.Tools,
    source: postgres_tools.Source,
    session: Session,
    params: DataBackupParams,
    into: Path,
) -> Dumped:
    """Dump one snapshot, and count its rows meanwhile.

    Counting begins when pg_dump holds its locks: then a `TRUNCATE`, which snapshots do not cover,
    is seen by both or by neither, and nobody who waits for a lock of ours stands in pg_dump's way.

    Raises:
        ActionFailed: pg_dump failed, or what it wrote cannot be read back.
    """
    path = into / ("database.dump" if params.format == "custom" else "database.dir")
    snapshot = await session.take_snapshot()
    dumping = asyncio.ensure_future(
        child.run(_argv(tools, source, params, path, snapshot), env=source.env)
    )
    counting = asyncio.ensure_future(_count(session, dumping)) if params.count_rows else None
    try:
        dumped = await dumping
        if dumped.returncode != 0:
            raise ActionFailed(f"pg_dump failed: {dumped.error}")
        tables = await count_tables(tools, path, source)
        rows = without_excluded(await counting, params.exclude_tables) if counting else None
    finally:
        if counting is not None and not counting.done():
            counting.cancel()
            await asyncio.wait({counting})
        elif counting is not None and not counting.cancelled():
            counting.exception()
    await session.let_go()
    return Dumped(path, tables, rows)


async def _count(session: Session, dumping: asyncio.Future[child.Finished]) -> dict[str, int]:
    while not dumping.done() and not await session.is_all_locked():  # noqa: ASYNC110 - locks tell nobody
        await asyncio.sleep(LOCK_POLL)
    return await session.count()


def _argv(
    tools: postgres_tools.Tools,
    source: postgres_tools.Source,
    params: DataBackupParams,
    path: Path,
    snapshot: str,
) -> list[str]:
    level = params.compress if params.compression == "gzip" else 0
    return [
        tools["pg_dump"],
        *(f"--format={params.format}", f"--compress={level}", f"--file={path}"),
        *([f"--jobs={params.jobs}"] if params.format == "directory" else []),
        *("--no-password", f"--lock-wait-timeout={LOCK_TIMEOUT}", f"--snapshot={snapshot}"),
        *(f"--exclude-table-data={table}" for table in params.exclude_tables),
        f"--dbname={source.address}",
    ]


async def count_tables(
    tools: postgres_tools.Tools, dumped: Path, source: postgres_tools.Source
) -> int:
    """Return how many tables have their rows in a dump."""
    listed = await contents(tools, dumped, source)
    return len(re.findall(r"^[0-9]+; [0-9]+ [0-9]+ TABLE DATA ", listed, re.MULTILINE))


async def contents(tools: postgres_tools.Tools, dumped: Path, source: postgres_tools.Source) -> str:
    """Let pg_restore read the whole table of contents: a cut-off dump does not pass.

    Raises:
        ActionFailed: it cannot be read.
    """
    listed = await child.run([tools["pg_restore"], "--list", str(dumped)], env=source.env)
    if listed.returncode != 0:
        raise ActionFailed(f"the dump cannot be read back: {listed.error}")
    return listed.output


def owners_of(listed: str) -> set[str]:
    """Return the roles that own something in a table of contents."""
    found = re.findall(r"^[0-9]+; [0-9]+ [0-9]+ .* (\S+)$", listed, re.MULTILINE)
    return {owner for owner in found if owner != "-"}


async def restore(
    tools: postgres_tools.Tools,
    target: postgres_tools.Source,
    dumped: Path,
    *,
    jobs: int = 1,
    with_owners: bool = False,
    replace: bool = False,
) -> None:
    """Restore a dump into a database, which is empty unless *replace*.

    With one job all of it is one transaction: what fails has changed nothing.

    Raises:
        ActionFailed: something of it could not be restored.
    """
    restored = await child.run(
        [
            *(tools["pg_restore"], "--exit-on-error", "--no-password"),
            *(["--single-transaction"] if jobs == 1 else [f"--jobs={jobs}"]),
            *(["--clean", "--if-exists"] if replace else []),
            *([] if with_owners else ["--no-owner", "--no-privileges"]),
            *(f"--dbname={target.address}", str(dumped)),
        ],
        env=target.env,
    )
    if restored.returncode != 0:
        raise ActionFailed(f"pg_restore failed: {restored.error}")
