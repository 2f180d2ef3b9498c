"""What the scheduler does when it hears something.

Each handler is done when it returns: the shared middleware acknowledges then, holds or gives back
what failed, and buries what is no message of ours.
"""

from __future__ import annotations

from faststream.nats import NatsBroker

from services.scheduler.apply import Applier
from shared.bus import topology
from shared.bus.subscriber import contract, pull
from shared.contracts.runs import RunsRequested
from shared.contracts.tasks import TaskChanged


def register(broker: NatsBroker, applier: Applier) -> None:
    """Put the subscribers on *broker*; they are deaf until it starts."""

    @pull(broker, topology.SCHEDULER_TASKS, contract(TaskChanged))
    async def tasks_changed(message: TaskChanged) -> None:
        """A task was created, updated or deleted."""
        await applier.tasks_changed([message])

    @pull(broker, topology.SCHEDULER_REQUESTS, contract(RunsRequested))
    async def runs_requested(message: RunsRequested) -> None:
        """Somebody asked for runs by hand."""
        await applier.runs_requested(message.requests)
