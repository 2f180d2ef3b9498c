"""Users without the API: at the first start, and from the command line.

Whoever can reach the database may do this; in the audit list it is the command line. The functions
take a DSN and open a connection of their own; they are for processes that run once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.api.access import outsiders, people
from services.api.access.links import offer_setup
from services.api.access.names import folded
from services.api.access.passwords import Passwords, problems_of_password
from services.api.access.schemas import UserCreate, UserUpdate
from services.api.access.tokens import COMMAND_LINE
from services.api.store import audit, identities
from services.api.store import users as store
from services.api.wire.texts import say
from shared.db.pool import Connection, connected
from shared.domain.errors import Conflict, InvalidDefinition, NotFound
from shared.settings import DatabaseAddress


class BadPassword(Exception):
    """A password is not taken; the text says why."""


class BadName(Exception):
    """A name is not taken."""


async def has_users(dsn: DatabaseAddress | str) -> bool:
    """Return whether there is anybody who may log in."""
    async with connected(dsn) as connection:
        return await store.is_there_any(connection)


async def setup_secret(dsn: DatabaseAddress | str) -> str | None:
    """Return the secret of a fresh link for the first administrator; None if there are users."""
    async with connected(dsn) as connection, connection.transaction():
        if await store.is_there_any(connection):
            return None
        return await offer_setup(connection, created_by=COMMAND_LINE.name)


async def ensure_admin(dsn: DatabaseAddress | str, name: str, password_file: Path | None) -> bool:
    """Create an administrator if there is a file and no user; return whether it was done.

    Raises:
        BadName: nobody can be called *name*.
        BadPassword: what is in the file is none.
    """
    if not (password_file and password_file.name) or await has_users(dsn):
        return False
    try:
        wished = UserCreate(name=name, role="admin")
    except ValidationError:
        raise BadName(say("user.name", "en")) from None
    password_hash = hash_of_file(password_file, name)
    async with connected(dsn) as connection, connection.transaction():
        await store.lock_admins(connection)
        if await store.is_there_any(connection):
            return False
        await people.create(connection, wished, COMMAND_LINE, password_hash=password_hash)
        return True


async def create_user(
    dsn: DatabaseAddress | str, wished: UserCreate, *, password_file: Path | None
) -> str | None:
    """Create a user; return the secret of a link for their password, if none is in a file.

    Raises:
        InvalidDefinition: the name is taken.
        BadPassword: what is in the file is none.
    """
    password_hash = hash_of_file(password_file, wished.name) if password_file else None
    async with connected(dsn) as connection, connection.transaction():
        row = await people.create(connection, wished, COMMAND_LINE, password_hash=password_hash)
        if password_hash:
            return None
        secret, _ = await people.make_link(connection, row.id, row.name, COMMAND_LINE)
        return secret


async def list_users(dsn: DatabaseAddress | str) -> list[dict[str, Any]]:
    """Return all users by name."""
    async with connected(dsn) as connection:
        rows = await store.page(connection, after="", text=None, role=None, limit=100_000)
    return [people.view(row) for row in rows]


async def change_user(dsn: DatabaseAddress | str, name: str, wished: UserUpdate) -> None:
    """Change a user.

    Raises:
        NotFound: there is none of that name.
        Conflict: it is the last administrator.
    """
    async with connected(dsn) as connection, connection.transaction():
        row = await _locked(connection, name)
        await people.change(connection, row, wished, COMMAND_LINE)


async def reset_password(dsn: DatabaseAddress | str, name: str) -> str:
    """Return the secret of a link with which a user chooses a new password.

    Raises:
        NotFound: there is none of that name.
    """
    async with connected(dsn) as connection, connection.transaction():
        row = await _locked(connection, name)
        secret, _ = await people.make_link(connection, row.id, row.name, COMMAND_LINE)
        return secret


async def link_user(dsn: DatabaseAddress | str, name: str, issuer: str, subject: str) -> None:
    """Have whoever is *subject* at *issuer* come in as a user who is there.

    Raises:
        NotFound: there is none of that name.
        Conflict: the identity is another user's.
    """
    async with connected(dsn) as connection, connection.transaction():
        await identities.lock(connection, issuer, subject)  # first, as a log-in does
        row = await _locked(connection, name)
        await outsiders.link(connection, issuer, subject, row.id)
        after = {"issuer": issuer, "subject": subject}
        await audit.note(connection, COMMAND_LINE, "user.linked", "user", row.name, after=after)


async def unlink_user(dsn: DatabaseAddress | str, name: str) -> None:
    """Have nobody from a provider, or a proxy, come in as this user any more.

    Raises:
        NotFound: there is none of that name.
        Conflict: there is no link, or they are the last administrator who can get in.
    """
    async with connected(dsn) as connection, connection.transaction():
        await outsiders.unlink(connection, await _locked(connection, name), COMMAND_LINE)


def hash_of_file(path: Path, name: str) -> str:
    """Return what is stored of the password in a file; the line's end does not belong to it.

    Raises:
        BadPassword: it is none.
    """
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadPassword(f"{path} is not UTF-8") from None
    for problem in problems_of_password(password, name=name):
        raise BadPassword(f"{path}: {say(problem.code, 'en', problem.params)}")
    return Passwords().hash_now(password)


def told(error: Exception) -> str:
    """Return what a person at the command line is told of *error*."""
    match error:
        case NotFound():
            return say(f"{error.kind}.not_found", "en")
        case Conflict():
            return say(error.code, "en", error.params)
        case InvalidDefinition():
            return "; ".join(say(each.code, "en", each.params) for each in error.problems)
        case _:
            problems = getattr(error, "problems", ())
            return "; ".join(say(each.code, "en", each.params) for each in problems) or str(error)


async def _locked(connection: Connection, name: str) -> store.UserRow:
    return await people.locked(connection, await store.id_of(connection, folded(name)))
