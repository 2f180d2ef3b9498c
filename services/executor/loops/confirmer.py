"""Make sure that every result reaches the log, also if the bus lost it.

Results are stored with their leases before they are said. Once the log writer has read all there is
to read, a result of a while ago without a final row was lost on the way (the stream was wiped, the
executor died between storing and saying): it is said again. So is the end of an attempt that
another one followed, as long as its attempt has no row that tells of it. The watermark
`executor.confirmed` moves over what is certain, so that each pass looks only at the last few
seconds. Also prunes old leases and reports.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from services.executor.journal import finished
from services.executor.store.presence import PresenceStore
from services.executor.store.reports import ReportStore
from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher

INTERVAL = timedelta(seconds=3)
#: Younger results may still be on their way.
GRACE = timedelta(seconds=10)
#: A result gets its time before it is committed: the watermark stays behind by more than any
#: statement may take, so that none appears behind it.
COMMITTED_WITHIN = timedelta(seconds=20)
PAGE = 500
#: A report that was said this often and never became a row is one that the log writer refuses; it
#: lies among the dead letters. Waiting for it would make each pass longer than the one before.
MOST_REPEATS = 20
PRUNE = 5000

log = logging.getLogger(__name__)


class Confirmer:
    """One step: find what the log lacks, say it again, move the watermark."""

    def __init__(
        self,
        *,
        executor_id: UUID,
        reports: ReportStore,
        presence: PresenceStore,
        publisher: Publisher,
        unread: Callable[[], Awaitable[int]],
        keep: timedelta,
    ) -> None:
        self._id = executor_id
        self._reports = reports
        self._presence = presence
        self._publisher = publisher
        self._unread = unread
        self._keep = keep
        self._repeats = 0

    async def step(self) -> timedelta:
        """Confirm once."""
        until = await self._reports.database_time() - GRACE
        if await self._unread():
            return INTERVAL  # the log writer is still reading; nothing counts as lost yet
        lost = await self._reports.unconfirmed(until, PAGE)
        if not lost:
            self._repeats = 0
        elif self._repeats >= MOST_REPEATS:
            log.error("%d results never reached the log; giving them up", len(lost))
        else:
            log.warning("%d results are missing in the log; saying them again", len(lost))
            # What the bus did not take was not said: it tells nothing about the log writer.
            self._repeats += await self._say(lost, until.timestamp())
            return INTERVAL
        await self._reports.confirm(until + GRACE - COMMITTED_WITHIN)
        await self._presence.forget_silent()
        pruned = await self._reports.prune(self._keep, PRUNE)
        return timedelta(seconds=1) if pruned == PRUNE else INTERVAL

    async def _say(self, reports: list[bytes], now: float) -> bool:
        """Return whether the bus has them."""
        subject = topology.runs_finished(self._id)
        messages = [
            Outgoing(subject, finished([report]), f"{self._id}:again:{now}:{number}")
            for number, report in enumerate(reports)
        ]
        return not await self._publisher.publish(messages)
