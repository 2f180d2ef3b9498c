"""An account runtime that does as a test says: a client of the bus that speaks the contract.

It hears what is wanted as it is said, and tells for each account the states that the test has put
down for its name; without any it does what is wanted, at once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus import topology
from shared.contracts.accounts import AccountDesired, AccountState, RuntimeSeen, State

#: A state, and whatever else is to be told with it.
Step = State | tuple[State, Mapping[str, Any]]


@dataclass
class ScriptedRuntime:
    """Speaks for the runtime of one server."""

    bus: Client
    server_id: str = "default"
    runtime_id: UUID = field(default_factory=uuid4)
    scripts: dict[str, Sequence[Step]] = field(default_factory=dict)
    """What it tells of an account that is to run, by the account's name."""
    heard: list[AccountDesired] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    _seq: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def present(self, *, stopping: bool = False) -> None:
        """Give a sign of life."""
        self.stopping = stopping
        seen = RuntimeSeen(
            runtime_id=self.runtime_id,
            instance="scripted",
            server_id=self.server_id,
            host="here",
            started_at=datetime.now(UTC),
            running=0,
            stopping=stopping,
        )
        await self.bus.publish(topology.account_runtime(self.runtime_id), seen.encode())
        await self.bus.flush()

    async def say(
        self,
        wanted: AccountDesired,
        state: State,
        **more: Any,  # noqa: ANN401 - fields of a state
    ) -> None:
        """Tell the state of an account."""
        now = datetime.now(UTC)
        usual = {
            "id": wanted.id,
            "account_id": wanted.account_id,
            "server_id": self.server_id,
            "runtime_id": self.runtime_id,
            "seq": next(self._seq),
            "generation": wanted.generation,
            "state": state,
            "since": now,
            "pid": 4711 if state == "working" else None,
            "script": wanted.script if state == "working" else None,
            "at": now,
        }
        said = AccountState(**{**usual, **more})
        await self.bus.jetstream().publish(topology.account_state(wanted.id), said.encode())

    async def on_desired(self, message: Msg) -> None:
        """Do as the test says."""
        wanted = AccountDesired.decode(message.data)
        self.heard.append(wanted)
        self.came.set()
        steps: Sequence[Step] = ["stopped"]
        if wanted.desired == "running":
            steps = self.scripts.get(wanted.account_id, ["working"])
        for step in steps:
            state, more = (step, {}) if isinstance(step, str) else step
            await self.say(wanted, state, **more)


@asynccontextmanager
async def scripted_runtime(
    bus: Client, server_id: str = "default", /, **scripts: Sequence[Step]
) -> AsyncIterator[ScriptedRuntime]:
    """Run one that has given its sign of life."""
    runtime = ScriptedRuntime(bus, server_id, scripts=dict(scripts))
    subscription = await bus.subscribe("account.desired.*", cb=runtime.on_desired)
    await runtime.present()
    living = asyncio.create_task(_live(runtime))
    try:
        yield runtime
    finally:
        living.cancel()
        await subscription.unsubscribe()


async def _live(runtime: ScriptedRuntime) -> None:
    """Give signs of life, as a runtime does: a test may take longer than one counts."""
    while True:
        await asyncio.sleep(2.0)
        await runtime.present(stopping=runtime.stopping)
