"""Tokens made, listed and revoked: for the API's own routes and for the command line.

The functions that take a DSN open and close their own connection; they are for processes that run
once. A token made at the first start (`create_admin_token`) never expires: it is what one gets back
in with. All others do, after 90 days unless the caller says otherwise.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from services.api.access.scopes import ADMIN, ALL_SCOPES
from services.api.access.token_format import Token, new_token
from services.api.store import audit
from services.api.store import tokens as store
from shared.db.pool import Connection, connected
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant
from shared.settings import DatabaseAddress

EXPIRES_IN_DAYS = 90
#: In the audit list, whoever has no token but the database.
COMMAND_LINE = audit.Actor("command line")


async def make(
    connection: Connection,
    *,
    name: str,
    scopes: Sequence[str],
    expires_in_days: int | None,
    created_by: str | None,
    user_id: UUID | None = None,
) -> tuple[Token, store.TokenRow]:
    """Make a token; it can be read here and never again.

    Raises:
        InvalidDefinition: there is no such scope.
    """
    unknown = [index for index, scope in enumerate(scopes) if scope not in ALL_SCOPES]
    if unknown or not scopes:
        raise InvalidDefinition(
            [
                Problem(f"/scopes/{index}", "field.choice", {"allowed": ", ".join(ALL_SCOPES)})
                for index in unknown or [0]
            ]
        )
    token = new_token(secrets.choice)
    row = await store.insert(
        connection,
        token_id=token.id,
        name=name,
        secret_hash=token.secret_hash,
        scopes=sorted(set(scopes)),
        created_by=created_by,
        expires_in_days=expires_in_days,
        user_id=user_id,
    )
    return token, row


def view(row: store.TokenRow) -> dict[str, object]:
    """Return a token as people see it."""
    return {
        "id": row.id,
        "name": row.name,
        "scopes": row.scopes,
        "created_at": format_instant(row.created_at),
        "created_by": row.created_by,
        "expires_at": format_instant(row.expires_at) if row.expires_at else None,
        "revoked_at": format_instant(row.revoked_at) if row.revoked_at else None,
        "last_used_at": format_instant(row.last_used_at) if row.last_used_at else None,
        "last_used_ip": row.last_used_ip,
        "user_id": str(row.user_id) if row.user_id else None,
        "user_name": row.user_name,
    }


async def create_admin_token(dsn: DatabaseAddress | str) -> str:
    """Make a token that may do everything and never expires; return it."""
    return await create_token(dsn, "admin", [ADMIN], None)


async def create_token(
    dsn: DatabaseAddress | str,
    name: str,
    scopes: list[str],
    expires_in_days: int | None = EXPIRES_IN_DAYS,
) -> str:
    """Make a token; return it.

    Raises:
        InvalidDefinition: there is no such scope.
    """
    async with connected(dsn) as connection, connection.transaction():
        token, row = await make(
            connection,
            name=name,
            scopes=scopes,
            expires_in_days=expires_in_days,
            created_by=COMMAND_LINE.name,
        )
        after = {"name": row.name, "scopes": row.scopes}
        await audit.note(connection, COMMAND_LINE, "token.created", "token", row.id, after=after)
    return token.text


async def list_tokens(dsn: DatabaseAddress | str) -> list[dict[str, object]]:
    """Return all tokens, newest first, without their secrets."""
    async with connected(dsn) as connection:
        return [view(row) for row in await store.every(connection)]


async def revoke_token(dsn: DatabaseAddress | str, token_id: str) -> bool:
    """Make a token useless; return whether it was there and useful until now."""
    async with connected(dsn) as connection, connection.transaction():
        if not await store.revoke(connection, token_id):
            return False
        await audit.note(connection, COMMAND_LINE, "token.revoked", "token", token_id)
        return True
