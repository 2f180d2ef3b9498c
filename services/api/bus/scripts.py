"""The texts of scripts, for account runtimes that did not find one in the bucket.

Whoever had to ask shows that the bucket lacks it: it was lost, or the text is too old for it. So
the text is left for the bucket again.
"""

from __future__ import annotations

from collections.abc import Callable

from faststream import AckPolicy
from faststream.nats import NatsBroker

from services.api.store import publications, scripts, tasks
from services.api.store.database import Database
from shared.bus import topology
from shared.contracts.scripts import ScriptText, ScriptTextRequest


class ScriptDesk:
    """Answers for any version there is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_written: Callable[[], None] = lambda: None
        """Called when a text lies in the outbox."""

    def register(self, broker: NatsBroker) -> None:
        """Listen; call before the broker is started."""

        @broker.subscriber(
            topology.RPC_SCRIPTS_TEXT, queue=topology.RPC_QUEUE_GROUP, ack_policy=AckPolicy.MANUAL
        )
        async def text(request: ScriptTextRequest) -> bytes:
            return (await self.answer(request)).encode()

    async def answer(self, request: ScriptTextRequest) -> ScriptText:
        """Return the text of a version, and have it delivered again."""
        async with self._database.transaction() as connection:
            text = await scripts.text_of(connection, request.version)
            if text is not None:
                # Once a minute is enough, however many ask.
                at = await tasks.now(connection)
                mark = f"{at:%Y%m%d%H%M}"
                await publications.deliver(connection, request.version, text, mark=mark)
        if text is not None:
            self.on_written()
        return ScriptText(text=text)
