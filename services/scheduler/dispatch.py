"""Tell executors what to run.

An order follows the commit of its ledger row. If it cannot be published, or this process dies in
between, the sweeper finds the row without a lease and sends the order again; so nothing here needs
to be certain, only quick.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from services.scheduler import metrics
from services.scheduler.job import Entry
from services.scheduler.store.ledger import Order
from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.runs import RunDue
from shared.domain.occurrence import Outcome

log = logging.getLogger(__name__)


def orders_for(entries: Iterable[Entry]) -> list[Order]:
    """Return the first orders for those ledger rows that fired and need not wait."""
    return [
        Order(entry.run_id, entry.task_id, 1, entry.queue, entry.priority)
        for entry in entries
        if entry.outcome == Outcome.FIRED and not entry.held
    ]


def message_for(order: Order, again: str = "") -> Outgoing:
    """Return the message of an order.

    Its id tells repetitions apart that are messages of their own, from those that are the same.
    *again* makes the id of a repetition its own: the stream remembers ids of messages that are
    long gone, and would drop what we repeat because it was lost.
    """
    return Outgoing(
        subject=topology.task_due(order.queue, order.priority, order.task_id),
        payload=RunDue(run_id=order.run_id, attempt=order.attempt).encode(),
        message_id=f"{order.run_id}:{order.attempt}"
        f"{f':{order.recalls}' if order.recalls else ''}{again}",
    )


class Dispatcher:
    """Publishes orders."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.under_way = 0
        """Orders that are being sent right now."""

    async def send(self, orders: Sequence[Order], *, again: str = "") -> bool:
        """Publish *orders*; return whether the stream is known to have all of them."""
        self.under_way += len(orders)
        try:
            unknown = await self._publisher.publish([message_for(order, again) for order in orders])
        finally:
            self.under_way -= len(orders)
        metrics.sent(len(orders), len(unknown))
        if unknown:
            log.warning("%d of %d orders not acknowledged", len(unknown), len(orders))
        return not unknown
