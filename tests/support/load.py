"""What an operator does over HTTP, noted down for the checker; and a steady load of it.

    operator = Operator(lambda: system.api_url, system.token)
    task = await operator.create(name="x", schedule_config={"interval_seconds": 1}, ...)
    await operator.edit(task, enabled=False)

Every call is repeated under the same `Idempotency-Key` until it is answered, as a careful client
does: what was answered counts as promised, what was not may or may not have happened.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from tests.support.history import Fires, Version, cron, every, once

BASE = "/api/v1/group-ai"
TASKS = f"{BASE}/automation-tasks"
RUNS = f"{BASE}/automation-runs"

ANSWERS_WITHIN = timedelta(seconds=60)
RETRY_REST = timedelta(milliseconds=100)
#: A request that must be sent again: in hand, too many, or the API is not itself just now.
AGAIN = frozenset({409, 429, 500, 502, 503, 504})


class Operator:
    """A client of the API that never gives up and remembers what it was promised."""

    def __init__(self, url: Callable[[], str], token: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"}, timeout=5
        )
        self._current: dict[UUID, Version] = {}
        self._past: list[Version] = []
        self._definitions: dict[UUID, Mapping[str, Any]] = {}
        self.acknowledged: dict[UUID, datetime] = {}
        self.repeated = 0
        """Requests that had to be sent again."""
        self.broken: list[str] = []
        """Answers that there must never be: the API says 503 when it cannot, and never 500."""

    @property
    def versions(self) -> list[Version]:
        """All versions of all tasks."""
        return [*self._past, *self._current.values()]

    @property
    def unseen(self) -> set[UUID]:
        """Tasks that call nobody."""
        return {
            task_id
            for task_id, definition in self._definitions.items()
            if definition.get("task_action", "http_request") != "http_request"
        }

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # noqa: ANN401 - whatever the endpoint takes
        key: str | None = None,
    ) -> httpx.Response:
        """Send a request once; any answer is returned."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._client.request(
            method, f"{self._url()}{path}", json=json, headers=headers
        )

    async def insist(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # noqa: ANN401 - as above
        key: str | None = None,
    ) -> httpx.Response:
        """Send a request until it is answered; fail if it is refused or the deadline passes."""
        key = key or (None if method in ("GET", "PUT") else str(uuid4()))
        deadline = time.monotonic() + ANSWERS_WITHIN.total_seconds()
        for tries in itertools.count():
            self.repeated += tries > 0
            with suppress(httpx.TransportError):
                answer = await self.call(method, path, json=json, key=key)
                if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
                    self.broken.append(f"{method} {path}: {answer.text}")
                if answer.status_code not in AGAIN:
                    gone = method == "DELETE" and tries and answer.status_code == 404
                    assert answer.is_success or gone, f"{method} {path}: {answer.text}"
                    return answer
            assert time.monotonic() < deadline, f"no answer to {method} {path}"
            await asyncio.sleep(RETRY_REST.total_seconds())
        raise AssertionError

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something."""
        return (await self.insist("GET", path)).json()

    async def task(self, task_id: UUID) -> dict[str, Any]:
        """Read a task."""
        found: dict[str, Any] = await self.get(f"{TASKS}/{task_id}")
        return found

    async def create(self, *, key: str | None = None, **definition: Any) -> UUID:  # noqa: ANN401 - JSON
        """Create a task; scheduled if it has a schedule, else manual.

        Unless told otherwise its runs may be side by side: the checker expects that every fire has
        a run, however long the one before it takes.
        """
        scheduled = definition.get("schedule_config") is not None
        body = {
            "task_type": "scheduled" if scheduled else "manual",
            "overlap": "allow_all",
            **definition,
        }
        sent_at = datetime.now(UTC)
        answer = await self.insist("POST", TASKS, json=body, key=key)
        task_id = UUID(answer.json()["id"])
        self._note(task_id, body, sent_at)
        return task_id

    async def edit(self, task_id: UUID, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Change some fields of a task; return it."""
        sent_at = datetime.now(UTC)
        answer = await self.insist("PUT", f"{TASKS}/{task_id}", json=changes)
        self._note(task_id, {**self._definitions[task_id], **changes}, sent_at)
        changed: dict[str, Any] = answer.json()
        return changed

    async def delete(self, task_id: UUID) -> None:
        """Delete a task."""
        sent_at = datetime.now(UTC)
        await self.insist("DELETE", f"{TASKS}/{task_id}")
        self._note(task_id, {}, sent_at)

    async def run(self, task_id: UUID, *, key: str | None = None) -> UUID:
        """Run a task by hand; return the run."""
        answer = await self.insist("POST", f"{TASKS}/{task_id}/run", key=key)
        run_id = UUID(answer.json()["run_id"])
        self.acknowledged[run_id] = datetime.now(UTC)
        return run_id

    def forget(self, task_id: UUID) -> None:
        """Expect nothing of a task's past: any fire of it may be there, none has to be."""
        known = [each for each in self.versions if each.task_id == task_id]
        self._past = [each for each in self._past if each.task_id != task_id]
        self._current.pop(task_id, None)
        if not known:
            return
        now = datetime.now(UTC)
        self._past.append(
            Version(
                task_id=task_id,
                fires=every(timedelta(seconds=1)),
                sent_at=known[0].sent_at,
                answered_at=now,
                replaced_sent_at=now,
                replaced_answered_at=now,
            )
        )

    async def logs(self, task_id: UUID, limit: int = 500) -> list[dict[str, Any]]:
        """Read the log rows of a task, newest first."""
        found: list[dict[str, Any]] = await self.get(f"{TASKS}/{task_id}/logs?limit={limit}")
        return found

    async def occurrences(self, task_id: UUID) -> list[dict[str, Any]]:
        """Read what became of the fires of a task, all pages, newest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            query = f"?limit=500&cursor={cursor}" if cursor else "?limit=500"
            page = await self.get(f"{TASKS}/{task_id}/occurrences{query}")
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                return found

    def _note(self, task_id: UUID, body: Mapping[str, Any], sent_at: datetime) -> None:
        """Close the version that was in force, and begin the next if it fires by itself."""
        answered_at = datetime.now(UTC)
        if before := self._current.pop(task_id, None):
            self._past.append(
                replace(before, replaced_sent_at=sent_at, replaced_answered_at=answered_at)
            )
        self._definitions[task_id] = body
        if body.get("enabled", True) and body.get("schedule_config"):
            self._current[task_id] = Version(
                task_id=task_id,
                fires=_fires(body["schedule_config"]),
                sent_at=sent_at,
                answered_at=answered_at,
            )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


def _fires(schedule: Mapping[str, Any]) -> Fires:
    if "cron" in schedule:
        return cron(schedule["cron"])
    if "at" in schedule:
        return once(datetime.fromisoformat(schedule["at"]))
    return every(timedelta(seconds=schedule["interval_seconds"]))


def calls(url: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the action of a task that calls a URL."""
    return {
        "task_action": "http_request",
        "action_config": {"url": url, "method": "POST", **parameters},
    }


class Load:
    """Tasks that fire every second, and runs by hand meanwhile; `async with` keeps the latter up.

    Every fourth task takes a while, up to *longest* seconds, so that at any moment some runs are
    under way.
    """

    def __init__(
        self,
        operator: Operator,
        sink_url: str,
        *,
        tasks: int = 40,
        longest: float = 2,
        manual_every: timedelta = timedelta(milliseconds=250),
        seed: int = 1,
    ) -> None:
        self._operator = operator
        self._sink_url = sink_url
        self._count = tasks
        self._longest = longest
        self._rest = manual_every
        self._dice = random.Random(seed)  # noqa: S311 - no secret
        self._by_hand: asyncio.Task[None] | None = None
        self.tasks: list[UUID] = []

    @property
    def per_second(self) -> int:
        """About how many calls a second the sink gets."""
        return self._count + int(timedelta(seconds=1) / self._rest)

    async def _create(self, number: int) -> UUID:
        slow = number % 4 == 0
        delay = f"/delay/{self._dice.uniform(0.3, self._longest):.2f}" if slow else ""
        return await self._operator.create(
            name=f"load {number}",
            schedule_config={"interval_seconds": 1},
            **calls(f"{self._sink_url}{delay}/load/{number}"),
        )

    async def _run_by_hand(self) -> None:
        task = await self._operator.create(
            name="by hand", **calls(f"{self._sink_url}/delay/0.3/by-hand")
        )
        while True:
            await self._operator.run(task)
            await asyncio.sleep(self._rest.total_seconds())

    async def __aenter__(self) -> Self:
        self.tasks = [await self._create(number) for number in range(self._count)]
        self._by_hand = asyncio.create_task(self._run_by_hand())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._by_hand is not None
        self._by_hand.cancel()
        with suppress(asyncio.CancelledError):
            await self._by_hand
