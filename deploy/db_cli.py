"""`automation db`: the schema, and who may do what in it.

As whom one comes is in AUTOMATION_DATABASE_URL (and AUTOMATION_DATABASE_PASSWORD_FILE): for all of
this the owner of the tables, whom no service is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.addresses import NoAddress, database
from deploy.saying import await_and_tell, fail

if TYPE_CHECKING:
    from shared.settings import DatabaseAddress


app = typer.Typer(help="The schema of the database, and its roles.", no_args_is_help=True)


@app.command("migrate")
def migrate() -> None:
    """Bring the database to the newest schema; print what was applied."""
    from shared.db import migrate as migrations  # noqa: PLC0415 - heavy

    for name in await_and_tell(migrations.migrate(_database())):
        typer.echo(name)


@app.command("current")
def current() -> None:
    """Print the migrations that the database has."""
    from shared.db import migrate as migrations  # noqa: PLC0415 - heavy

    for name in await_and_tell(migrations.current(_database())):
        typer.echo(name)


@app.command("roles")
def roles(
    folder: Annotated[
        Path,
        typer.Option(
            "--passwords", help="The folder with db-<role>.password.", exists=True, file_okay=False
        ),
    ],
    *,
    drills: Annotated[
        bool, typer.Option(help="Backups may create the databases they are tried out in.")
    ] = False,
) -> None:
    """Let each service log in with the password in its file; again: change the passwords.

    Write the new files first, wait until every service can see them, then say this: nobody who runs
    is turned away. Open connections go on.
    """
    from deploy.database import desk  # noqa: PLC0415 - heavy

    for name in await_and_tell(desk.set_roles(_database(), folder, drills=drills)):
        typer.echo(name)


@app.command("check")
def check() -> None:
    """Compare who may do what with what is stated; print what differs, exit code 1 if anything."""
    from deploy.database import desk  # noqa: PLC0415 - heavy

    differs = await_and_tell(desk.check(_database()))
    for line in differs:
        typer.echo(line)
    if differs:
        fail(f"{len(differs)} things are not as stated: `db migrate` and `db roles` mend them")


def _database() -> DatabaseAddress:
    try:
        return database()
    except NoAddress as error:
        fail(str(error), code=2)
