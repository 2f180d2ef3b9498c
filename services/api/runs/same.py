"""Tell who asks for a run of a task with `unique` whether the same run is there already.

The scheduler decides that when the request reaches the ledger, a moment after it was committed. So
the answer waits for that moment, though not for long: without a scheduler the run is asked for, and
nobody knows better.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple
from uuid import UUID

from services.api.parts import ApiParts
from services.api.store import requests
from shared.domain.occurrence import Outcome

PATIENCE_SECONDS = 1.0
POLL_SECONDS = 0.02

_REJECTED = "unique.rejected"


class Same(NamedTuple):
    """The run that is there already."""

    run_id: str
    rejected: bool
    """The task wants whoever asks for it again to be refused."""


async def the_same(parts: ApiParts, run_id: UUID) -> Same | None:
    """Return the run that stands in the way of one that was just asked for; None: nobody does."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_SECONDS
    while loop.time() < until:
        async with parts.database.connection() as connection:
            found = await requests.became_of(connection, run_id)
        if found is not None:
            outcome, reason = found
            if outcome != Outcome.DEDUPED or reason is None:
                return None
            code, _, existing = reason.partition(":")
            return Same(existing, code == _REJECTED)
        await asyncio.sleep(POLL_SECONDS)
    return None
