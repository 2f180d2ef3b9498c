"""What happens to a message after its handler: the one place where errors become acknowledgements.

    handled                       acknowledged
    not a message of ours         to the dead letters, then acknowledged: it blocks nobody
    a server is not there         held and tried again until it is: that is not the message's fault
    anything else went wrong      given back with a pause that grows with each delivery

FastStream's own policies would lose the message (its default terminates it on any error) or hammer
it (`NACK_ON_ERROR` has no pause). So every subscriber says `ack_policy=AckPolicy.MANUAL` and this
middleware decides; a test fails if one forgets. Holding matters because deliveries are counted: in
an outage of two minutes, giving back would use them up and turn every message into a dead letter.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any

from fast_depends.exceptions import ValidationError as CallRefused
from faststream import BaseMiddleware
from faststream.message import StreamMessage
from nats.aio.msg import Msg

from shared.bus import topology
from shared.runtime.metrics import DEAD_BURIED

#: Pauses in seconds before the second, third, … delivery; the last one repeats.
PAUSES = (0.2, 1.0, 2.0, 5.0)
#: The longest pause in seconds between two tries of a message that is held.
HELD_PAUSE = 1.0

#: Well below the shortest `ack_wait`.
ALIVE_SECONDS = 0.5

#: What is kept of a dead message. A poison of the greatest size that is allowed would not fit into
#: a message again together with our headers, and the server disconnects whoever tries.
DEAD_BYTES = 64 << 10

ID_HEADER = "Nats-Msg-Id"
SUBJECT_HEADER = "Automation-Subject"
REASON_HEADER = "Automation-Reason"
SIZE_HEADER = "Automation-Size"

#: Errors that say that a message makes no sense. Most are ValueErrors: bad JSON, bad UTF-8, a field
#: of the wrong type, a number or a text that the database cannot hold. Deep nesting ends recursion.
POISON = (ValueError, CallRefused, RecursionError)
#: SQLSTATE classes that say the same: data exception, integrity constraint violation.
POISON_STATES = ("22", "23")
#: SQLSTATE classes about the server, not the data: connection, authorisation, no such database,
#: deadlock, a schema that is still to be migrated, resources, locks, shutdown, disk.
OUTAGE_STATES = ("08", "25", "28", "3D", "40", "42", "53", "55", "57", "58")
#: Cancelled by `statement_timeout`, which a message may bring about.
STATEMENT_CANCELLED = "57014"
#: asyncpg's error where a statement meets a connection on which PostgreSQL has just said that it
#: ends it. By its name: the bus knows no driver.
FAREWELL_CROSSED = "InternalClientError"

log = logging.getLogger(__name__)


def pause_after(deliveries: int) -> float:
    """Return how many seconds a message rests after it failed *deliveries* times."""
    return PAUSES[min(max(deliveries, 1), len(PAUSES)) - 1]


def is_poison(error: Exception) -> bool:
    """Return True if *error* says that the message can never be handled."""
    return isinstance(error, POISON) or _state(error).startswith(POISON_STATES)


def is_outage(error: Exception) -> bool:
    """Return True if *error* says that a server is not there, or not ready: any message fails."""
    state = _state(error)
    return (
        isinstance(error, OSError)  # refused, reset, and every kind of TimeoutError
        or (state.startswith(OUTAGE_STATES) and state != STATEMENT_CANCELLED)
        or type(error).__name__ == FAREWELL_CROSSED
    )


def _state(error: Exception) -> str:
    # Whatever has a SQLSTATE came from PostgreSQL; the driver itself is none of the bus's business.
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else ""


def fingerprint(stream: str, sequence: int, at: datetime) -> str:
    """Return what tells one stored message from all others.

    A stream that was lost and made anew counts from 1 again, hence the time, in whole seconds
    because nats-py rounds the fraction in one place and cuts it in another.
    """
    return f"dead:{stream}:{sequence}:{int(at.timestamp())}"


class Verdicts(BaseMiddleware[Any, Any]):
    """Acknowledges, buries, holds or gives back what a handler was given."""

    async def consume_scope(self, call_next: Any, msg: StreamMessage[Any]) -> Any:  # noqa: ANN401 - FastStream's signature
        raw: Msg = msg.raw_message
        if not raw.reply.startswith("$JS.ACK."):  # a core message: nothing to acknowledge
            return await call_next(msg)
        alive = asyncio.create_task(_keep_alive(raw))
        try:
            result = await self._handle(call_next, msg)
        except Exception as error:
            alive.cancel()
            deliveries = raw.metadata.num_delivered or 1
            if is_poison(error) and await bury(raw, error):
                return None
            log.exception("handling %s failed, delivery %d", raw.subject, deliveries)
            await raw.nak(delay=pause_after(deliveries))
            return None
        finally:
            alive.cancel()
        if not raw._ackd:  # noqa: SLF001 - nats-py has no public word for it
            await raw.ack()
        return result

    async def _handle(self, call_next: Any, msg: StreamMessage[Any]) -> Any:  # noqa: ANN401 - as above
        raw: Msg = msg.raw_message
        failures = 0
        while True:
            try:
                return await call_next(msg)
            except Exception as error:
                if is_poison(error) or not is_outage(error):
                    raise
                failures += 1
                if failures == 1:
                    log.warning("%s is held: %s", raw.subject, type(error).__name__)
            await asyncio.sleep(min(pause_after(failures), HELD_PAUSE))


async def _keep_alive(raw: Msg) -> None:
    """Keep a message that is being handled from being delivered to somebody else.

    A database that stands still makes a handler slow without failing; each new delivery would
    count, and in the end the message would be given up. A process that stands still keeps nothing
    alive.
    """
    while True:
        await asyncio.sleep(ALIVE_SECONDS)
        with contextlib.suppress(Exception):  # without a connection there is nobody to tell
            await raw.in_progress()


async def bury(raw: Msg, error: Exception) -> bool:
    """Move a message that can never be handled to the dead letters; return False if that failed."""
    metadata = raw.metadata
    if metadata.stream == topology.DEAD.name:  # it would come straight back
        return False
    reason = type(error).__name__  # never the text: it may quote what the message holds
    log.error("%s %d is not a message of ours: %s", raw.subject, metadata.sequence.stream, reason)
    headers = {
        ID_HEADER: fingerprint(metadata.stream, metadata.sequence.stream, metadata.timestamp),
        SUBJECT_HEADER: raw.subject,
        REASON_HEADER: reason,
        SIZE_HEADER: str(len(raw.data)),
    }
    client = raw._client  # noqa: SLF001 - the message's own connection
    try:
        await client.jetstream().publish(
            topology.dead(metadata.stream), raw.data[:DEAD_BYTES], headers=headers, timeout=3
        )
    except Exception:
        log.exception("%s could not be buried", raw.subject)
        return False
    await raw.ack()
    DEAD_BURIED.labels(metadata.stream).inc()
    return True
