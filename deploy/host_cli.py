"""What `automation` does on the host itself: servers, schema, streams, keys; not over HTTP.

A new command of this kind lives in a module of its own (`deploy/<thing>_cli.py`) and is added
here with one line, and to `deploy/host_words.py`, which is what the help lists.

    automation up | down | status | logs     the whole system on this machine
    automation serve ROLE                    one service, as in production
    automation db migrate | current          the schema; who may do what in it
    automation db roles | check
    automation bus provision | docs          streams and consumers
    automation token create | list | revoke  who may call the API
    automation user create | list | …        who may log in
    automation audit verify                  an exported list of who changed what
    automation backup list | verify | restore
    automation system backup | restore       database and keys, as one
    automation doctor                        what is wrong here, and how to mend it
    automation keys init | check | rotate …  passwords, seeds, certificates of a deployment
    automation secrets rotate | new-key      the keys that secrets are sealed with

Data goes to stdout, words to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage. Everything heavy
is imported by the command that needs it.
"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy import (
    audit_cli,
    backup_cli,
    db_cli,
    doctor_cli,
    keys_cli,
    local_cli,
    system_cli,
    user_cli,
)
from deploy import serve as serving
from deploy.addresses import NoAddress, address, database, home
from deploy.saying import await_and_tell, fail

if TYPE_CHECKING:
    from shared.settings import DatabaseAddress


MIN_TOKEN_DAYS = 1

app = typer.Typer(
    name="automation",
    help="The automation task system.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
bus = typer.Typer(help="Streams and consumers on NATS.", no_args_is_help=True)
token = typer.Typer(help="Who may call the API.", no_args_is_help=True)
app.add_typer(db_cli.app, name="db")
app.add_typer(bus, name="bus")
app.add_typer(token, name="token")
app.add_typer(backup_cli.app, name="backup")
app.add_typer(user_cli.app, name="user")
app.add_typer(system_cli.app, name="system")
app.add_typer(audit_cli.app, name="audit")
app.add_typer(keys_cli.app, name="keys")
app.command("doctor")(doctor_cli.doctor)
for each in (local_cli.up, local_cli.down, local_cli.status, local_cli.logs):
    app.command()(each)
secrets = typer.Typer(help="The keys that secrets are sealed with.", no_args_is_help=True)
app.add_typer(secrets, name="secrets")


def run(words: list[str]) -> int:
    """Run a command line; return its exit code."""
    try:
        app(words, prog_name="automation")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


class Role(StrEnum):
    """What `serve` can run; `deploy.serve` knows where each is."""

    API = "api"
    SCHEDULER = "scheduler"
    EXECUTOR = "executor"
    LOG_WRITER = "log-writer"
    NOTIFIER = "notifier"
    ACCOUNT_RUNTIME = "account-runtime"
    BUS_KEEPER = "bus-keeper"


@app.command()
def serve(role: Role) -> None:
    """Run one service in this process, as its environment says."""
    serving.serve(role)


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed  # noqa: PLC0415 - heavy

    typer.echo(installed("automation-tasks"))


@bus.command("provision")
def bus_provision() -> None:
    """Create or update all streams and consumers."""
    from shared.bus.access import access_of  # noqa: PLC0415 - heavy
    from shared.bus.declare import declare  # noqa: PLC0415 - heavy
    from shared.bus.permissions import KEEPER  # noqa: PLC0415 - heavy
    from shared.settings import BusSettings  # noqa: PLC0415 - heavy

    await_and_tell(declare(_nats_url(), access=access_of(KEEPER, BusSettings())))


@bus.command("docs")
def bus_docs(path: Path) -> None:
    """Write the AsyncAPI description of the bus to a file."""
    from deploy import asyncapi  # noqa: PLC0415 - heavy

    asyncapi.write(path)


@token.command("create")
def token_create(
    name: str,
    scope: Annotated[list[str], typer.Option(help="Give it once per scope.")],
    expires_in_days: Annotated[int, typer.Option(min=MIN_TOKEN_DAYS)] = 90,
) -> None:
    """Create a token and print it; it cannot be shown again."""
    from services.api.access import tokens  # noqa: PLC0415 - heavy
    from services.api.access.scopes import ALL_SCOPES  # noqa: PLC0415 - heavy

    for wrong in set(scope) - set(ALL_SCOPES):
        fail(f"there is no scope {wrong!r}; there are: {', '.join(ALL_SCOPES)}", code=2)
    made = tokens.create_token(
        _database_url(), name=name, scopes=scope, expires_in_days=expires_in_days
    )
    typer.echo(await_and_tell(made))


@token.command("list")
def token_list() -> None:
    """Print all tokens, one JSON object a line, without their secrets."""
    from services.api.access import tokens  # noqa: PLC0415 - heavy

    for entry in await_and_tell(tokens.list_tokens(_database_url())):
        typer.echo(json.dumps(entry, default=str, ensure_ascii=False))


@token.command("revoke")
def token_revoke(token_id: str) -> None:
    """Make a token worthless, at once."""
    from services.api.access import tokens  # noqa: PLC0415 - heavy

    if not await_and_tell(tokens.revoke_token(_database_url(), token_id)):
        fail(f"there is no token {token_id!r} that could still be used")


@secrets.command("rotate")
def secrets_rotate(
    *,
    drop_old: Annotated[bool, typer.Option(help="Forget the keys that seal nothing.")] = False,
) -> None:
    """Seal everything with a new key; or go on with a rotation that was interrupted.

    Services that read the same file need no restart; keys in AUTOMATION_SECRET_KEY are changed by
    hand, new one first, and all services started afresh, before this.
    """
    from services.api.secrets import rotation  # noqa: PLC0415 - heavy

    where = (_database_url(), home(), os.environ.get("AUTOMATION_SECRET_KEY", ""))
    if drop_old:
        for key_id in await_and_tell(rotation.drop_old(*where)):
            typer.echo(f"dropped\t{key_id}")
        return
    done = await_and_tell(rotation.rotate(*where))
    typer.echo(f"{'new key' if done.is_new else 'key'}\t{done.key_id}")
    typer.echo(f"resealed\t{done.resealed}")
    if done.unopened:
        fail(f"no key opens: {', '.join(done.unopened)}")


@secrets.command("new-key")
def secrets_new_key() -> None:
    """Print a fresh key for AUTOMATION_SECRET_KEY."""
    from shared.runtime.secret_box import fresh_key  # noqa: PLC0415 - heavy

    typer.echo(str(fresh_key()))


def _database_url() -> DatabaseAddress:
    try:
        return database()
    except NoAddress as error:
        fail(str(error), code=2)


def _nats_url() -> str:
    return _address("AUTOMATION_NATS_URL", "nats_url")


def _address(variable: str, field: str) -> str:
    try:
        return address(variable, field)
    except NoAddress as error:
        fail(str(error), code=2)
