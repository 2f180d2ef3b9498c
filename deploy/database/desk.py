"""`automation db roles` and `automation db check`: what they do, without the command line."""

from __future__ import annotations

from pathlib import Path

from deploy.database import passwords
from shared.db.grants import apply, logins
from shared.db.grants.matrix import OWNER, PREFIX, ROLES
from shared.db.pool import connected
from shared.settings import DatabaseAddress


class NoRoles(Exception):
    """There are roles that this user may not create, or files for none of them."""


async def set_roles(
    address: DatabaseAddress | str, folder: Path, *, drills: bool = False
) -> list[str]:
    """Let each role that has a file in *folder* log in with its password; return their names.

    Safe to repeat; a changed file is a changed password. A password of the owner is set, too, if it
    is the owner who comes.

    Raises:
        NoRoles: roles are missing, or the folder has no password.
        passwords.BadPassword: what is in a file is none.
    """
    said = {
        role: passwords.read(file)
        for role in ROLES
        if (file := passwords.file_of(folder, role)).exists()
    }
    if not said:
        raise NoRoles(f"{folder} has no password: db-api.password and so on")
    owners = passwords.file_of(folder, "owner")
    async with connected(address) as connection:
        present = await apply.make_roles(connection)
        if missing := [role for role in said if role not in present]:
            wanted = "; ".join(f"CREATE ROLE {PREFIX}{role}" for role in missing)
            raise NoRoles(
                "this user may not create roles: let it (ALTER ROLE ... CREATEROLE), or have an"
                f" administrator say: {wanted}; and grant them to it WITH ADMIN OPTION"
            )
        is_owner = await logins.comes_as_owner(connection)
        owner = passwords.verifier(passwords.read(owners)) if is_owner and owners.exists() else None
        await apply.apply(connection)
        await logins.set_logins(
            connection,
            [logins.Login(role, passwords.verifier(password)) for role, password in said.items()],
            owner=owner,
            drills=drills,
        )
    return [*(f"{PREFIX}{role}" for role in said), *([OWNER] if owner else [])]


async def check(address: DatabaseAddress | str) -> list[str]:
    """Return what is not as it is stated, a line each; nothing if all is."""
    async with connected(address) as connection:
        drift = await apply.check(connection)
        faults = await logins.faults(connection)
    return [
        *(f"missing\t{right}" for right in sorted(drift.missing)),
        *(f"too much\t{right}" for right in sorted(drift.unstated)),
        *(f"not stated\t{name}" for name in drift.tables),
        *(f"missing\tbackup\tSELECT\tlater tables in {name}" for name in sorted(drift.defaults)),
        *(f"wrong\t{fault}" for fault in faults),
    ]
