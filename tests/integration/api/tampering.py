"""What somebody can do who may do everything in the database: no trigger stops them."""

from __future__ import annotations

from tests.integration.api.client import Api


async def tamper(api: Api, statement: str, *values: object) -> None:
    """Carry out *statement* past the triggers of the tables."""
    async with api.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(statement, *values)
