"""What `automation backup` does: finds backups, checks them, restores one.

It asks nobody but the place where the backups lie: whoever restores has no system that runs.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from services.executor.actions import postgres_tools
from services.executor.actions.data_backup import dumping, s3
from services.executor.actions.data_backup.drill import differences
from services.executor.actions.data_backup.folder import BackupFolder
from services.executor.actions.data_backup.packing import checksum, unpack
from services.executor.actions.data_backup.params import S3Params
from services.executor.actions.data_backup.places import Backup, Place
from services.executor.actions.data_backup.session import Session, opened
from shared.db.grants.matrix import ROLES, rolname

#: Whoever sits at this command line may call any address.
ANYWHERE = "0.0.0.0/0,::/0"
LATEST = "latest"

Say = Callable[[str], None]


class CannotRestore(Exception):
    """What was asked for is not done; nothing has been changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where the backups lie: a folder, or S3."""

    folder: Path
    s3_url: str | None = None
    endpoint_url: str | None = None
    region: str = "us-east-1"


@asynccontextmanager
async def places(where: Where) -> AsyncIterator[list[Place]]:
    """Give all places below it: one folder, or one per source in S3.

    Raises:
        CannotRestore: there is no such place.
    """
    if where.s3_url is None:
        if not where.folder.is_dir():
            raise CannotRestore(f"there is no folder {where.folder}")
        yield [BackupFolder(where.folder, str(where.folder))]
        return
    async with above(where) as bucket:
        yield [bucket.of(source) for source in await bucket.sources()]


@asynccontextmanager
async def above(where: Where) -> AsyncIterator[s3.S3Place]:
    """Give the place above all sources in a bucket.

    Raises:
        CannotRestore: nobody says which, or who we are.
    """
    parts = urlsplit(where.s3_url or "")
    if parts.scheme != "s3" or not parts.netloc:
        raise CannotRestore(f"{where.s3_url} is not of the form s3://bucket/prefix")
    keys = [os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if not all(keys):
        raise CannotRestore("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
    params = S3Params(
        bucket=parts.netloc,
        prefix=parts.path.strip("/") or "automation",
        endpoint_url=where.endpoint_url,
        region=where.region,
        access_key_secret="access",  # noqa: S106 - names, which nobody looks up here
        secret_key_secret="secret",  # noqa: S106
    )
    access, secret = (key or "" for key in keys)
    async with s3.opened(
        params, access_key=access, secret_key=secret, egress_allow=ANYWHERE
    ) as place:
        yield place


async def everything(found: list[Place]) -> list[tuple[Place, Backup]]:
    """Return all backups, oldest first."""
    all_of_them = [(place, each) for place in found for each in await place.backups()]
    # Names tell seconds, and then nothing.
    return sorted(all_of_them, key=lambda each: (each[1].manifest.started_at, each[1].name))


def choose(backups: list[tuple[Place, Backup]], wanted: str) -> tuple[Place, Backup]:
    """Return the one whose name begins like *wanted*, whose run it is, or the latest verified one.

    Raises:
        CannotRestore: there is none, or more than one.
    """
    if wanted == LATEST:
        sources = {each.manifest.source for _, each in backups}
        if len(sources) > 1:
            names = ", ".join(sorted(str(each) for each in sources))
            raise CannotRestore(f"there are backups of several databases ({names}): name one")
        found = [each for each in backups if each[1].is_verified][-1:]
    else:
        found = [
            each
            for each in backups
            if each[1].name.startswith(wanted) or str(each[1].manifest.run_id) == wanted
        ]
    if len(found) != 1:
        raise CannotRestore(f"{len(found) or 'no'} backups are meant by {wanted!r}: see `list`")
    return found[0]


def describe(backup: Backup) -> str:
    """Return one line that tells backups apart."""
    manifest = backup.manifest
    state = "verified" if backup.is_verified else "UNVERIFIED"
    by = "restore" if backup.drilled else "manifest"
    sealed = " encrypted" if manifest.recipients else ""
    return (
        f"{backup.name}\t{manifest.source or '-'}\t{manifest.size:,} bytes\t"
        f"{manifest.tables} tables\t{state} by {by}{sealed}"
    )


@asynccontextmanager
async def opened_dump(
    place: Place, backup: Backup, *, key: str | None, work: Path | None, say: Say
) -> AsyncIterator[Path]:
    """Give what pg_restore reads, checked and decrypted; it is gone after the block.

    Raises:
        CannotRestore: the file is not the one that was stored.
        ActionFailed: it cannot be fetched, decrypted or unpacked.
    """
    with TemporaryDirectory(prefix="automation-restore-", dir=work) as made:
        into = Path(made)
        file = await place.fetch(backup, into)
        if await checksum(file) != backup.manifest.sha256:
            raise CannotRestore(
                f"{backup.name} is damaged: its SHA-256 differs from its manifest's"
            )
        say(f"checked: SHA-256 {backup.manifest.sha256}")
        dump = await unpack(file, backup.manifest, into, key)
        if dump != file:
            say("decrypted and unpacked")
        yield dump


async def verify(
    place: Place, backup: Backup, *, key: str | None, work: Path | None, say: Say
) -> None:
    """Check file and contents of a backup, without a server.

    Raises:
        CannotRestore, ActionFailed: it is not good.
    """
    tools = await postgres_tools.find(dumped_by=backup.manifest.tool_version)
    async with opened_dump(place, backup, key=key, work=work, say=say) as dump:
        tables = await dumping.count_tables(tools, dump, postgres_tools.source_of("postgresql://"))
    say(f"good: the rows of {tables} tables are in it")


async def restore(
    place: Place,
    backup: Backup,
    target_url: str,
    *,
    key: str | None,
    work: Path | None,
    jobs: int,
    into_nonempty: bool,
    say: Say,
    with_owners: bool = True,
) -> None:
    """Restore a backup into a database; tell each step.

    *with_owners*: what is restored belongs to whom it belonged, if they all are here; else to
    whoever restores, who states owners and rights afterwards.

    Raises:
        CannotRestore: nothing was done, and why.
        ActionFailed: it failed on the way.
    """
    manifest = backup.manifest
    target = postgres_tools.source_of(target_url)
    tools = await postgres_tools.choose(target, dumped_by=manifest.tool_version)
    async with opened(tools, target) as session:
        objects, roles = await _judge(session, into_nonempty=into_nonempty), await session.roles()
    say(f"target: {'replacing what is there' if objects else 'empty'}")
    async with opened_dump(place, backup, key=key, work=work, say=say) as dump:
        listed = await dumping.contents(tools, dump, target)
        missing = _named(listed) - roles if with_owners else set()
        if missing:
            say(f"without owners and rights: there is no role {', '.join(sorted(missing))} here")
        say(f"restoring with pg_restore {tools.version} …")
        await dumping.restore(
            *(tools, target, dump),
            jobs=1 if objects else jobs,
            with_owners=with_owners and not missing,
            replace=bool(objects),
        )
    async with opened(tools, target) as session:
        rows = await session.count()
    if manifest.rows is not None and (found := differences(manifest.rows, rows)):
        raise CannotRestore(f"restored, but it is not what was backed up: {'; '.join(found)}")
    compared = "" if manifest.rows is None else ", as many as were backed up"
    say(f"restored {sum(rows.values()):,} rows in {len(rows)} tables{compared}")


async def _judge(session: Session, *, into_nonempty: bool) -> int:
    """Return what the target holds already.

    Raises:
        CannotRestore: more than it may.
    """
    objects, others = await session.objects(), await session.others()
    if objects and not into_nonempty:
        raise CannotRestore(
            f"the target holds {objects} tables, views and sequences; nothing was changed."
            " Give an empty database (createdb), or say --into-nonempty to replace them."
        )
    if objects and others:
        raise CannotRestore(
            f"{others} others are connected to the target; nothing was changed."
            " Stop the services first."
        )
    return objects


def _named(listed: str) -> set[str]:
    """Return the roles that must be there so that a dump is restored with owners and rights.

    The table of contents names owners. To whom rights were granted it does not tell; in a database
    of this system that is our roles.
    """
    has_rights = re.search(r"^[0-9]+; [0-9]+ [0-9]+ ACL api ", listed, re.MULTILINE)
    return dumping.owners_of(listed) | (set(map(rolname, ROLES)) if has_rights else set())
