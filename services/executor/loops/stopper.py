"""Stop what somebody wants stopped.

What that is stands in the ledger, and is looked up for the runs that this executor holds: as often
as leases are renewed, and at once when a message says that there is something to stop. The message
may get lost, or come while its run is being claimed: then a look after the claim finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.executor.intake import Intake
from services.executor.store.leases import LeaseStore
from services.executor.under_way import UnderWay
from shared.bus import topology

#: Pause before another look while a claim is under way.
AGAIN = timedelta(milliseconds=50)


class Stopper:
    """One step: ask which of the runs in hand are to stop, and stop them."""

    def __init__(
        self,
        *,
        client: Client,
        intake: Intake,
        under_way: UnderWay,
        leases: LeaseStore,
        interval: timedelta,
    ) -> None:
        self._client = client
        self._intake = intake
        self._under_way = under_way
        self._leases = leases
        self._interval = interval
        self._claims = 0  # a look after so many of them sees what the last message was about
        self.wake: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to listen."""
        await self._client.subscribe(topology.RUN_CANCEL, cb=self._heard)

    async def _heard(self, message: Msg) -> None:  # noqa: ARG002 - the ledger says more than it
        self._claims = self._intake.claims_begun
        self.wake()

    async def step(self) -> timedelta:
        """Look once."""
        is_enough = self._intake.claims_ended >= self._claims  # as it is before the look
        if held := [run_id for run_id, _ in self._under_way.held()]:
            for run_id, reason in (await self._leases.cancels(held)).items():
                self._under_way.stop(run_id, reason)
        return self._interval if is_enough else AGAIN
