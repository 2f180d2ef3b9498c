"""What the notifier is asked over the bus. What it judges it reads (`loops/readers.py`)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from faststream import AckPolicy
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.notifier.channels.parcel import NotDelivered, Witness
from services.notifier.letter import trial_letter
from services.notifier.post_office import PostOffice
from shared.bus import topology
from shared.contracts.notifications import ChannelTest, ChannelTested

#: Tests that wait for their channel at the same time.
TESTS = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the handlers work with."""

    office: PostOffice
    now: Callable[[], datetime]


def register(broker: NatsBroker, room: Room) -> None:
    """Put the answer on *broker*; it is deaf until it starts."""

    @broker.subscriber(
        topology.RPC_NOTIFIER_TEST,
        queue=topology.RPC_NOTIFIER_GROUP,
        ack_policy=AckPolicy.MANUAL,
        max_workers=TESTS,
    )
    async def test_channel(question: ChannelTest) -> bytes:
        """The API asks for a test message; the answer is what came of it."""
        return (await _test(room, question.channel)).encode()


async def take_hints(client: Client, hint: Callable[[], None]) -> None:
    """Call *hint* whenever runs began or ended; it is no matter if one gets lost."""

    async def hinted(_: Msg) -> None:
        hint()

    for subject in (topology.RUNS_STARTED_ALL, topology.RUNS_FINISHED_ALL):
        await client.subscribe(subject, cb=hinted)


async def _test(room: Room, channel: str) -> ChannelTested:
    began = time.perf_counter()
    letter = trial_letter(channel, now=room.now(), run_id=uuid4())
    witness = Witness()
    try:
        ok = True
        detail = await room.office.send(letter.run_id, letter, channel, witness=witness)
    except NotDelivered as error:
        ok, detail = False, error.detail
    except Exception as error:  # noqa: BLE001 - told by its kind: its text may quote a secret
        ok, detail = False, type(error).__name__
        log.error("the test of channel %s failed: %s", channel, detail)  # noqa: TRY400
    duration = round((time.perf_counter() - began) * 1000)
    return ChannelTested(
        ok=ok,
        detail=detail,
        duration_ms=duration,
        request=witness.request,
        answer=witness.answer,
    )
