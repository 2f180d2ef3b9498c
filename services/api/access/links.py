"""Links that are used once: for the first administrator, and for a password that was forgotten.

Whoever has one needs no name and no password, so it is long, ends by itself, works once, and stands
behind the `#` of an address, which browsers send to nobody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.api.access import people
from services.api.access.log_in import Visitor, open_session
from services.api.access.passwords import problems_of_password
from services.api.access.schemas import LinkUse, SetUp, UserCreate
from services.api.access.secret_text import fresh_secret, hash_of
from services.api.parts import ApiParts
from services.api.store import password_links, users
from services.api.store.password_links import Link
from services.api.store.users import UserRow
from services.api.wire.problems import refuse_fields
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound
from shared.domain.instant import format_instant

SETUP_LASTS = timedelta(hours=24)
SETUP_PAGE, LINK_PAGE = "/setup#", "/set-password#"


async def offer_setup(connection: Connection, *, created_by: str) -> str:
    """Make the link for the first administrator; return its secret. An older one ends."""
    secret = fresh_secret()
    await password_links.insert(
        connection, hash_of(secret), user_id=None, lasts=SETUP_LASTS, created_by=created_by
    )
    return secret


async def set_up(parts: ApiParts, wished: SetUp, visitor: Visitor) -> str:
    """Create the first administrator; return the secret of their session.

    Raises:
        Conflict: there are users already.
        NotFound: the link is not good.
        Refused: 422.
    """
    async with parts.database.connection() as connection:
        await _require_setup(connection, wished.token)
    if problems := problems_of_password(wished.password, name=wished.name):
        raise refuse_fields(problems)
    password_hash = await parts.passwords.hash(wished.password)
    async with parts.database.transaction() as connection:
        await users.lock_admins(connection)
        await _require_setup(connection, wished.token)
        await password_links.use(connection, hash_of(wished.token))
        fields = wished.model_dump(include={"name", "display_name", "language"})
        row = await people.create(
            connection,
            UserCreate(role="admin", **fields),
            visitor.actor(wished.name),
            password_hash=password_hash,
        )
        return await open_session(connection, row.id, row.name, visitor)


async def peek(connection: Connection, token: str) -> dict[str, Any]:
    """Return whose password a link sets.

    Raises:
        NotFound: the link is not good.
    """
    link, row = await _find(connection, token)
    return {
        "name": row.name,
        "display_name": row.display_name,
        "expires_at": format_instant(link.expires_at),
    }


async def use(parts: ApiParts, wished: LinkUse, visitor: Visitor) -> str:
    """Set the password of a link's user, end their sessions; return the secret of a new one.

    Raises:
        NotFound: the link is not good.
        Refused: 422.
    """
    async with parts.database.connection() as connection:
        _, row = await _find(connection, wished.token)
    if problems := problems_of_password(wished.password, name=row.name):
        raise refuse_fields(problems)
    password_hash = await parts.passwords.hash(wished.password)
    async with parts.database.transaction() as connection:
        # The user before the link, as everybody does who changes both.
        await people.locked(connection, row.id)
        _, row = await _find(connection, wished.token)
        await password_links.use(connection, hash_of(wished.token))
        actor = visitor.actor(row.name, row.id)
        await people.set_password(connection, row, password_hash, actor, but=None)
        return await open_session(connection, row.id, row.name, visitor)


async def _require_setup(connection: Connection, token: str) -> None:
    if await users.is_there_any(connection):
        raise Conflict("setup.done")
    link = await password_links.find(connection, hash_of(token))
    if link is None and await users.is_there_any(connection):
        raise Conflict("setup.done")  # by somebody who was a moment faster
    if link is None or link.user_id is not None:
        raise NotFound("link", "")


async def _find(connection: Connection, token: str) -> tuple[Link, UserRow]:
    link = await password_links.find(connection, hash_of(token))
    row = await users.get(connection, link.user_id) if link and link.user_id else None
    if link is None or row is None or row.disabled_at is not None:
        raise NotFound("link", "")
    return link, row
