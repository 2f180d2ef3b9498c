"""What the log writer hears.

A handler returns once its message is committed; what becomes of the message then, or after an
error, is decided in `shared.bus.middleware`. Messages of one kind are handled one after the other
(560 messages a second): each is a batch already, and more log writers are the way to do more.
"""

from __future__ import annotations

from dataclasses import dataclass

from faststream.nats import NatsBroker, NatsMessage

from services.log_writer.recorder import Recorder
from services.log_writer.store.lines import LineStore
from services.log_writer.undertaker import Undertaker
from shared.bus import topology
from shared.bus.announcing import Announcer
from shared.bus.subscriber import contract, pull, raw
from shared.contracts.runs import LogLines, RunsStarted
from shared.runtime.clock import utc_now
from shared.runtime.row_metrics import recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the handlers work with."""

    recorder: Recorder
    lines: LineStore
    announcer: Announcer
    undertaker: Undertaker


def register(broker: NatsBroker, room: Room) -> None:
    """Put the subscribers on *broker*; they are deaf until it starts."""

    @pull(broker, topology.LOG_WRITER_STARTED, contract(RunsStarted))
    async def runs_started(message: RunsStarted) -> None:
        """An executor began runs: each gets its row."""
        written = await room.recorder.started(message.runs)
        await room.announcer.announce(written.changed)
        recorded("started", [run.started_at for run in message.runs], utc_now())
        if written.trouble is not None:
            raise written.trouble

    @pull(broker, topology.LOG_WRITER_LOGS, contract(LogLines))
    async def log_lines(message: LogLines) -> None:
        """Actions wrote lines."""
        await room.lines.write(message.lines)
        recorded("lines", [line.at for line in message.lines], utc_now())

    @pull(broker, topology.LOG_WRITER_DEAD, raw)
    async def dead_letter(body: bytes, message: NatsMessage) -> None:
        """Somebody could not handle a message, or JetStream gave one up."""
        await room.undertaker.receive(message.raw_message, body)
