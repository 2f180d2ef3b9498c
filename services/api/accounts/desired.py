"""What is wanted of accounts is said to their runtimes, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.api.store import account_desires as store
from shared.db.pool import Connection


async def announce(connection: Connection, identities: Sequence[UUID]) -> None:
    """Tell the runtimes what is wanted of these accounts now, under a new generation.

    To be called after whatever a runtime is to know was written: desired state, script version,
    config. The last message counts, so each tells everything.
    """
    if not identities:
        return
    await store.leave(connection, await store.next_generation(connection, identities))
