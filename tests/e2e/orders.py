"""What lies in the queue of orders that executors take from, seen by the owner of the bus."""

from __future__ import annotations

from nats.js import JetStreamContext

from shared.bus.topology import DUE
from shared.contracts.policy import DEFAULT_QUEUE


async def orders(js: JetStreamContext) -> int:
    """Count those that no executor has taken, of the queue that all of them take from."""
    info = await js.stream_info(DUE.name, subjects_filter=f"task.due.{DEFAULT_QUEUE}.>")
    return sum((info.state.subjects or {}).values())
