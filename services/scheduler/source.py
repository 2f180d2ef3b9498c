"""Ask the API, which owns the tasks, over the bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from nats.aio.client import Client
from nats.errors import Error

from shared.bus import topology
from shared.contracts.message import Message
from shared.contracts.sync import Bucket, Digest, DigestRequest, Page, PageRequest
from shared.contracts.tasks import TaskChanged

#: Tasks per page: below the largest message even with generous parameters.
PAGE = 500
SECONDS = 10.0


class TaskSource:
    """The API's tasks, read over request-reply.

    Every method raises an `OSError` if no API answers: an outage, not the question's fault.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def digest(self) -> list[Bucket]:
        """Return the digest of all tasks."""
        reply = await self._ask(topology.RPC_TASKS_DIGEST, DigestRequest(), SECONDS * 3)
        return list(Digest.decode(reply).buckets)

    async def pages(self, first: UUID, last: UUID) -> AsyncIterator[tuple[TaskChanged, ...]]:
        """Yield all tasks of an id range, page by page."""
        asking: asyncio.Task[bytes] | None = self._ask_page(first, last)
        try:
            while asking is not None:
                page = Page.decode(await asking)
                # Asked for before this one is worked on: the API reads while the caller writes.
                asking = self._ask_page(page.next, last) if page.next else None
                yield page.tasks
        finally:
            if asking is not None:
                asking.cancel()

    async def task(self, task_id: UUID) -> TaskChanged | None:
        """Return one task as it is now, or None if it is gone."""
        async for tasks in self.pages(task_id, task_id):
            for task in tasks:
                return task
        return None

    def _ask_page(self, first: UUID, last: UUID) -> asyncio.Task[bytes]:
        request = PageRequest(first=first, last=last, limit=PAGE)
        return asyncio.create_task(self._ask(topology.RPC_TASKS_PAGE, request, SECONDS))

    async def _ask(self, subject: str, question: Message, seconds: float) -> bytes:
        try:
            reply = await self._client.request(subject, question.encode(), timeout=seconds)
        except Error as error:  # some of these are no OSError
            raise ConnectionError(f"no answer on {subject}: {type(error).__name__}") from error
        return reply.data
