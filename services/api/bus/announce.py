"""What the API says of its tasks: one message per change, committed together with it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.api.tasks.definition import Definition
from services.api.wire.problems import Refused
from shared.bus import topology
from shared.bus.publisher import Outgoing
from shared.contracts.tasks import TaskChanged
from shared.db.pool import Connection
from shared.outbox.store import OutboxStore

#: A quarter of what the server takes (max_payload), so that two fit a page of the repair.
MOST_MESSAGE_BYTES = 256 * 1024

OUTBOX = OutboxStore("api")


async def announce(
    connection: Connection,
    change: Literal["created", "updated", "deleted"],
    task_id: UUID,
    *,
    version: int,
    changed_at: datetime,
    definition: Definition | None,
) -> None:
    """Leave the message in the outbox.

    Raises:
        Refused: 413, it would not fit on the bus; the transaction is to be given up.
    """
    message = TaskChanged(
        change=change,
        task_id=task_id,
        version=version,
        changed_at=changed_at,
        task=definition.as_contract() if definition else None,
    )
    payload = message.encode()
    if len(payload) > MOST_MESSAGE_BYTES:
        raise Refused(413, "task.too_large", params={"limit": MOST_MESSAGE_BYTES})
    await OUTBOX.add(
        connection,
        str(task_id),
        Outgoing(topology.task_changed(change, task_id), payload, f"task:{task_id}:{version}"),
    )
