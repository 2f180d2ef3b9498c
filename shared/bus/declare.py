"""Make the server look like `topology`: idempotent, safe to run at any time by whoever may.

That is the keeper of the bus (`services/bus_keeper`), and `automation bus provision` with its
rights. Existing streams and consumers are brought in line.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence

from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from shared.bus.access import NOBODY, Access
from shared.bus.connection import connect_once
from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import CONSUMERS, STREAMS
from shared.settings import BusSettings

#: The server's number for a change that it makes to no consumer that lives.
NOT_CHANGED = 10012
#: ... and for a stream that, full, would need more than it may store.
NO_STORE = 10047

log = logging.getLogger(__name__)


def stream_config(stream: Stream, *, replicas: int = 1) -> api.StreamConfig:
    """Return *stream* in the client's words."""
    return api.StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=(
            api.RetentionPolicy.WORK_QUEUE if stream.work_queue else api.RetentionPolicy.LIMITS
        ),
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.OLD if stream.discard_old else api.DiscardPolicy.NEW,
        max_age=stream.max_age.total_seconds(),
        max_bytes=stream.max_bytes,
        max_msgs_per_subject=stream.max_msgs_per_subject,
        duplicate_window=stream.duplicate_window.total_seconds(),
        num_replicas=replicas,
        allow_direct=True,
    )


def consumer_config(consumer: Consumer) -> api.ConsumerConfig:
    """Return *consumer* in the client's words."""
    single = len(consumer.filters) == 1
    return api.ConsumerConfig(
        name=consumer.name,
        durable_name=consumer.name,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=consumer.ack_wait.total_seconds(),
        max_ack_pending=consumer.max_ack_pending,
        max_deliver=consumer.max_deliver,
        max_waiting=2048,
        filter_subject=consumer.filters[0] if single else None,
        filter_subjects=None if single else list(consumer.filters),
    )


async def declare_on(js: JetStreamContext) -> None:
    """Create or update every stream and consumer of the topology."""
    for stream in STREAMS:
        await declare_stream(js, stream)
    await declare_consumers(js, CONSUMERS)


async def declare_stream(js: JetStreamContext, stream: Stream) -> None:
    """Create or update *stream*.

    Raises:
        APIError: there is one that cannot be changed into it; a person must decide what becomes of
            the messages in it.
    """
    # Read here, not handed through: whoever declares, wherever, must declare the same.
    config = stream_config(stream, replicas=BusSettings().nats_replicas)
    try:
        await _add_or_update(js, config)
    except APIError as error:
        if error.err_code == NO_STORE:
            all_of_them = sum(each.max_bytes for each in STREAMS) / (1 << 30)
            error.description = (
                f"{error.description}: full, all streams hold {all_of_them:.1f} GiB, and the server"
                " may store less: let it store 8GB (max_file_store in its configuration)"
            )
        raise


async def _add_or_update(js: JetStreamContext, config: api.StreamConfig) -> None:
    try:
        await js.stream_info(str(config.name))
    except NotFoundError:
        await js.add_stream(config)
        log.info("stream %s created", config.name)
    else:
        await js.update_stream(config)


async def declare_consumers(js: JetStreamContext, consumers: Sequence[Consumer]) -> None:
    """Create or update *consumers*, whose streams are there.

    Raises:
        NotFoundError: a stream is gone.
        nats.errors.Error: the server does not answer.
    """
    for consumer in consumers:
        await _declare_consumer(js, consumer)


async def _declare_consumer(js: JetStreamContext, consumer: Consumer) -> None:
    try:
        await js.add_consumer(consumer.stream, consumer_config(consumer))
    except APIError as error:
        if error.err_code != NOT_CHANGED:
            raise
        log.warning("consumer %s is made anew: %s", consumer.name, error.description)
        await remake_consumer(js, consumer)


async def remake_consumer(js: JetStreamContext, consumer: Consumer) -> None:
    """Delete *consumer* and create it again.

    Its messages come again from the first on: none is lost, and what was done is known.
    """
    with contextlib.suppress(NotFoundError):  # another process was quicker
        await js.delete_consumer(consumer.stream, consumer.name)
    await js.add_consumer(consumer.stream, consumer_config(consumer))


async def declare(url: str, *, access: Access = NOBODY) -> None:
    """Connect, declare, disconnect.

    Raises:
        OSError: the server is not there.
        nats.errors.Error: it refused, or did not answer.
    """
    client = await connect_once(url, name="provision", access=access)
    try:
        await declare_on(client.jetstream(timeout=10))
    finally:
        await client.close()
