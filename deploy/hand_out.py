"""Gives each container the secrets of its role, and of no other.

    /keys/all                     everything `automation keys init` has made; nobody else mounts it
    /keys/for/<role>/             a volume each, which the role's container mounts read-only
    /keys/for/home/secret-key     the key that seals secrets, in the home of those who open them

A secret that is mounted from the host keeps the host's owner and mode: either user 10001 of the
image cannot read it, or everybody on the host can. So the secrets are made in volumes, once, by a
container that is root, has no network, and may do one thing that others may not: give files away
(CAP_CHOWN). Each file belongs to the user who reads it, mode 0400. PostgreSQL refuses a key that is
not its own anyway.

    python -m deploy.hand_out                 make what is missing, then hand out
    python -m deploy.hand_out rotate ...      `automation keys rotate ...`, then hand out

Files are replaced whole: a service that reads its secret just now gets the old one or the new one.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from deploy.keys.folder import Folder

ALL = Path("/keys/all")
FOR = Path("/keys/for")

#: Users of the images: ours, the official postgres image's, and the one as which NATS runs.
APP, POSTGRES, NATS, STORE, GRAFANA = 10001, 999, 10002, 10003, 472

SECRET_KEY = "secret-key"  # noqa: S105 - the name of a file


class Share(NamedTuple):
    """What one container gets."""

    owner: int
    files: tuple[str, ...]


def _service(role: str, *, database: bool = True) -> Share:
    login = (f"db-{role}.password",) if database else ()
    return Share(APP, ("ca.crt", f"nats-{role}.seed", *login))


SHARES: dict[str, Share] = {
    "postgres": Share(POSTGRES, ("db-owner.password", "postgres.crt", "postgres.key")),
    "nats": Share(NATS, ("nats-users.conf", "nats.crt", "nats.key")),
    # Its passwords are those of all roles of the database: it is who sets them, and it must come in
    # with its own former one to set the next one.
    "owner": Share(APP, ("ca.crt", "db-*.password*")),
    "bus-keeper": _service("bus-keeper", database=False),
    "api": _service("api"),
    "scheduler": _service("scheduler"),
    "executor": _service("executor"),
    "log-writer": _service("log-writer"),
    "notifier": _service("notifier"),
    "account-runtime": _service("account-runtime", database=False),
    # An executor that backs the database up (deploy/compose/backup.yaml): it comes as two.
    "backup": Share(
        APP, ("ca.crt", "nats-executor.seed", "db-executor.password", "db-backup.password")
    ),
    # Of what may stand beside the system (deploy/compose/*.yaml).
    "s3": Share(STORE, ("s3.json",)),
    "grafana": Share(GRAFANA, ("grafana.password",)),
}


def main(words: list[str]) -> int:
    """Make, hand out; return the exit code."""
    os.umask(0o077)
    for command in [["init", str(ALL)], words]:
        if command:
            argv = [sys.executable, "-m", "deploy.cli", "keys", *command]
            where = {**os.environ, "AUTOMATION_KEYS": str(ALL)}
            subprocess.run(argv, check=True, env=where)  # noqa: S603 - our own command
    _make("s3.json", _store_account)
    _make("grafana.password", lambda: secrets.token_urlsafe(24))
    for role, share in SHARES.items():
        if (FOR / role).is_dir():
            _hand_out(FOR / role, share)
    _furnish(FOR / "home", APP, {SECRET_KEY: (ALL / SECRET_KEY).read_bytes()})
    _furnish(FOR / "nats-data", NATS, {})
    _furnish(FOR / "s3-data", STORE, {})
    return 0


def _hand_out(folder: Path, share: Share) -> None:
    """Make a folder hold exactly what belongs there."""
    wanted = {found.name for name in share.files for found in ALL.glob(name)}
    missing = [name for name in share.files if not any(ALL.glob(name))]
    if missing:
        raise SystemExit(f"{ALL} has no {', '.join(missing)}")
    for name in sorted(wanted):
        _put(folder / name, (ALL / name).read_bytes(), share.owner)
    for left in folder.iterdir():
        if left.name not in wanted:
            left.unlink()


def _furnish(folder: Path, owner: int, files: dict[str, bytes]) -> None:
    """Give a folder its owner and its first files; later ones are the owner's business.

    The engine makes a volume look like the folder of the first image that has it there, so this one
    may be the owner's already. Then it is ours for a moment: we may give folders away, and cannot
    write into those of others. Whether a file is there can be seen from outside (mode 0711).
    """
    if not folder.is_dir():
        return
    missing = [name for name in files if not (folder / name).exists()]
    if folder.stat().st_uid == owner and not missing:
        return
    os.chown(folder, 0, 0)
    for name in missing:
        _put(folder / name, files[name], owner, mode=0o600)
    folder.chmod(0o711)
    os.chown(folder, owner, owner)


def _make(name: str, content: Callable[[], str]) -> None:
    """Make what is not of this system itself, once."""
    Folder(ALL).make(name, content())


def _store_account() -> str:
    """Return the configuration of the S3 store: one account, which may do everything."""
    keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_urlsafe(30)}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return json.dumps(
        {"identities": [{"name": "automation", "credentials": [keys], "actions": actions}]}
    )


def _put(file: Path, content: bytes, owner: int, *, mode: int = 0o400) -> None:
    """Replace a file whole. What it holds we cannot see: it was given away."""
    aside = file.with_name(f".{file.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.chown(aside, owner, owner)
    aside.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
