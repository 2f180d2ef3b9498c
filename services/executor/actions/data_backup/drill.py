"""The restore drill: a backup that was never restored is a hope.

It is fetched from where it lies, decrypted, restored into a database that exists for this only, and
its rows are counted. The database is dropped whatever happens; what a kill has left is dropped by
the next run, which holds the lock under which all drills of this source take place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from services.executor.actions.data_backup import dumping
from services.executor.actions.data_backup.packing import checksum, unpack
from services.executor.actions.data_backup.params import DataBackupParams
from services.executor.actions.data_backup.places import Backup, Place
from services.executor.actions.data_backup.session import Session, opened
from services.executor.actions.postgres_tools import Source, Tools
from services.executor.actions.programs import child
from shared.contracts.action import ActionFailed

MOST_TOLD = 5


def is_due(
    params: DataBackupParams, backup: Backup, before: Sequence[Backup], *, now: datetime
) -> bool:
    """Say whether *backup*, the newest, is to be restored for a trial."""
    if backup.drilled is not None and backup.drilled.ok:
        return False
    if params.restore_every_days is not None:
        good = [each.drilled.at for each in before if each.drilled and each.drilled.ok]
        return not good or now - max(good) >= timedelta(days=params.restore_every_days)
    return params.verify == "restore"


def with_database(source: Source, name: str) -> Source:
    """Return the same server and login, another database."""
    parts = urlsplit(source.address)
    query = f"?{parts.query}" if parts.query else ""
    # By hand: `geturl` makes `postgresql:/d` of a URL without a host.
    return Source(f"postgresql://{parts.netloc}/{name}{query}", source.env)


def scratch_prefix(source_name: str) -> str:
    """Return how the scratch databases of one source begin."""
    return f"automation_drill_{source_name[-8:]}_"


async def sweep(session: Session, source_name: str) -> list[str]:
    """Drop what killed drills of this source have left; return the names."""
    prefix = scratch_prefix(source_name)
    left = [name for name in await session.databases() if name.startswith(prefix)]
    for name in left:
        await session.drop_database(name)
    return left


@asynccontextmanager
async def scratch_database(
    tools: Tools, server: Source, source_name: str, run_id: UUID
) -> AsyncIterator[Source]:
    """Give an empty database that ends with the block.

    Raises:
        ActionFailed: the login may not create one.
    """
    name = f"{scratch_prefix(source_name)}{run_id.hex[:12]}"
    async with opened(tools, server) as session:
        try:
            await session.create_database(name)
        except ActionFailed as error:
            hint = ""
            if "permission denied" in str(error):
                hint = " (grant CREATEDB to the login, or name another server: scratch_dsn_secret)"
            raise ActionFailed(f"no scratch database for the drill: {error}{hint}") from error
        try:
            yield with_database(server, name)
        finally:
            await asyncio.shield(asyncio.ensure_future(session.drop_database(name)))


async def drill(
    tools: Tools,
    scratch: Source,
    place: Place,
    backup: Backup,
    *,
    work: Path,
    key: str | None,
    jobs: int,
    smoke_sql: str | None,
) -> int:
    """Restore *backup* into the empty database *scratch*; return how many rows it has.

    Raises:
        ActionFailed: it is not what was stored, cannot be restored, or lacks rows.
    """
    manifest = backup.manifest
    fetched = await place.fetch(backup, work)
    if await checksum(fetched) != manifest.sha256:
        raise ActionFailed("the stored file is not what was written: its SHA-256 differs")
    dump = await unpack(fetched, manifest, work, key)
    await dumping.restore(tools, scratch, dump, jobs=jobs)
    async with opened(tools, scratch) as session:
        rows = await session.count()
        if manifest.rows is not None and (differing := differences(manifest.rows, rows)):
            more = len(differing) - MOST_TOLD
            told = "; ".join(differing[:MOST_TOLD]) + (f"; {more} more" if more > 0 else "")
            raise ActionFailed(f"the restored database differs: {told}")
    if smoke_sql is not None:
        await _smoke(tools, scratch, smoke_sql)
    return sum(rows.values())


def differences(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    """Say in which tables a restored database is not what was dumped."""
    return [
        f"{table}: {count} rows in the backup, {found.get(table, 'no table')} restored"
        for table, count in sorted(expected.items())
        if found.get(table) != count
    ]


async def _smoke(tools: Tools, scratch: Source, statement: str) -> None:
    # A psql of its own: in the one that is held open an unclosed quote would swallow what follows.
    argv = [tools["psql"], "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]
    ended = await child.run([*argv, scratch.address], env=scratch.env)
    if ended.returncode != 0:
        raise ActionFailed(f"the check in SQL failed: {ended.error}")
    rows = ended.output.splitlines()
    if not rows or rows[0].split("|")[0] in ("f", "false", ""):
        raise ActionFailed(f"the check in SQL said {rows[0] if rows else 'nothing'!r}")
