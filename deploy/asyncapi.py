"""Write the AsyncAPI document: every message that our services hear and say, from the code itself.

The subscribers are the real ones, put on a broker that never connects. What is published past
FastStream (hints, reports, the outbox) is listed here beside them.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from faststream.nats import NatsBroker
from faststream.specification.asyncapi import AsyncAPI

from services.api.bus.accounts import RuntimeDesk
from services.api.bus.scripts import ScriptDesk
from services.api.bus.sync import answer_scheduler
from services.api.platform.answering import ActionDesk
from services.log_writer import handlers as log_writer
from services.notifier import handlers as notifier
from services.scheduler import handlers as scheduler
from shared.bus import topology
from shared.contracts.accounts import AccountDesired
from shared.contracts.bus import EnsureRequest
from shared.contracts.event import CloudEvent
from shared.contracts.message import Message, Part
from shared.contracts.runs import LogLines, RunsDue, RunsFinished, RunsRequested, RunsStarted
from shared.contracts.tasks import TaskChanged

#: Subject, message, title and what it says.
SAID: tuple[tuple[str, type[Message | Part], str, str], ...] = (
    ("task.*.*", TaskChanged, "task-changed", "API: a task was created, updated or deleted."),
    (topology.RUN_REQUEST_API, RunsRequested, "runs-requested", "API: runs asked for by hand."),
    ("task.due.*", RunsDue, "runs-due", "Scheduler: runs of this queue wait for an executor."),
    ("task.started.*", RunsStarted, "runs-started", "Executor: these runs began."),
    ("task.finished.*", RunsFinished, "runs-finished", "Executor: these runs ended."),
    ("task.log.*", LogLines, "log-lines", "Executor: what actions wrote."),
    ("account.desired.*", AccountDesired, "account-desired", "API: what is wanted of an account."),
    (
        topology.RPC_BUS_ENSURE,
        EnsureRequest,
        "bus-ensure",
        "Services: make sure that these are there.",
    ),
    ("event.>", CloudEvent, "event", "Anybody: something happened; tasks' triggers listen."),
)


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3 document."""
    broker = NatsBroker("nats://localhost:4222")
    # Registered to be described, never called: no handler needs what it would work with.
    answer_scheduler(broker, cast("Any", None))
    ActionDesk(cast("Any", None), {}).register(broker)
    RuntimeDesk(cast("Any", None)).register(broker)
    ScriptDesk(cast("Any", None)).register(broker)
    scheduler.register(broker, cast("Any", None))
    log_writer.register(broker, cast("Any", None))
    notifier.register(broker, cast("Any", None))
    for subject, message, title, description in SAID:
        broker.publisher(subject, schema=message, title=title, description=description)
    specification = AsyncAPI(
        broker,
        title="Automation tasks",
        version=version("automation-tasks"),
        description="What the services of the automation task system say to each other on NATS.",
    )
    built: dict[str, Any] = json.loads(specification.to_specification().to_json())
    return built


def write(path: Path) -> None:
    """Write the document to *path* as JSON."""
    path.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
