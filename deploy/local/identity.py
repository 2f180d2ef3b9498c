"""Who PostgreSQL runs as when we are root, which it refuses to be.

The plan, first match wins:

1. a data folder that exists keeps its owner;
2. `AUTOMATION_PG_USER` names a user to become;
3. a user namespace of one user: PostgreSQL sees a user that is not root, files stay root's,
   nothing is created or opened up on the machine. It takes no rights away, so we say so;
4. where that is forbidden (many containers): become `nobody`, if it can reach everything;
5. otherwise explain.

Never done: adding users, or changing the mode of folders that are not ours.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from deploy.local import process

NOBODY = "nobody"
PROBE_TIMEOUT = timedelta(seconds=20)


class NoIdentity(Exception):
    """There is no user that PostgreSQL could run as."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user to run as, and how `launch.py` becomes it."""

    launch_options: tuple[str, ...] = ()
    uid: int | None = None  # None: files belong to us
    gid: int | None = None
    warning: str = ""

    def give(self, path: Path) -> None:
        """Let this user own a file or folder."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


OURSELVES = Identity()


async def choose(*, data: Path, postgres: str) -> Identity:
    """Follow the plan. *data* need not exist yet, its parent folder must."""
    if os.geteuid() != 0:
        return OURSELVES
    owner = _owner(data)
    if owner:
        return await _user(pwd.getpwuid(owner).pw_name, folder=data.parent, postgres=postgres)
    if owner is None and (name := os.environ.get("AUTOMATION_PG_USER")):
        return await _user(name, folder=data.parent, postgres=postgres)
    inside = namespace()
    if await _runs(inside, postgres, "--version"):
        return inside
    if owner is not None:
        raise NoIdentity(
            f"{data} belongs to root and this machine allows no user namespaces any more: "
            f"give the folder to another user (chown -R {NOBODY} ...) and start again"
        )
    return await _user(NOBODY, folder=data.parent, postgres=postgres)


def _owner(path: Path) -> int | None:
    return path.stat().st_uid if path.exists() else None


def namespace() -> Identity:
    """Return the identity of one who is root outside and nobody inside."""
    inner = pwd.getpwnam(NOBODY)  # a number without an entry in passwd is refused by initdb
    return Identity(
        launch_options=("--namespace", str(inner.pw_uid), str(inner.pw_gid)),
        warning="started as root: PostgreSQL runs in a user namespace, which is no protection",
    )


async def _user(name: str, *, folder: Path, postgres: str) -> Identity:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise NoIdentity(f"there is no user {name!r} on this machine") from None
    identity = Identity(("--user", name), uid=user.pw_uid, gid=user.pw_gid)
    identity.give(folder)
    # Others may pass through our home, not look: what lies in it has modes of its own.
    folder.parent.chmod(0o711)
    for argv in ((postgres, "--version"), ("/bin/sh", "-c", 'cd "$0"', str(folder))):
        if not await _runs(identity, *argv):
            raise NoIdentity(
                f"PostgreSQL does not run as root, and user {name!r} cannot reach {argv[-1]} "
                f"or {argv[0]}. Start as a normal user, set AUTOMATION_PG_USER to a user that "
                "can, or set AUTOMATION_DATABASE_URL to use a running server."
            )
    return identity


async def _runs(identity: Identity, *argv: str) -> bool:
    probe = await process.spawn(
        process.Command(argv=argv, launch_options=identity.launch_options),
        output=asyncio.subprocess.DEVNULL,
    )
    return await process.finish(probe, within=PROBE_TIMEOUT) == 0
