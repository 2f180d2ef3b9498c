"""`automation user`: people who may log in, from the command line.

It asks nobody who is allowed: whoever can reach the database is. Links are printed once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deploy.addresses import NoAddress, address, database
from deploy.saying import fail

if TYPE_CHECKING:
    from shared.settings import DatabaseAddress

Result = TypeVar("Result")

Name = Annotated[str, typer.Argument(help="What they type at the log-in.")]
RoleName = Annotated[str, typer.Option("--role", help="viewer, operator, editor or admin.")]

app = typer.Typer(help="Who may log in.", no_args_is_help=True)


@app.command("create")
def create(
    name: Name,
    role: RoleName,
    password_file: Annotated[
        Path | None, typer.Option(help="Take the password from this file.", exists=True)
    ] = None,
    display_name: Annotated[str | None, typer.Option(help="What others read.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Create a user; print the link with which they choose a password, unless one is given."""
    from services.api.access import first_start  # noqa: PLC0415 - heavy
    from services.api.access.schemas import UserCreate  # noqa: PLC0415 - heavy

    fields = {"name": name, "role": role, "display_name": display_name, "email": email}
    wished = _read(UserCreate, fields)
    made = first_start.create_user(_database_url(), wished, password_file=password_file)
    _print_link(_run(made))


@app.command("list")
def list_all() -> None:
    """Print all users, one JSON object a line."""
    from services.api.access import first_start  # noqa: PLC0415 - heavy

    for entry in _run(first_start.list_users(_database_url())):
        typer.echo(json.dumps(entry, ensure_ascii=False))


@app.command("disable")
def disable(name: Name) -> None:
    """Log somebody out everywhere and let them in no more; their tokens end, too."""
    _change(name, {"disabled": True})


@app.command("enable")
def enable(name: Name) -> None:
    """Let somebody in again."""
    _change(name, {"disabled": False})


@app.command("set-role")
def set_role(name: Name, role: RoleName) -> None:
    """Change what somebody may do, within five seconds."""
    _change(name, {"role": role})


@app.command("reset-password")
def reset_password(name: Name) -> None:
    """Print a link with which somebody chooses a new password, once, within three days."""
    from services.api.access import first_start  # noqa: PLC0415 - heavy

    _print_link(_run(first_start.reset_password(_database_url(), name)))


@app.command("link")
def link(
    name: Name,
    subject: Annotated[str, typer.Argument(help="Who they are there: the claim `sub`.")],
    issuer: Annotated[
        str, typer.Option(help="As AUTOMATION_OIDC_ISSUER spells it; `proxy` for a trusted header.")
    ],
) -> None:
    """Have somebody of an OpenID provider, or a proxy, come in as this user."""
    from services.api.access import first_start  # noqa: PLC0415 - heavy

    _run(first_start.link_user(_database_url(), name, issuer, subject))


@app.command("unlink")
def unlink(name: Name) -> None:
    """Have nobody from a provider, or a proxy, come in as this user; end such log-ins."""
    from services.api.access import first_start  # noqa: PLC0415 - heavy

    _run(first_start.unlink_user(_database_url(), name))


def _change(name: str, fields: dict[str, Any]) -> None:
    from services.api.access import first_start  # noqa: PLC0415 - heavy
    from services.api.access.schemas import UserUpdate  # noqa: PLC0415 - heavy

    wished = _read(UserUpdate, fields)
    _run(first_start.change_user(_database_url(), name, wished))


def _read(model: type[Result], fields: dict[str, Any]) -> Result:
    """Return *fields* as *model*; what is wrong is told with the option's name."""
    from pydantic import ValidationError  # noqa: PLC0415 - heavy

    try:
        return model(**{key: value for key, value in fields.items() if value is not None})
    except ValidationError as error:
        fail("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors()), code=2)


def _print_link(secret: str | None) -> None:
    if secret is None:
        return
    from services.api.access.links import LINK_PAGE  # noqa: PLC0415 - heavy

    page = _address("AUTOMATION_PUBLIC_URL", "api_url")
    typer.echo(f"{page.rstrip('/')}{LINK_PAGE}{secret}")


def _database_url() -> DatabaseAddress:
    try:
        return database()
    except NoAddress as error:
        fail(str(error), code=2)


def _address(variable: str, field: str) -> str:
    try:
        return address(variable, field)
    except NoAddress as error:
        fail(str(error), code=2)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Do it; whatever goes wrong is told in one line."""
    from services.api.access.first_start import told  # noqa: PLC0415 - heavy

    try:
        return asyncio.run(work)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a command
        fail(told(error))
