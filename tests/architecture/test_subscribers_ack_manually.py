"""Every subscriber leaves acknowledging to our middleware and declaring to the topology.

FastStream's default terminates a message on any error: a database that was away for a second would
cost runs. Its `declare=True` would make streams and consumers of its own taste.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from faststream import AckPolicy
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import LogicSubscriber

from services.api.bus.accounts import RuntimeDesk
from services.api.bus.scripts import ScriptDesk
from services.api.bus.sync import answer_scheduler
from services.api.platform.answering import ActionDesk
from services.log_writer import handlers as log_writer
from services.notifier import handlers as notifier
from services.scheduler import handlers as scheduler
from services.scheduler.cancel import answer_cancels
from shared.bus import topology
from tests.architecture.source import modules, name, read

Register = Callable[..., None]
NOBODY = cast("Any", None)

#: Every function that puts subscribers on a broker, by its module.
REGISTERS: dict[str, Register] = {
    "services/api/bus/accounts.py": lambda broker: RuntimeDesk(NOBODY).register(broker),
    "services/api/bus/scripts.py": lambda broker: ScriptDesk(NOBODY).register(broker),
    "services/api/bus/sync.py": answer_scheduler,
    "services/api/platform/answering.py": lambda broker: ActionDesk(NOBODY, {}).register(broker),
    "services/log_writer/handlers.py": log_writer.register,
    "services/notifier/handlers.py": notifier.register,
    "services/scheduler/cancel.py": answer_cancels,
    "services/scheduler/handlers.py": scheduler.register,
}

CONSUMERS = {consumer.name: consumer for consumer in topology.CONSUMERS}


def subscribers(register: Register) -> list[LogicSubscriber[Any]]:
    broker = NatsBroker("nats://127.0.0.1:1")  # never connected
    # What handlers work with is not touched before a message comes.
    rest = [None for parameter in inspect.signature(register).parameters][1:]
    register(broker, *rest)
    assert broker.subscribers
    return [each for each in broker.subscribers if isinstance(each, LogicSubscriber)]


def test_subscribers_leave_acknowledging_to_the_middleware() -> None:
    wrong = {
        f"{module}: {each}": each.ack_policy
        for module, register in REGISTERS.items()
        for each in subscribers(register)
        if each.ack_policy is not AckPolicy.MANUAL
    }

    assert wrong == {}


def test_subscribers_of_streams_bind_to_consumers_of_the_topology() -> None:
    for each in (each for register in REGISTERS.values() for each in subscribers(register)):
        stream = getattr(each, "stream", None)
        if stream is None:  # core NATS: nothing to declare
            continue
        assert not stream.declare, each
        consumer = CONSUMERS[each.extra_options["durable"]]
        assert stream.name == consumer.stream, each


def test_all_modules_with_subscribers_are_known_here() -> None:
    found = {
        name(path)
        for path in modules("services")
        if read(path).imported & {"faststream", "faststream.nats", "shared.bus.subscriber"}
    }

    # It makes the broker and registers nothing.
    assert found - {"services/api/connections.py"} == set(REGISTERS)
