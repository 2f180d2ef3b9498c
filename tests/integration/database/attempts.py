"""What a role can do with a thing, found out by trying.

`EXPLAIN` begins the statement, which is when PostgreSQL looks at rights, and carries nothing out.
"""

from __future__ import annotations

import asyncpg

from shared.db.grants.live import Thing
from shared.db.pool import Connection

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")

#: Refused for another reason than the role: a view of several tables cannot be written by anybody.
_NOBODY = (
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.GeneratedAlwaysError,  # through a view
)


async def can(connection: Connection, privilege: str, table: str, column: str) -> bool:
    """Try as the role of the session; *column* is one of the table."""
    statement = {
        "SELECT": f"SELECT {column} FROM {table}",  # noqa: S608 - names from the catalog
        "INSERT": f"INSERT INTO {table} ({column}) VALUES (NULL)",  # noqa: S608
        "UPDATE": f"UPDATE {table} SET {column} = NULL",  # noqa: S608
        "DELETE": f"DELETE FROM {table}",  # noqa: S608
    }[privilege]
    try:
        await connection.execute(f"EXPLAIN {statement}")
    except asyncpg.InsufficientPrivilegeError:
        return False
    except _NOBODY:
        return False
    return True


async def columns_of(connection: Connection, thing: Thing) -> list[str]:
    """Return the columns that a statement may name as it likes."""
    rows = await connection.fetch(
        "SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = $1::text::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attidentity = '' ORDER BY attnum",
        thing.name,
    )
    return [row["name"] for row in rows]
