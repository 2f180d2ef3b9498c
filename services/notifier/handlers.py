"""What the notifier hears, and what it is asked.

Over the bus it only hears sooner what it would read from the log (`loops/readers.py`); and as
anybody might say it there, it believes only what the leases bear out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from faststream import AckPolicy
from faststream.nats import NatsBroker

from services.notifier import facts
from services.notifier.channels.parcel import NotDelivered, Witness
from services.notifier.judge import Judge
from services.notifier.letter import trial_letter
from services.notifier.post_office import PostOffice
from shared.bus import topology
from shared.bus.subscriber import contract, pull
from shared.contracts.notifications import ChannelTest, ChannelTested
from shared.contracts.runs import RunsFinished, RunsStarted

#: Tests that wait for their channel at the same time.
TESTS = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the handlers work with."""

    judge: Judge
    office: PostOffice
    now: Callable[[], datetime]


def register(broker: NatsBroker, room: Room) -> None:
    """Put the subscribers on *broker*; they are deaf until it starts."""

    @pull(broker, topology.NOTIFIER_STARTED, contract(RunsStarted))
    async def beginnings(message: RunsStarted) -> None:
        """An executor began runs: whoever waits for that is told."""
        await room.judge.hear([facts.started(run) for run in message.runs])

    @pull(broker, topology.NOTIFIER_FINISHED, contract(RunsFinished))
    async def ends(message: RunsFinished) -> None:
        """An executor ended runs: whoever waits for that is told."""
        found = (facts.ended(run) for run in message.runs)
        await room.judge.hear([end for end in found if end is not None])

    @broker.subscriber(
        topology.RPC_NOTIFIER_TEST,
        queue=topology.RPC_NOTIFIER_GROUP,
        ack_policy=AckPolicy.MANUAL,
        max_workers=TESTS,
    )
    async def test_channel(question: ChannelTest) -> bytes:
        """The API asks for a test message; the answer is what came of it."""
        return (await _test(room, question.channel)).encode()


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
