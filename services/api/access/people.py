"""Users created, changed and removed, for the API's routes and for the command line.

Each change is one transaction with its row in the audit list. The last administrator who can log in
stays one, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.access.names import folded
from services.api.access.schemas import UserCreate, UserUpdate
from services.api.access.secret_text import fresh_secret, hash_of
from services.api.store import audit, password_links, sessions
from services.api.store import users as store
from services.api.store.audit import Actor
from services.api.store.users import UserRow
from services.api.wire.problems import refuse_fields
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound, Problem
from shared.domain.instant import format_instant

#: For somebody who is at work on Monday; whoever gets hold of the link is that user.
LINK_LASTS = timedelta(hours=72)


def view(row: UserRow) -> dict[str, Any]:
    """Return a user as administrators see them."""
    return {
        "id": str(row.id),
        "name": row.name,
        "display_name": row.display_name,
        "email": row.email,
        "role": row.role,
        "language": row.language,
        "disabled": row.disabled_at is not None,
        "disabled_at": _instant(row.disabled_at),
        "has_password": row.has_password,
        "logged_in_at": _instant(row.logged_in_at),
        "open_sessions": row.open_sessions,
        "live_tokens": row.live_tokens,
        "provider": row.provider,
        "version": row.version,
        "created_at": format_instant(row.created_at),
        "created_by": row.created_by,
        "updated_at": format_instant(row.updated_at),
    }


def audited(row: UserRow) -> dict[str, Any]:
    """Return what of a user stands in the audit list."""
    shown = view(row)
    fields = ("name", "display_name", "email", "role", "language", "disabled")
    return {name: shown[name] for name in fields}


async def create(
    connection: Connection, wished: UserCreate, actor: Actor, *, password_hash: str | None = None
) -> UserRow:
    """Create a user.

    Raises:
        Refused: 422, the name is taken.
    """
    user_id = uuid4()
    made = await store.insert(
        connection,
        user_id,
        name=wished.name,
        name_key=folded(wished.name),
        display_name=wished.display_name or wished.name,
        email=wished.email,
        role=wished.role,
        language=wished.language,
        password_hash=password_hash,
        created_by=actor.name,
    )
    if not made:
        raise refuse_fields([Problem("/name", "user.name_taken")])
    row = await store.get(connection, user_id)
    assert row is not None  # noqa: S101 - it was just written in this transaction
    await audit.note(connection, actor, "user.created", "user", row.name, after=audited(row))
    return row


async def change(
    connection: Connection, before: UserRow, wished: UserUpdate, actor: Actor
) -> UserRow:
    """Change the given fields of a user that the caller has locked.

    Raises:
        Conflict: nobody would be left to let others in.
    """
    given = wished.model_dump(exclude_unset=True)
    fields: dict[str, Any] = {**audited(before), **given}
    loses = before.role == "admin" and (fields["role"] != "admin" or fields["disabled"])
    if loses:
        await require_another_admin(connection, before)
    fields.pop("name")
    if fields == {key: value for key, value in audited(before).items() if key != "name"}:
        return before
    after = await store.change(connection, before.id, **fields)
    if fields["disabled"]:
        await sessions.end_all(connection, before.id)
    was, now = _changed(audited(before), audited(after))
    await audit.note(connection, actor, "user.updated", "user", before.name, before=was, after=now)
    return after


async def remove(connection: Connection, row: UserRow, actor: Actor) -> None:
    """Remove a user that the caller has locked, with their sessions and tokens.

    Raises:
        Conflict: nobody would be left to let others in.
    """
    if row.role == "admin":
        await require_another_admin(connection, row)
    await store.delete(connection, row.id)
    await audit.note(connection, actor, "user.deleted", "user", row.name, before=audited(row))


async def require_another_admin(
    connection: Connection, row: UserRow, *, gets_in: bool | None = None
) -> None:
    """Refuse what would leave the system without an administrator who can log in.

    Whether *row* is one who can depends on their password, unless the caller knows of another way.

    Raises:
        Conflict: *row* is the last one.
    """
    await store.lock_admins(connection)
    if gets_in is None:
        gets_in = row.has_password and row.disabled_at is None
    if gets_in and not await store.other_admins(connection, row.id):
        raise Conflict("user.last_admin")


async def make_link(
    connection: Connection, user_id: UUID, name: str, actor: Actor
) -> tuple[str, datetime]:
    """Make a link with which a user chooses a password; return its secret and its end."""
    secret = fresh_secret()
    until = await password_links.insert(
        connection,
        hash_of(secret),
        user_id=user_id,
        lasts=LINK_LASTS,
        created_by=actor.name,
    )
    await audit.note(connection, actor, "user.link_created", "user", name)
    return secret, until


async def set_password(
    connection: Connection, row: UserRow, password_hash: str, actor: Actor, *, but: UUID | None
) -> None:
    """Give a user a new password; their links end, and all their sessions *but* one."""
    await store.set_password(connection, row.id, password_hash)
    await password_links.end_all(connection, row.id)
    ended = await sessions.end_all(connection, row.id, but=but)
    await audit.note(
        connection,
        actor,
        "user.password_changed",
        "user",
        row.name,
        after={"ended_sessions": ended},
    )


async def locked(connection: Connection, user_id: UUID | None) -> UserRow:
    """Return a user for a change in this transaction.

    Raises:
        NotFound: there is none.
    """
    row = await store.lock(connection, user_id) if user_id else None
    if row is None:
        raise NotFound("user", "")
    return row


def _changed(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in after if before[key] != after[key]]
    return {key: before[key] for key in keys}, {key: after[key] for key in keys}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
