"""The order of things in one backup."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import drill, dumping, results
from services.executor.actions.data_backup.drill import is_due
from services.executor.actions.data_backup.job import (
    Job,
    open_folder,
    open_job,
    scratch_server,
    until_locked,
)
from services.executor.actions.data_backup.packing import checksum, pack
from services.executor.actions.data_backup.params import DataBackupParams
from services.executor.actions.data_backup.places import (
    Backup,
    Level,
    Manifest,
    Verification,
)
from services.executor.actions.data_backup.retention import Keep, Kept, to_remove
from shared.contracts.action import Action, ActionFailed, Context, Outcome
from shared.domain.texts.catalog import Text


class DataBackup(Action[DataBackupParams]):
    """Makes one backup."""

    name = "data_backup"
    category = "backups"
    title = Text("資料備份", "Data backup")
    description = Text(
        "備份本系統或指定的 PostgreSQL 資料庫，驗證後才算完成，可加密、存到 S3、定期還原演練，"
        "並依規則保留舊備份。",
        "Backs up this system's or another PostgreSQL database and verifies the copy; can encrypt"
        " it, store it in S3, restore it for a trial, and keeps old ones by rules.",
    )
    params = DataBackupParams

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now

    async def run(self, params: DataBackupParams, context: Context) -> Outcome:
        folder = open_folder(params, context)
        with ExitStack() as stack:
            if not params.dry_run:
                await until_locked(folder, context)
                stack.callback(folder.unlock)
            try:
                async with open_job(params, context, folder) as job:
                    return await self._run_locked(job)
            except OSError as error:
                raise ActionFailed(f"the backup could not be written: {error}") from error
            finally:
                if not params.dry_run:
                    folder.discard(context.run_id)

    async def _run_locked(self, job: Job) -> Outcome:
        context = job.context
        existing = _of_source(await job.place.backups(), job.source_name)
        if job.params.dry_run:
            return results.plan(
                job.params, job.place.location, job.source_name, self._spare(job, existing)
            )
        for name in await job.place.sweep():
            context.log(f"removed {name}, which an executor left unfinished", "warning")
        for name in await drill.sweep(job.session, job.source_name):
            context.log(f"dropped {name}, which a drill left behind", "warning")
        if job.params.verify_backup_id is not None:
            return await self._verify_existing(job, existing)
        done = next((each for each in existing if each.manifest.run_id == context.run_id), None)
        backup = done or await self._make(job)
        before = [each for each in existing if each.name != backup.name]
        if done:
            await self._record_again(job, done)
            context.log("an earlier attempt of this run has made the backup: nothing to do")
        backup = await self._verify(job, backup, before)
        results.compare(backup, before, context)
        deleted = await self._prune(job, [*before, backup], backup)
        await job.records.finish()
        return results.outcome(
            backup,
            location=job.place.location,
            before=before,
            deleted=deleted,
            noop=done is not None,
        )

    async def _record_again(self, job: Job, backup: Backup) -> None:
        """Tell what the attempt that made it may not have come to tell."""
        method = f"pg_dump_{backup.manifest.format}"
        await job.records.begun(job.source_name, method, job.place)
        await job.records.stored(job.place, backup)

    async def _make(self, job: Job) -> Backup:
        method = f"pg_dump_{job.params.format}"
        await job.records.begun(job.source_name, method, job.place)
        try:
            backup = await self._write(job)
        except Exception as error:
            await job.records.failed(str(error))
            raise
        await job.records.stored(job.place, backup)
        return backup

    async def _write(self, job: Job) -> Backup:
        params, context, tools = job.params, job.context, job.tools
        results.require_space(job.work.free_bytes(), params.min_free_mb)
        started_at = self._now()
        context.log(f"pg_dump {tools.version} of a server of version {tools.server_version}")
        partial = job.work.begin(context.run_id)
        context.progress(5, "dumping")
        dumped = await dumping.dump(tools, job.source, job.session, params, partial)
        zstd = params.compress if params.compression == "zstd" and params.compress else None
        context.progress(50, "packing")
        file = await pack(dumped.path, zstd=zstd, recipients=job.recipients)
        size = file.stat().st_size
        if size == 0:
            raise ActionFailed("pg_dump wrote nothing")
        context.log(f"dumped {size:,} bytes with the rows of {dumped.tables} tables")
        manifest = Manifest(
            id=f"{started_at:%Y%m%dT%H%M%SZ}-{context.run_id}",
            run_id=context.run_id,
            task_id=context.task_id,
            started_at=started_at,
            finished_at=self._now(),
            server_version=tools.server_version,
            tool_version=tools.version,
            file=file.name,
            sha256=await checksum(file),
            size=size,
            tables=dumped.tables,
            excluded_tables=params.exclude_tables,
            source=job.source_name,
            format=params.format,
            rows=dumped.rows,
            recipients=list(job.recipients),
            zstd=zstd is not None,
            expects=params.expects,
        )
        context.progress(60, "storing")
        backup = await job.place.store(partial, manifest)
        context.log(f"checked and stored as {job.place.location}/{backup.name}")
        return backup

    async def _verify(self, job: Job, backup: Backup, before: list[Backup]) -> Backup:
        """Do the drill if one is due, and tell what the backup has passed."""
        if not is_due(job.params, backup, before, now=self._now()):
            level: Level = "restore" if backup.drilled else "manifest"
            await job.records.verified(backup.manifest.run_id, level, self._now())
            return backup
        return await self._drill(job, backup)

    async def _drill(self, job: Job, backup: Backup) -> Backup:
        context, error, rows = job.context, None, 0
        context.log(f"restoring {backup.name} for a trial")
        context.progress(75, "restoring for a trial")
        # The store has used up what the copy was made in.
        job.work.discard(context.run_id)
        work = job.work.begin(context.run_id)
        try:
            server = await scratch_server(job.params, job.context) or job.source
            tools = job.tools
            if server is not job.source or backup.manifest.tool_version != tools.version:
                wanted = backup.manifest.tool_version
                tools = await postgres_tools.choose(server, dumped_by=wanted)
            async with drill.scratch_database(
                tools, server, job.source_name, context.run_id
            ) as scratch:
                rows = await drill.drill(
                    *(tools, scratch, job.place, backup),
                    work=work,
                    key=job.key,
                    jobs=job.params.jobs,
                    smoke_sql=job.params.smoke_sql,
                )
        except ActionFailed as failed:
            error = failed
        at = self._now()
        found = Verification(
            ok=error is None, at=at, run_id=context.run_id, error=str(error) if error else None
        )
        backup = await job.place.mark(backup, found)
        await job.records.verified(backup.manifest.run_id, "restore", at, found.error)
        if error is not None:
            data = results.outcome(
                backup, location=job.place.location, before=[], deleted=[], noop=False
            ).data
            raise ActionFailed(
                f"the backup is stored, but not verified: {error}",
                permanent=error.permanent,
                data={**data, "status": "failed"},
            ) from error
        counted = "" if backup.manifest.rows is None else ", as many as were backed up"
        context.log(f"restored {rows:,} rows{counted}")
        return backup

    async def _verify_existing(self, job: Job, existing: list[Backup]) -> Outcome:
        wanted = job.params.verify_backup_id
        found = next((each for each in existing if each.manifest.run_id == wanted), None)
        if found is None:
            raise ActionFailed(
                f"there is no backup {wanted} of this database in {job.place.location}",
                permanent=True,
            )
        if (
            found.drilled is None
            or found.drilled.run_id != job.context.run_id
            or not found.drilled.ok
        ):
            found = await self._drill(job, found)
        return results.outcome(
            found, location=job.place.location, before=[], deleted=[], noop=False
        )

    async def _prune(self, job: Job, all_of_them: list[Backup], newest: Backup) -> list[str]:
        doomed = self._superfluous(job.params, all_of_them, newest)
        ids = {each.name: each.manifest.run_id for each in all_of_them}
        # Told first: what a death leaves here is removed by the next run, and told again.
        await job.records.pruned([ids[name] for name in doomed])
        gone = []
        for name in doomed:
            if await job.place.remove(name):
                job.context.log(f"removed {name}: no rule keeps it")
                gone.append(name)
        return gone

    def _superfluous(
        self, params: DataBackupParams, backups: list[Backup], newest: Backup | None
    ) -> list[str]:
        keep = Keep(
            last=params.keep_last,
            daily=params.keep_daily,
            weekly=params.keep_weekly,
            monthly=params.keep_monthly,
            verified=params.min_verified,
        )
        known = [
            Kept(name=each.name, at=each.manifest.started_at, verified=each.is_verified)
            for each in backups
        ]
        if newest is not None:
            return to_remove(known, keep, newest=newest.name)
        # A plan: as if one had been made now.
        coming = Kept(name="", at=self._now(), verified=True)
        return [name for name in to_remove([*known, coming], keep, newest="") if name]

    def _spare(self, job: Job, existing: list[Backup]) -> list[str]:
        return self._superfluous(job.params, existing, None)


def _of_source(backups: list[Backup], source_name: str) -> list[Backup]:
    """Leave out those of other databases; old manifests named none and were of our own."""
    return [each for each in backups if each.manifest.source in (None, source_name)]
