"""Back up this system's own database with pg_dump, so that nothing but a verified copy counts.

    write aside ─► fsync ─► list with pg_restore ─► checksum ─► manifest ─► rename ─► prune

Until the rename there is no backup, after it there is a whole one; whoever dies in between leaves a
`.partial-…` that the next attempt or the next day clears away. Old backups are removed only after a
new one stands. A run that is repeated finds its own backup and does nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions import child, postgres_tools
from services.executor.actions.backup_folder import (
    DUMP,
    MANIFEST,
    Backup,
    BackupFolder,
    Manifest,
    problem_with_folder,
    sync,
)
from services.executor.actions.form import Label
from shared.contracts.action import Action, ActionFailed, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text

CHUNK = 4 << 20  # bytes read at a time; cancelling waits for one of them
#: Between two looks whether the other backup of this folder has ended.
LOCK_POLL = 0.2  # seconds
#: A schema change holds its locks for seconds; waiting longer is for the next attempt.
LOCK_TIMEOUT = "60s"
#: A backup of less than this part of the one before has probably lost something.
SUSPICIOUS_RATIO = 0.5

# A table, perhaps with its schema, perhaps with `*`; no quotes.
_TABLE = re.compile(r"[A-Za-z_*][\w$*]{0,62}(\.[A-Za-z_*][\w$*]{0,62})?")


class DataBackupParams(ActionParams):
    """Where to, and how many to keep. `{}` is a sensible backup."""

    folder: Annotated[
        str,
        Label(
            Text("資料夾", "Folder"),
            Text(
                "備份資料夾下的子資料夾；每個資料夾各自計算保留份數",
                "Below the backup folder; each folder keeps its own backups",
            ),
        ),
    ] = "system"
    keep_last: Annotated[
        int,
        Label(
            Text("保留份數", "Keep"),
            Text(
                "成功後只保留最新的幾份；先有新備份才會刪除舊備份",
                "How many of the newest stay; old ones go only after a new one stands",
            ),
        ),
    ] = Field(default=7, ge=1, le=1000)
    exclude_tables: Annotated[
        list[str],
        Label(
            Text("略過內容的資料表", "Tables without rows"),
            Text(
                "這些資料表只備份結構、不備份內容；可用 *，例如 log.*",
                "Only the definition of these tables is kept, not their rows; may contain *, "
                "such as log.*",
            ),
        ),
    ] = Field(default_factory=list, max_length=100)
    compress: Annotated[
        int,
        Label(
            Text("壓縮等級", "Compression"),
            Text("0（不壓縮）到 9（最小）", "0 (none) to 9 (smallest)"),
        ),
    ] = Field(default=6, ge=0, le=9)

    @field_validator("folder")
    @classmethod
    def _judge_folder(cls, folder: str) -> str:
        if code := problem_with_folder(folder):
            raise PydanticCustomError(code, "a folder is a relative path without special names")
        return folder

    @field_validator("exclude_tables")
    @classmethod
    def _judge_tables(cls, tables: list[str]) -> list[str]:
        if not all(table.isascii() and _TABLE.fullmatch(table) for table in tables):
            raise PydanticCustomError("table.syntax", "a table is named table or schema.table")
        return tables


class DataBackup(Action[DataBackupParams]):
    """Makes one backup."""

    name = "data_backup"
    title = Text("資料備份", "Data backup")
    description = Text(
        "備份本系統的資料庫，驗證後才算完成，並保留最新的幾份。",
        "Backs up this system's database, verifies the copy and keeps the newest ones.",
    )
    params = DataBackupParams

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now

    async def run(self, params: DataBackupParams, context: Context) -> Outcome:
        folder = BackupFolder.open(context.home / "backups", params.folder)
        waiting = False
        while True:
            with folder.try_lock() as locked:
                if locked:
                    return await self._run_locked(folder, params, context)
            if not waiting:
                context.log("another backup into this folder is running: waiting for its end")
                waiting = True
            await asyncio.sleep(LOCK_POLL)

    async def _run_locked(
        self, folder: BackupFolder, params: DataBackupParams, context: Context
    ) -> Outcome:
        for name in await asyncio.to_thread(folder.discard_abandoned, now=self._now()):
            context.log(f"removed {name}, which an executor left unfinished", "warning")
        folder.discard(context.run_id)
        existing = await asyncio.to_thread(folder.backups)
        done = next((each for each in existing if each.manifest.run_id == context.run_id), None)
        try:
            backup = done or await self._make(folder, params, context)
        except OSError as error:
            raise ActionFailed(f"the backup could not be written: {error}") from error
        finally:
            folder.discard(context.run_id)
        if done:
            context.log("an earlier attempt of this run has made the backup: nothing to do")
        elif existing:
            _compare(backup, existing[-1], context)
        deleted = await asyncio.to_thread(
            folder.prune, keep_last=params.keep_last, newest=backup.path
        )
        for name in deleted:
            context.log(f"removed {name}: {params.keep_last} are kept")
        return _outcome(backup, params, deleted=deleted, noop=done is not None)

    async def _make(
        self, folder: BackupFolder, params: DataBackupParams, context: Context
    ) -> Backup:
        started_at = self._now()
        name = f"{started_at:%Y%m%dT%H%M%SZ}-{context.run_id}"
        source = postgres_tools.source_of(context.database_url)
        tools = await postgres_tools.choose(source)
        context.log(f"pg_dump {tools.version} of a server of version {tools.server_version}")
        partial = folder.begin(context.run_id)
        dump = partial / DUMP
        dumped = await child.run(
            [
                tools["pg_dump"],
                *("--format=custom", f"--compress={params.compress}", f"--file={dump}"),
                *("--no-password", f"--lock-wait-timeout={LOCK_TIMEOUT}"),
                *(f"--exclude-table-data={table}" for table in params.exclude_tables),
                f"--dbname={source.address}",
            ],
            env=source.env,
        )
        if dumped.returncode != 0:
            raise ActionFailed(f"pg_dump failed: {dumped.reason}")
        dump.chmod(0o600)
        await asyncio.to_thread(sync, dump)
        tables = await _count_tables(tools, dump, source)
        context.log(f"dumped {dump.stat().st_size:,} bytes with the rows of {tables} tables")
        manifest = Manifest(
            id=name,
            run_id=context.run_id,
            task_id=context.task_id,
            started_at=started_at,
            finished_at=self._now(),
            server_version=tools.server_version,
            tool_version=tools.version,
            file=DUMP,
            sha256=await checksum(dump),
            size=dump.stat().st_size,
            tables=tables,
            excluded_tables=params.exclude_tables,
        )
        written = partial / MANIFEST
        written.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        sync(written)
        # Not in a thread: one that a cancellation leaves running would meet the clearing away.
        final = folder.finish(partial, name)
        context.log(f"verified and moved to {name}")
        return Backup(final, manifest)


async def _count_tables(
    tools: postgres_tools.Tools, dump: Path, source: postgres_tools.Source
) -> int:
    """Let pg_restore read the whole table of contents: a cut-off dump does not pass."""
    listed = await child.run([tools["pg_restore"], "--list", str(dump)], env=source.env)
    if listed.returncode != 0:
        raise ActionFailed(f"the dump cannot be read back: {listed.reason}")
    return len(re.findall(r"^[0-9]+; [0-9]+ [0-9]+ TABLE DATA ", listed.output, re.MULTILINE))


async def checksum(path: Path) -> str:
    """Read a file back and return its SHA-256; can be cancelled on the way."""
    digest = hashlib.sha256()
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await asyncio.to_thread(digest.update, chunk)
    return digest.hexdigest()


def _compare(backup: Backup, before: Backup, context: Context) -> None:
    if backup.manifest.size < before.manifest.size * SUSPICIOUS_RATIO:
        context.log(
            f"the backup has {backup.manifest.size:,} bytes, the one before had "
            f"{before.manifest.size:,}: has something been lost?",
            "warning",
        )


def _outcome(
    backup: Backup, params: DataBackupParams, *, deleted: list[str], noop: bool
) -> Outcome:
    manifest = backup.manifest
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    path = f"{params.folder}/{backup.path.name}"
    message = f"{'already ' if noop else ''}backed up {manifest.size:,} bytes to {path}"
    data: dict[str, Any] = {
        "backup_completed": True,
        "message": message,
        "noop": noop,
        "path": path,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "tables": manifest.tables,
        "duration_seconds": seconds,
        "deleted": deleted,
    }
    return Outcome(message, data)
