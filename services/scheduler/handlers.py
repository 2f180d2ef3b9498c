"""What the scheduler does when it hears something.

Each handler is done when it returns: the shared middleware acknowledges then, gives back what
failed, and buries what is no message of ours.
"""

from __future__ import annotations

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub

from services.scheduler.apply import Applier
from shared.bus.topology import SCHEDULER_REQUESTS, SCHEDULER_TASKS
from shared.contracts.runs import RunsRequested
from shared.contracts.tasks import TaskChanged


def register(broker: NatsBroker, applier: Applier) -> None:
    """Attach the scheduler's handlers to *broker*."""

    @broker.subscriber(
        SCHEDULER_TASKS.filters[0],
        durable=SCHEDULER_TASKS.name,
        stream=JStream(SCHEDULER_TASKS.stream, declare=False),
        pull_sub=PullSub(batch_size=64, timeout=2),
        ack_policy=AckPolicy.MANUAL,
        title="tasks-changed",
        description="A task was created, updated or deleted.",
    )
    async def tasks_changed(change: TaskChanged) -> None:
        await applier.tasks_changed([change])

    @broker.subscriber(
        SCHEDULER_REQUESTS.filters[0],
        durable=SCHEDULER_REQUESTS.name,
        stream=JStream(SCHEDULER_REQUESTS.stream, declare=False),
        pull_sub=PullSub(batch_size=16, timeout=2),
        ack_policy=AckPolicy.MANUAL,
        title="runs-requested",
        description="Somebody asked for runs by hand.",
    )
    async def runs_requested(message: RunsRequested) -> None:
        await applier.runs_requested(message.requests)
