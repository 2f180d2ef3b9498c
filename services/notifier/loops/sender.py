"""Sends what is due, several at once; what fails is tried again, later each time.

A channel that answers slowly takes less than twice `PER_CHANNEL` of the places, so it keeps nobody
else waiting.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from uuid import UUID

from pydantic import ValidationError

from services.notifier import metrics
from services.notifier.alert_letter import FIRING, RESOLVED, AlertLetter
from services.notifier.channels.parcel import NotDelivered
from services.notifier.letter import MORE, Letter
from services.notifier.post_office import PATIENCE, PostOffice
from services.notifier.store.deliveries import Claimed, DeliveryStore

REST = timedelta(seconds=1)
PER_CHANNEL = 4
#: Pauses after the first, second, … try; after the last of them the delivery is given up.
PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 60, 180, 480, 900, 1800))
MOST_TRIES = len(PAUSES) + 1
#: What was claimed and neither sent nor failed within this was in hand of a notifier that died.
CLAIMED_FOR = 4 * PATIENCE

log = logging.getLogger(__name__)


class Sender:
    """One step: fill the free places."""

    def __init__(self, store: DeliveryStore, office: PostOffice, *, slots: int) -> None:
        self._store = store
        self._office = office
        self._slots = slots
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def step(self) -> timedelta:
        """Claim as much as can be sent now, and begin."""
        free = self._slots - len(self._under_way)
        if not free:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            return timedelta(0)
        busy = [name for name, n in Counter(self._under_way.values()).items() if n >= PER_CHANNEL]
        claimed = await self._store.claim(min(free, PER_CHANNEL), within=CLAIMED_FOR, not_of=busy)
        for each in claimed:
            task = asyncio.create_task(self._deliver(each))
            self._under_way[task] = each.channel
            task.add_done_callback(self._under_way.pop)
        return timedelta(0) if claimed else REST

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            await self._try(claimed)
        except Exception as error:  # noqa: BLE001 - told by its kind: its text may quote a secret
            # The database does not answer: what was claimed comes back by itself.
            log.error("delivery %s: %s", claimed.id, type(error).__name__)  # noqa: TRY400

    async def _try(self, claimed: Claimed) -> None:
        try:
            letter = await self._complete(claimed.id, _letter(claimed))
            answer = await self._office.send(claimed.id, letter, claimed.channel)
        except NotDelivered as error:
            await self._not_delivered(claimed, error)
        except Exception as error:  # noqa: BLE001 - as above
            kind = type(error).__name__
            log.error("delivery %s to %s: %s", claimed.id, claimed.channel, kind)  # noqa: TRY400
            await self._not_delivered(claimed, NotDelivered(kind))
        else:
            await self._store.sent(claimed.id, answer)

    async def _complete(self, delivery: UUID, letter: Letter | AlertLetter) -> Letter | AlertLetter:
        if isinstance(letter, AlertLetter) or letter.event != MORE:
            return letter
        folded = await self._store.folded(delivery)
        return letter.model_copy(update={"more": folded.messages, "more_tasks": folded.tasks})

    async def _not_delivered(self, claimed: Claimed, error: NotDelivered) -> None:
        last = error.permanent or claimed.tries >= MOST_TRIES
        log.warning(
            "delivery %s to %s, try %d: %s%s",
            claimed.id,
            claimed.channel,
            claimed.tries,
            error.detail,
            "; given up" if last else "",
        )
        if last:
            metrics.GIVEN_UP.inc()
            await self._store.give_up(claimed.id, error.detail)
        else:
            await self._store.failed(claimed.id, error.detail, PAUSES[claimed.tries - 1])


def _letter(claimed: Claimed) -> Letter | AlertLetter:
    try:
        if claimed.event in (FIRING, RESOLVED):
            return AlertLetter.model_validate_json(claimed.facts)
        return Letter.model_validate_json(claimed.facts)
    except ValidationError:
        raise NotDelivered("written by another version", permanent=True) from None
