"""What a backup works with: programs, database, keys and place, found and locked."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import results, s3
from services.executor.actions.data_backup.folder import BackupFolder
from services.executor.actions.data_backup.packing import read_key
from services.executor.actions.data_backup.params import DataBackupParams
from services.executor.actions.data_backup.places import Place
from services.executor.actions.data_backup.records import Records
from services.executor.actions.data_backup.session import Session, opened
from shared.contracts.action import ActionFailed, Context
from shared.settings import DatabaseAddress, NoPassword

#: Between two looks whether the other backup has ended.
LOCK_POLL = 0.2  # seconds
#: Where this system's database is reached without a pooler, by somebody who may read all of it, and
#: the file with that password.
BACKUP_URL = "AUTOMATION_BACKUP_DATABASE_URL"
BACKUP_PASSWORD_FILE = "AUTOMATION_BACKUP_DATABASE_PASSWORD_FILE"  # noqa: S105 - a variable's name
#: The same where everybody comes as one user; none: as the executor reaches it.
DIRECT_URL = "AUTOMATION_DATABASE_DIRECT_URL"
#: An executor's own user, where each service has one: it reads what runs need, and no more.
LEAST_RIGHTS = "automation_executor"
STAGING = "backup-staging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that the steps of one backup work with; both locks are held while there is one."""

    params: DataBackupParams
    context: Context
    source: postgres_tools.Source
    tools: postgres_tools.Tools
    session: Session
    source_name: str
    place: Place
    work: BackupFolder
    records: Records
    key: str | None
    recipients: tuple[str, ...]


def open_folder(params: DataBackupParams, context: Context) -> BackupFolder:
    """Return the folder that is written into; with S3 only the copy is made there."""
    if params.s3 is None:
        return BackupFolder.open(context.home / "backups", params.folder)
    of = f"{params.s3.bucket}/{params.s3.prefix} {params.dsn_secret}"
    return BackupFolder.open(context.home / STAGING, hashlib.sha256(of.encode()).hexdigest()[:16])


async def until_locked(folder: BackupFolder, context: Context) -> None:
    """Wait until the folder is ours alone."""
    waiting = False
    while not folder.try_lock():
        if not waiting:
            context.log("another backup into this folder is running: waiting for its end")
            waiting = True
        await asyncio.sleep(LOCK_POLL)


@asynccontextmanager
async def open_job(
    params: DataBackupParams, context: Context, folder: BackupFolder
) -> AsyncIterator[Job]:
    """Find programs, database, keys and place; hold the lock of the database."""
    address = await _address(params, context)
    source = postgres_tools.source_of(address, is_ours=params.dsn_secret is None)
    key = await context.secret(params.key_secret) if params.key_secret else None
    recipients = tuple(params.encrypt_to)
    if key is not None and not recipients:
        recipients = (str(read_key(key).to_public()),)
    tools = await postgres_tools.choose(source)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(opened(tools, source))
        waiting = False
        while not params.dry_run and not await session.try_lock():
            if not waiting:
                context.log("another backup of this database is running: waiting for its end")
                waiting = True
            await asyncio.sleep(LOCK_POLL)
        name = await session.identity()
        place: Place = folder
        if params.s3 is not None:
            above = await stack.enter_async_context(
                s3.opened(
                    params.s3,
                    access_key=await context.secret(params.s3.access_key_secret),
                    secret_key=await context.secret(params.s3.secret_key_secret),
                    egress_allow=context.egress_allow,
                )
            )
            place = above.of(name)
            if not params.dry_run:
                await folder.sweep()
        yield Job(
            params=params,
            context=context,
            source=source,
            tools=tools,
            session=session,
            source_name=name,
            place=place,
            work=folder,
            records=Records(context),
            key=key,
            recipients=recipients,
        )


async def _address(params: DataBackupParams, context: Context) -> str:
    if params.dsn_secret is not None:
        return results.require_postgres(await context.secret(params.dsn_secret), params.dsn_secret)
    if url := os.environ.get(BACKUP_URL):
        file = os.environ.get(BACKUP_PASSWORD_FILE)
        try:
            return DatabaseAddress(url, Path(file) if file else None).complete()
        except NoPassword as error:
            raise ActionFailed(f"{BACKUP_PASSWORD_FILE}: {error}") from None
    url = os.environ.get(DIRECT_URL) or context.database_url
    if urlsplit(url).username == LEAST_RIGHTS:
        raise ActionFailed(
            f"this executor comes to the database as {LEAST_RIGHTS}, which may not read all of it:"
            f" give the task a queue whose executors are told {BACKUP_URL} and"
            f" {BACKUP_PASSWORD_FILE} (with Docker Compose: the queue backup of"
            " deploy/compose/backup.yaml), or name the address of another user by dsn_secret",
            permanent=True,
        )
    return url


async def scratch_server(
    params: DataBackupParams, context: Context
) -> postgres_tools.Source | None:
    """Return where drills take place; None: on the server that is backed up."""
    if params.scratch_dsn_secret is None:
        return None
    url = await context.secret(params.scratch_dsn_secret)
    address = results.require_postgres(url, params.scratch_dsn_secret)
    return postgres_tools.source_of(address, is_ours=False)
