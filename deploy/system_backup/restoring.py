"""Puts the backup of a whole system into an empty database, and its keys where they belong.

Everything that can be refused is refused before anything is changed: a wrong key, a backup of newer
code, a target that holds something, keys that are there already and are others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deploy import backup_desk as desk
from deploy.system_backup import keys, mending
from services.executor.actions.data_backup.places import Backup, Place, SystemPart
from shared.db import migrate
from shared.db.pool import connected

Say = Callable[[str], None]

_AT_WORK = """
SELECT EXISTS (
    SELECT FROM executor.executors WHERE seen_at > clock_timestamp() - interval '1 minute')
"""


class NotRestored(Exception):
    """Nothing was changed, and why."""


def part_of(backup: Backup) -> SystemPart:
    """Return what makes it the backup of a system.

    Raises:
        NotRestored: it is one of a database alone, or newer than this code.
    """
    part = backup.manifest.system
    if part is None:
        raise NotRestored(
            f"{backup.name} is of a database alone, without keys: `automation backup restore`"
        )
    known = {path.stem for path in migrate.FOLDER.glob("*.sql")}
    if unknown := [name for name in part.migrations if name not in known]:
        raise NotRestored(
            f"{backup.name} was made by version {part.version}, which is newer than this code:"
            f" it has {unknown[-1]}. Restore it with that version or a later one"
        )
    return part


async def restore(
    place: Place,
    backup: Backup,
    *,
    target_url: str,
    key: str,
    keys_into: Path,
    work: Path | None,
    jobs: int,
    say: Say,
) -> None:
    """Restore one; when this returns, services may start.

    Raises:
        NotRestored, keys.KeysRefused, CannotRestore: nothing was changed, and why.
        ActionFailed: it failed on the way; the target is as it was if there was one job.
    """
    part = part_of(backup)
    files = keys.unseal(part.keys, key)
    if keys.ids_of(files) != part.key_ids:
        raise NotRestored(f"the keys of {backup.name} are not those that it was made with")
    laid = keys.lay_out(files, keys_into)
    say(f"keys: {len(laid)} files written to {keys_into}, {len(files) - len(laid)} were there")
    try:
        await desk.restore(
            *(place, backup, target_url),
            key=key,
            work=work,
            jobs=jobs,
            into_nonempty=False,
            say=say,
            with_owners=False,
        )
    except BaseException:
        for name in laid:  # as it was
            (keys_into / name).unlink(missing_ok=True)
        raise
    say("if this is interrupted from here on: `automation system mend` before any service starts")
    await finish(target_url, say=say)


async def finish(target_url: str, *, say: Say) -> None:
    """Do what a restored database needs before services start; may be done again."""
    applied = await migrate.migrate(target_url)
    say(f"schema: {len(applied)} newer migrations" if applied else "schema: as new as this code")
    async with connected(target_url) as connection:
        mended = await mending.mend(connection)
    told = ", ".join(f"{count} {name}" for name, count in mended.items() if count)
    say(f"mended: {told or 'nothing'}")
    say("the database is restored; streams are declared anew when services start")


async def resume(target_url: str, *, say: Say) -> None:
    """Finish a restore that was interrupted after the database was there.

    Raises:
        NotRestored: services are at work in it, or it holds no system.
    """
    if not await migrate.current(target_url):
        raise NotRestored("there is no system in this database: `automation system restore`")
    async with connected(target_url) as connection:
        if await connection.fetchval(_AT_WORK):
            raise NotRestored(
                "executors were at work in this database within the last minute: their runs would"
                " begin a second time. Stop all services, wait a minute, say it again"
            )
    await finish(target_url, say=say)
