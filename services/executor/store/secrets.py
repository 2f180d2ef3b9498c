"""Secrets, sealed, through the view that the API keeps for executors."""

from __future__ import annotations

from shared.db.pool import Pool


class SecretStore:
    """Reads sealed secrets."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sealed(self, name: str) -> tuple[bytes, str] | None:
        """Return a secret as it is kept, and the id of the key that opens it; None: no such one."""
        row = await self._pool.fetchrow(
            "SELECT sealed, key_id FROM api.executor_secrets WHERE name = $1", name
        )
        return (row["sealed"], row["key_id"]) if row else None
