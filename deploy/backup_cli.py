"""`automation backup`: list, verify and restore, for the hour in which nothing else runs.

    automation backup list
    automation backup verify latest
    automation backup restore latest --to postgresql://…/empty_database

Backups lie in `--folder` (below AUTOMATION_HOME/backups, or any path), or in `--s3`, whose keys are
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.saying import run_spoken, say

if TYPE_CHECKING:
    from deploy import backup_desk as desk

app = typer.Typer(help="Backups: list, verify, restore.", no_args_is_help=True)

Folder = Annotated[str, typer.Option(help="Below the home's backups, or a path.")]
S3 = Annotated[str | None, typer.Option("--s3", help="s3://bucket/prefix instead of a folder.")]
Endpoint = Annotated[str | None, typer.Option(help="URL of an S3-compatible service.")]
Region = Annotated[str, typer.Option()]
Name = Annotated[str, typer.Argument(help="A name, its beginning, the id of its run, or latest.")]
KeyFile = Annotated[
    Path | None, typer.Option(help="The age secret key of an encrypted backup.", exists=True)
]
Work = Annotated[
    Path | None, typer.Option(help="Where there is room to unpack; else the system's.", exists=True)
]


@app.command("list")
def list_backups(
    *,
    folder: Folder = "system",
    s3: S3 = None,
    endpoint: Endpoint = None,
    region: Region = "us-east-1",
    as_json: Annotated[bool, typer.Option("--json", help="A manifest a line.")] = False,
) -> None:
    """Print all backups, oldest first."""
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy

    async def work() -> None:
        async with desk.places(_where(folder, s3, endpoint, region)) as places:
            for _, backup in await desk.everything(places):
                if as_json:
                    manifest = backup.manifest.model_dump(mode="json")
                    typer.echo(json.dumps({**manifest, "verified": backup.is_verified}))
                else:
                    typer.echo(desk.describe(backup))

    run_spoken(work)


@app.command("verify")
def verify(
    backup: Name = "latest",
    *,
    folder: Folder = "system",
    s3: S3 = None,
    endpoint: Endpoint = None,
    region: Region = "us-east-1",
    key_file: KeyFile = None,
    work_dir: Work = None,
) -> None:
    """Check the file of a backup and what is in it; needs no database."""
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy

    async def work() -> None:
        async with desk.places(_where(folder, s3, endpoint, region)) as places:
            place, found = desk.choose(await desk.everything(places), backup)
            say(desk.describe(found))
            await desk.verify(place, found, key=_key(key_file), work=work_dir, say=say)

    run_spoken(work)


@app.command("restore")
def restore(
    backup: Name = "latest",
    *,
    to: Annotated[
        str, typer.Option(envvar="AUTOMATION_RESTORE_URL", help="URL of the target database.")
    ],
    folder: Folder = "system",
    s3: S3 = None,
    endpoint: Endpoint = None,
    region: Region = "us-east-1",
    key_file: KeyFile = None,
    work_dir: Work = None,
    jobs: Annotated[int, typer.Option(min=1, max=64)] = 1,
    into_nonempty: Annotated[
        bool, typer.Option("--into-nonempty", help="Replace what the backup holds as well.")
    ] = False,
) -> None:
    """Restore a backup into an empty database, and compare its rows with the manifest.

    With one job it is one transaction: what fails leaves the target as it was.
    """
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy

    async def work() -> None:
        async with desk.places(_where(folder, s3, endpoint, region)) as places:
            place, found = desk.choose(await desk.everything(places), backup)
            say(desk.describe(found))
            await desk.restore(
                *(place, found, to),
                key=_key(key_file),
                work=work_dir,
                jobs=jobs,
                into_nonempty=into_nonempty,
                say=say,
            )

    run_spoken(work)


def _where(folder: str, s3: str | None, endpoint: str | None, region: str) -> desk.Where:
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy

    home = Path(os.environ.get("AUTOMATION_HOME") or ".local")
    below = home / "backups" / folder
    path = below if below.is_dir() or not Path(folder).is_dir() else Path(folder)
    return desk.Where(folder=path, s3_url=s3, endpoint_url=endpoint, region=region)


def _key(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8")
