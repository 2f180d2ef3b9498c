"""`automation keys`: the secret files of a deployment, made once and changed while everything runs.

    automation keys init DIR                    make what is missing; never overwrites
    automation keys check                       exit 1 if something is missing, open or about to end
    automation keys show                        who there is on the bus, and with which public key
    automation keys add-producer SOURCE         another system that says `event.<SOURCE>.>`
    automation keys remove-producer SOURCE
    automation keys add-runtime SERVER          accounts of another server
    automation keys rotate nats USER STEP       allow, use, drop
    automation keys rotate ca STEP              allow, use, drop
    automation keys rotate certs nats|postgres
    automation keys rotate db ROLE

The folder is that of `--keys` or AUTOMATION_KEYS. Names of files that were made or changed go to
stdout, what is to be done with them to stderr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.keys.folder import Folder, NoFolder
from deploy.saying import fail, say, spoken_here

if TYPE_CHECKING:
    from shared.domain.texts.catalog import Text

app = typer.Typer(help="Passwords, seeds and certificates of a deployment.", no_args_is_help=True)
rotate = typer.Typer(help="Change a secret while everything runs.", no_args_is_help=True)
app.add_typer(rotate, name="rotate")

#: Certificates that end sooner are trouble.
SOON_DAYS = 30

Keys = Annotated[
    Path,
    typer.Option("--keys", envvar="AUTOMATION_KEYS", metavar="DIR", help="The folder of keys."),
]
DEFAULT = Path("keys")


class Step(StrEnum):
    """The steps of a change on which two sides must agree."""

    ALLOW = "allow"
    USE = "use"
    DROP = "drop"


class Server(StrEnum):
    """What has a certificate."""

    NATS = "nats"
    POSTGRES = "postgres"


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    nats_name: Annotated[
        list[str] | None, typer.Option(help="One more name or address of the NATS server.")
    ] = None,
    postgres_name: Annotated[
        list[str] | None, typer.Option(help="One more name or address of PostgreSQL.")
    ] = None,
) -> None:
    """Make all secret files that are missing, readable by their owner alone."""
    from deploy.keys import contents  # noqa: PLC0415 - heavy

    more = {"nats": nats_name or [], "postgres": postgres_name or []}
    keys = Folder(folder)
    with _told(), keys.alone():
        for name in contents.init(keys, more, _now()):
            typer.echo(name)


@app.command("check")
def check(keys: Keys = DEFAULT, *, days: Annotated[int, typer.Option(min=0)] = SOON_DAYS) -> None:
    """Print when certificates end; fail if one ends soon, a file is missing or open to others."""
    from deploy.keys import certificates, troubles  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    for name, end in certificates.ends(folder).items():
        typer.echo(f"{name}\t{end:%Y-%m-%d}")
    if found := troubles.troubles(folder, _now(), days):
        fail("\n".join(found))


@app.command("show")
def show(keys: Keys = DEFAULT) -> None:
    """Print the users of the bus and their public keys, one a line; no secrets."""
    from deploy.keys import bus  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told():
        for user in bus.others_in(folder).users():
            for key in bus.public_keys(folder, user.name):
                typer.echo(f"{user.name}\t{key}")


@app.command("add-producer")
def add_producer(
    source: str,
    keys: Keys = DEFAULT,
    *,
    serves: Annotated[
        list[str] | None,
        typer.Option(help="Subjects under svc. on which it answers tasks (`nats_request`)."),
    ] = None,
) -> None:
    """Let another system say events of its own source, `event.<SOURCE>.>`, and nothing else."""
    from deploy.keys import people  # noqa: PLC0415 - heavy

    _change(keys, lambda folder: people.add_producer(folder, source, serves or []))


@app.command("remove-producer")
def remove_producer(source: str, keys: Keys = DEFAULT) -> None:
    """Let it in no more."""
    from deploy.keys import people  # noqa: PLC0415 - heavy

    _change(keys, lambda folder: people.remove_producer(folder, source))


@app.command("add-runtime")
def add_runtime(server: str, keys: Keys = DEFAULT) -> None:
    """Let a runtime keep the accounts of another server than the default one."""
    from deploy.keys import people  # noqa: PLC0415 - heavy

    _change(keys, lambda folder: people.add_runtime(folder, server))


@rotate.command("nats")
def rotate_nats(user: str, step: Step, keys: Keys = DEFAULT) -> None:
    """Change the seed of a user of the bus: a role, or producer-<source>."""
    from deploy.keys import next_steps, rotation  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told(), folder.alone():
        rotation.rotate_seed(folder, user, rotation.Step(step))
    in_home = next_steps.is_in_home(folder)
    _say(next_steps.after_seed(rotation.Step(step), in_home=in_home))


@rotate.command("ca")
def rotate_ca(step: Step, keys: Keys = DEFAULT) -> None:
    """Change the authority, and the certificates of all servers with it."""
    from deploy.keys import next_steps, rotation  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told(), folder.alone():
        rotation.rotate_authority(folder, rotation.Step(step), _now())
    _say(next_steps.AFTER_CA[rotation.Step(step)])


@rotate.command("certs")
def rotate_certs(server: Server, keys: Keys = DEFAULT) -> None:
    """Give a server a fresh certificate for the names that it has."""
    from deploy.keys import certificates, next_steps  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told(), folder.alone():
        certificates.renew(folder, server.value, _now())
    _say(next_steps.AFTER_CERTIFICATE)


@rotate.command("db")
def rotate_db(role: str, keys: Keys = DEFAULT) -> None:
    """Make another password for a role of the database."""
    from deploy.keys import next_steps, rotation  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told(), folder.alone():
        rotation.rotate_password(folder, role)
    _say(next_steps.AFTER_PASSWORD, folder=folder.path)


def _change(keys: Path, change: Callable[[Folder], list[str]]) -> None:
    from deploy.keys import next_steps  # noqa: PLC0415 - heavy

    folder = _existing(keys)
    with _told(), folder.alone():
        for name in change(folder):
            typer.echo(name)
    _say(next_steps.AFTER_CHANGE)


def _say(text: Text, **params: object) -> None:
    say(text.fill(spoken_here(), params))


def _existing(path: Path) -> Folder:
    folder = Folder(path)
    try:
        folder.must_exist()
    except NoFolder as error:
        fail(str(error), code=2)
    return folder


@contextmanager
def _told() -> Iterator[None]:
    """Tell what goes wrong in one line."""
    from deploy.keys.rotation import NotNow  # noqa: PLC0415 - heavy

    try:
        yield
    except (OSError, ValueError, NotNow) as error:
        fail(f"{type(error).__name__}: {error}")


def _now() -> datetime:
    return datetime.now(UTC)
