"""What nobody could handle, each message once."""

from __future__ import annotations

import json

from services.log_writer.dead_letter import DeadLetter
from shared.db.pool import Pool

INSERT = """
INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload, headers)
VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (fingerprint) DO NOTHING
RETURNING id
"""


class DeadLetterStore:
    """The table `log.dead_letters`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, letter: DeadLetter) -> bool:
        """Keep *letter*; return False if it was here already."""
        number = await self._pool.fetchval(
            INSERT,
            letter.fingerprint,
            letter.stream,
            letter.subject,
            letter.reason,
            letter.payload,
            json.dumps(dict(letter.headers)),
        )
        return number is not None
