"""The live log: every line once and in order, and nobody keeps a place for ever.

The application is called as a server calls it, so that a test can be a reader who is slow or gone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.api.live import tails as tails_module
from services.api.live import watching
from services.api.live.tails import Tails, in_order
from services.api.store import run_lines
from services.api.store.run_lines import LineRow
from services.api.wire import streams
from services.api.wire.front_door import FrontDoor
from tests.integration.api.client import BASE, Api, running_api
from tests.integration.api.standing import logged, minute, occurrence
from tests.integration.api.test_run_lines import wrote

SECONDS = 20


class Reader:
    """Somebody who reads a stream; *slow* ones take nothing."""

    def __init__(
        self, api: Api, path: str, headers: Mapping[str, str], *, slow: bool = False
    ) -> None:
        raw = {"authorization": api.http.headers["authorization"], **headers}
        query = path.partition("?")[2]
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "server": ("api", 80),
            "client": ("127.0.0.1", 1),
            "path": path.partition("?")[0],
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in raw.items()],
        }
        self._app = api.app
        self._slow = slow
        self._sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        self._text = ""
        self.status = 0

    async def run(self) -> None:
        await self._app(self._scope, self._receive, self._send)
        await self._sent.put({"type": "over"})

    def leave(self) -> None:
        self._gone.set()

    async def event(self) -> tuple[str, Any, str]:
        """Return the next event: its name, its data, its id; at the end `("", None, "")`."""
        async with asyncio.timeout(SECONDS):
            while True:
                whole, found, rest = self._text.partition("\n\n")
                if found:
                    self._text = rest
                    fields = dict(line.partition(": ")[::2] for line in whole.split("\n"))
                    if "event" in fields:
                        data = json.loads(fields["data"])
                        return fields["event"], data, fields.get("id", "")
                    continue
                message = await self._sent.get()
                if message["type"] == "http.response.start":
                    self.status = message["status"]
                elif message["type"] == "over":
                    return "", None, ""
                else:
                    self._text += message["body"].decode()

    async def lines(self, count: int) -> list[str]:
        """Return the texts of so many lines."""
        found: list[str] = []
        while len(found) < count:
            name, data, _ = await self.event()
            assert name == "lines", (name, data, found)
            found += [each["text"] for each in data]
        return found

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if self._slow and message["type"] == "http.response.body":
            await asyncio.Event().wait()
        await self._sent.put(message)


@asynccontextmanager
async def reading(
    api: Api, run_id: UUID, *, after: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Reader]:
    path = f"{BASE}/automation-runs/{run_id}/lines/stream"
    reader = Reader(api, f"{path}?after={after}" if after else path, headers or {})
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        reader.leave()
        async with asyncio.timeout(SECONDS):
            await task


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let looks follow each other closely."""
    monkeypatch.setattr(tails_module, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(watching, "RIGHT_SECONDS", 0.05)


async def live_run(api: Api) -> tuple[UUID, str]:
    task = await api.create()
    run_id = await occurrence(api, task["id"])
    await logged(api, run_id, task["id"], status="running", final=False)
    return run_id, task["id"]


async def end(api: Api, run_id: UUID, task_id: str) -> None:
    await logged(api, run_id, task_id, completed_at=minute(1))


async def test_lines_are_told_as_they_are_written_until_the_end(api: Api) -> None:
    run_id, task_id = await live_run(api)
    await wrote(api, run_id, 1, "one", "two")

    async with reading(api, run_id) as reader:
        assert await reader.lines(2) == ["one", "two"]
        await wrote(api, run_id, 1, "three")
        assert await reader.lines(1) == ["three"]
        await wrote(api, run_id, 2, "again")
        assert await reader.lines(1) == ["again"]
        await end(api, run_id, task_id)
        assert await reader.event() == ("end", {"lines": 4, "next": "2.1"}, "2.1")
        assert (await reader.event())[0] == ""


async def test_who_comes_back_goes_on_behind_the_last_line(api: Api) -> None:
    run_id, task_id = await live_run(api)
    await wrote(api, run_id, 1, *map(str, range(1, 1_201)))
    async with reading(api, run_id) as reader:
        _, data, place = await reader.event()
    await wrote(api, run_id, 1, "1201")
    await end(api, run_id, task_id)
    told = [each["text"] for each in data]

    # Another replica, or this one after a restart, knows as much of it as this one: nothing.
    async with running_api(api.dsn) as other:
        other.http.headers["authorization"] = api.http.headers["authorization"]
        async with reading(other, run_id, headers={"last-event-id": place}) as reader:
            told += await reader.lines(1_201 - len(told))
            assert (await reader.event())[0] == "end"
    async with reading(api, run_id, after="1.1200") as reader:
        assert await reader.lines(1) == ["1201"]

    assert told == [str(number) for number in range(1, 1_202)]


async def test_a_gap_holds_back_what_follows_until_it_is_filled(api: Api) -> None:
    run_id, task_id = await live_run(api)
    await wrote(api, run_id, 1, "one")

    async with reading(api, run_id) as reader:
        assert await reader.lines(1) == ["one"]
        await api.pool.execute(
            "INSERT INTO log.lines VALUES ($1, 1, 3, now(), 'info', 'three')", run_id
        )
        await api.pool.execute(
            "INSERT INTO log.lines VALUES ($1, 1, 2, now(), 'info', 'two')", run_id
        )
        assert await reader.lines(2) == ["two", "three"]
        await end(api, run_id, task_id)
        assert (await reader.event())[1] == {"lines": 3, "next": "1.3"}


async def test_a_gap_that_stays_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails_module, "GAP_SECONDS", 0.05)
    run_id, _ = await live_run(api)
    await wrote(api, run_id, 1, "one")

    async with reading(api, run_id) as reader:
        assert await reader.lines(1) == ["one"]
        await api.pool.execute(
            "INSERT INTO log.lines VALUES ($1, 1, 3, now(), 'info', 'three')", run_id
        )
        assert await reader.lines(1) == ["three"]


def test_what_follows_without_a_gap_is_counted() -> None:
    def rows(*places: tuple[int, int]) -> list[LineRow]:
        return [LineRow(attempt, seq, minute(0), "info", "") for attempt, seq in places]

    assert in_order((0, 0), rows((1, 1), (1, 2), (2, 1))) == 3
    assert in_order((1, 4), rows((1, 5), (1, 7))) == 1
    assert in_order((1, 4), rows((2, 2))) == 0
    assert in_order((1, 4), []) == 0


async def test_many_watchers_of_a_run_share_one_reader(api: Api) -> None:
    run_id, _ = await live_run(api)
    async with asyncio.TaskGroup() as group, reading(api, run_id) as first:
        await wrote(api, run_id, 1, "one")
        assert await first.lines(1) == ["one"]

        async def watch() -> None:
            async with reading(api, run_id) as reader:
                assert await reader.lines(1) == ["one"]
                assert len(api.framework.state.parts.tails._tails) == 1  # noqa: SLF001

        for _ in range(10):
            group.create_task(watch())

    assert api.framework.state.parts.tails._tails == {}  # noqa: SLF001 - nobody is left
    assert api.framework.state.parts.tails._watching.total() == 0  # noqa: SLF001


async def test_a_right_that_is_taken_away_ends_the_stream(api: Api) -> None:
    run_id, _ = await live_run(api)
    await wrote(api, run_id, 1, "one")
    token = await api.token("runs:read")

    async with reading(api, run_id, headers={"authorization": f"Bearer {token}"}) as reader:
        assert await reader.lines(1) == ["one"]
        await api.pool.execute("UPDATE api.tokens SET revoked_at = now() WHERE name LIKE 'test %'")
        api.framework.state.parts.known_tokens.forget_all()
        assert (await reader.event())[:2] == ("bye", {"code": "auth.invalid"})
        assert (await reader.event())[0] == ""


async def test_there_is_room_for_so_many_watchers(api: Api) -> None:
    run_id, _ = await live_run(api)
    await wrote(api, run_id, 1, "one")
    parts = replace(api.framework.state.parts, tails=Tails(most=2, most_of_one=1))
    api.framework.state.parts = parts
    others = f"Bearer {await api.token('runs:read')}"
    third = f"Bearer {await api.token('runs:read')}"
    path = f"{BASE}/automation-runs/{run_id}/lines/stream"

    async with reading(api, run_id) as reader:
        await reader.lines(1)
        mine = await api.http.get(path)
        async with reading(api, run_id, headers={"authorization": others}) as other:
            await other.lines(1)
            theirs = await api.http.get(path, headers={"authorization": third})
    async with reading(api, run_id) as reader:
        assert await reader.lines(1) == ["one"]

    assert (mine.status_code, mine.json()["code"]) == (429, "stream.many_of_yours")
    assert (theirs.status_code, theirs.json()["code"]) == (503, "stream.many")
    assert "retry-after" in mine.headers
    assert "retry-after" in theirs.headers


async def test_a_reader_who_takes_nothing_is_sent_away(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SECONDS", 0.05)
    run_id, _ = await live_run(api)
    path = f"{BASE}/automation-runs/{run_id}/lines/stream"

    reader = Reader(api, path, {}, slow=True)
    async with asyncio.timeout(SECONDS):
        await reader.run()

    assert api.framework.state.parts.tails._watching.total() == 0  # noqa: SLF001


async def test_watchers_take_no_room_from_other_requests(api: Api) -> None:
    run_id, _ = await live_run(api)
    await wrote(api, run_id, 1, "one")
    narrow = replace(api, app=FrontDoor(api.framework, max_in_flight=1))

    async with reading(narrow, run_id) as first:
        assert await first.lines(1) == ["one"]
        async with reading(narrow, run_id) as second:
            assert await second.lines(1) == ["one"]


async def test_a_server_that_stops_sends_its_watchers_away(api: Api) -> None:
    run_id, _ = await live_run(api)
    await wrote(api, run_id, 1, "one")

    async with reading(api, run_id) as reader:
        assert await reader.lines(1) == ["one"]
        api.framework.state.parts.tails.close()
        assert await reader.event() == ("", None, "")


async def test_signs_of_life_are_sent(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "HEARTBEAT_SECONDS", 0.05)
    run_id, _ = await live_run(api)

    async with reading(api, run_id) as reader:
        async with asyncio.timeout(SECONDS):
            while True:
                message = await reader._sent.get()  # noqa: SLF001
                if message.get("body") == b": .\n\n":
                    break


async def test_a_head_request_does_not_wait(api: Api) -> None:
    run_id, _ = await live_run(api)

    answer = await api.http.head(f"{BASE}/automation-runs/{run_id}/lines/stream")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_a_run_that_never_began_ends_at_once(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"], outcome="cancelled", settled=True)

    async with reading(api, run_id) as reader:
        assert await reader.event() == ("end", {"lines": 0, "next": "0.0"}, "0.0")


async def test_a_log_is_over_once_its_last_lines_have_had_time_to_arrive(api: Api) -> None:
    run_id, task_id = await live_run(api)

    async def is_over() -> bool:
        async with api.pool.acquire() as connection:
            return await run_lines.is_over(connection, run_id, 60)

    assert not await is_over()
    await logged(api, run_id, task_id, completed_at=datetime.now(UTC))
    assert not await is_over()
    await end(api, run_id, task_id)
    assert await is_over()
    await api.pool.execute("DELETE FROM log.runs")  # it is forgotten before the ledger's row
    assert await is_over()
