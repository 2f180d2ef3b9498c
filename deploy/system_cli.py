"""`automation system`: the whole system into a backup, and out of it.

    automation system new-key ~/backup.key              once; keep it away from the backups
    automation system backup /mnt/backups --encrypt-to age1…
    automation system restore /mnt/backups --key-file ~/backup.key

DEST is a folder or s3://bucket/prefix, whose keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
The target of a restore is AUTOMATION_RESTORE_URL or --to, else the (new) home on this machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.addresses import database, home
from deploy.saying import run_spoken, say

if TYPE_CHECKING:
    from deploy import backup_desk as desk

app = typer.Typer(help="The whole system: backup, restore.", no_args_is_help=True)

Where = Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")]
Endpoint = Annotated[str | None, typer.Option(help="URL of an S3-compatible service.")]
Region = Annotated[str, typer.Option()]
Work = Annotated[
    Path | None, typer.Option(help="Where there is room to unpack; else the system's.", exists=True)
]


@app.command("new-key")
def new_key(file: Annotated[Path, typer.Argument(help="Where the secret key is to be.")]) -> None:
    """Make a key pair for backups; print the public key, which --encrypt-to takes."""
    from deploy.system_backup import keys  # noqa: PLC0415 - heavy

    async def work() -> None:
        typer.echo(keys.new_key(file))

    run_spoken(work)


@app.command("backup")
def back_up(
    to: Where,
    *,
    encrypt_to: Annotated[
        list[str] | None, typer.Option(help="An age public key; may be said several times.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="The folder of secret files; else the home.", exists=True),
    ] = None,
    endpoint: Endpoint = None,
    region: Region = "us-east-1",
    work_dir: Work = None,
) -> None:
    """Back up database and keys, beside everybody at work; print the name of the backup."""
    from deploy.system_backup import making  # noqa: PLC0415 - heavy

    async def work() -> None:
        source = making.Source(database_url=database().complete(), home=home(), keys_folder=keys)
        made = await making.back_up(
            source, _where(to, endpoint, region), encrypt_to or [], work=work_dir, say=say
        )
        typer.echo(made.name)

    run_spoken(work)


@app.command("restore")
def restore(
    source: Where,
    backup: Annotated[str, typer.Option(help="A name, its beginning, or latest.")] = "latest",
    *,
    key_file: Annotated[Path, typer.Option(help="The age secret key.", exists=True)],
    to: Annotated[
        str | None,
        typer.Option(
            envvar="AUTOMATION_RESTORE_URL", help="URL of an empty database; else the home's."
        ),
    ] = None,
    keys_into: Annotated[
        Path | None, typer.Option(help="Where the secret files go; else into the home.")
    ] = None,
    endpoint: Endpoint = None,
    region: Region = "us-east-1",
    work_dir: Work = None,
    jobs: Annotated[int, typer.Option(min=1, max=64)] = 1,
) -> None:
    """Restore the whole system into an empty database; start the services afterwards."""
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy
    from deploy.system_backup import restoring  # noqa: PLC0415 - heavy

    async def work() -> None:
        async with desk.places(_where(source, endpoint, region)) as places:
            found = [
                each
                for each in await desk.everything(places)
                if each[1].manifest.system is not None
            ]
            place, chosen = desk.choose(found, backup)
            restoring.part_of(chosen)
            say(desk.describe(chosen))
            async with _target(to) as url:
                await restoring.restore(
                    *(place, chosen),
                    target_url=url,
                    key=key_file.read_text(encoding="utf-8"),
                    keys_into=keys_into or home(),
                    work=work_dir,
                    jobs=jobs,
                    say=say,
                )

    run_spoken(work)


@app.command("mend")
def mend(
    to: Annotated[
        str | None,
        typer.Option(envvar="AUTOMATION_RESTORE_URL", help="URL of the database; else the home's."),
    ] = None,
) -> None:
    """Finish a restore that was interrupted after the database was there; no service may run."""
    from deploy.system_backup import restoring  # noqa: PLC0415 - heavy

    async def work() -> None:
        async with _target(to) as url:
            await restoring.resume(url, say=say)

    run_spoken(work)


@asynccontextmanager
async def _target(url: str | None) -> AsyncIterator[str]:
    """Give the database to restore into: the one that was named, or the home's own."""
    if url is not None:
        yield url
        return
    from deploy.local.home import Home  # noqa: PLC0415 - heavy
    from deploy.system_backup import embedded  # noqa: PLC0415 - heavy

    async with embedded.running(Home(home())) as own:
        yield own


def _where(place: str, endpoint: str | None, region: str) -> desk.Where:
    from deploy import backup_desk as desk  # noqa: PLC0415 - heavy

    is_s3 = place.startswith("s3://")
    return desk.Where(
        folder=Path(place).absolute(),
        s3_url=place if is_s3 else None,
        endpoint_url=endpoint,
        region=region,
    )
