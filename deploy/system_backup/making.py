"""Makes a backup of the whole system, beside everybody at work.

The keys are read before and after the dump: one that is changed meanwhile would leave secrets in
the dump that only the other key opens.
"""

from __future__ import annotations

import base64
import importlib.metadata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from deploy import backup_desk as desk
from deploy.system_backup import keys
from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import DataBackupParams, dumping
from services.executor.actions.data_backup.folder import BackupFolder
from services.executor.actions.data_backup.packing import checksum, pack
from services.executor.actions.data_backup.places import Backup, Manifest, Place, SystemPart
from services.executor.actions.data_backup.session import Session, opened
from shared.db import migrate
from shared.db.pool import connected
from shared.runtime.secret_box import key_id_of

PACKAGE = "automation-tasks"
#: No task made it.
NO_TASK = UUID(int=0)
ZSTD = 3

#: All that is sealed in the database.
_SEALED = """
SELECT sealed FROM api.secrets UNION ALL SELECT secret FROM api.channels WHERE secret IS NOT NULL
"""

Say = Callable[[str], None]


class NotBackedUp(Exception):
    """There is no backup now, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The system that is backed up."""

    database_url: str
    """With the password, if it needs one."""
    home: Path
    keys_folder: Path | None
    """Where the secret files are, if not in the home."""


@asynccontextmanager
async def place_of(where: desk.Where, source_name: str) -> AsyncIterator[Place]:
    """Open the folder or the bucket for a backup of this source; nobody else writes there.

    Raises:
        NotBackedUp: somebody does.
    """
    if where.s3_url is not None:
        async with desk.above(where) as above:
            yield above.of(source_name)
        return
    where.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = BackupFolder(where.folder, str(where.folder))
    if not folder.try_lock():
        raise NotBackedUp(f"another backup is being made in {where.folder}")
    try:
        yield folder
    finally:
        folder.unlock()


async def back_up(
    source: Source, where: desk.Where, recipients: Sequence[str], *, work: Path | None, say: Say
) -> Backup:
    """Make one; it is whole and read back when this returns.

    Raises:
        NotBackedUp, keys.KeysRefused, ActionFailed, CannotRestore: there is none, and why.
    """
    before = keys.collect(source.home, source.keys_folder)
    keys.seal(before, recipients)  # refuses before anything is done
    params = DataBackupParams(encrypt_to=list(recipients), compression="zstd", compress=ZSTD)
    server = postgres_tools.source_of(source.database_url)
    tools = await postgres_tools.choose(server)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(opened(tools, server))
        if not await session.try_lock():
            raise NotBackedUp("another backup of this database is being made")
        name = await session.identity()
        place = await stack.enter_async_context(place_of(where, name))
        below = where.folder if where.s3_url is None else work
        made = stack.enter_context(TemporaryDirectory(prefix=".partial-", dir=below))
        backup = await _make(
            *(source, session, tools),
            server=server,
            params=params,
            before=before,
            into=Path(made),
            place=place,
            name=name,
            say=say,
        )
    say(f"checked and stored as {place.location}/{backup.name}")
    return backup


async def _make(
    source: Source,
    session: Session,
    tools: postgres_tools.Tools,
    *,
    server: postgres_tools.Source,
    params: DataBackupParams,
    before: keys.Files,
    into: Path,
    place: Place,
    name: str,
    say: Say,
) -> Backup:
    started_at, identity = datetime.now(UTC), uuid4()
    written = into / "written"
    written.mkdir(mode=0o700)
    say(f"pg_dump {tools.version} of {name}, a server of version {tools.server_version}")
    part_of = await _described(source)
    dumped = await dumping.dump(tools, server, session, params, written)
    files = keys.united(before, keys.collect(source.home, source.keys_folder))
    await _check_keys(source, files)
    file = await pack(dumped.path, zstd=ZSTD, recipients=params.encrypt_to)
    manifest = Manifest(
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{identity}",
        run_id=identity,
        task_id=NO_TASK,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        server_version=tools.server_version,
        tool_version=tools.version,
        file=file.name,
        sha256=await checksum(file),
        size=file.stat().st_size,
        tables=dumped.tables,
        excluded_tables=[],
        source=name,
        rows=dumped.rows,
        recipients=list(params.encrypt_to),
        zstd=True,
        system=SystemPart(
            version=importlib.metadata.version(PACKAGE),
            migrations=part_of,
            files=sorted(files),
            key_ids=keys.ids_of(files),
            keys=base64.b64encode(keys.seal(files, params.encrypt_to)),
        ),
    )
    rows = sum((dumped.rows or {}).values())
    say(f"{rows:,} rows, {len(files)} secret files: {manifest.size:,} bytes")
    return await place.store(written, manifest)


async def _described(source: Source) -> list[str]:
    migrations = await migrate.current(source.database_url)
    if not migrations:
        raise NotBackedUp("there is no schema of this system in the database")
    return migrations


async def _check_keys(source: Source, files: keys.Files) -> None:
    """Refuse a backup whose secrets nobody could open.

    Raises:
        NotBackedUp: a key is missing.
    """
    async with connected(source.database_url) as connection:
        sealed = [row[0] for row in await connection.fetch(_SEALED)]
    known = set(keys.ids_of(files))
    # What was sealed without a name is of any key.
    needed = {key_id_of(each) or "" for each in sealed} - ({""} if known else set())
    if missing := needed - known:
        raise NotBackedUp(
            f"the key {', '.join(sorted(missing))} with which secrets are sealed is not here:"
            " nobody could open them. Say --keys FOLDER, or set AUTOMATION_HOME"
        )
