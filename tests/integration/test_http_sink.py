"""The witness of the other tests must itself be reliable."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.support.http_sink import HttpSink


async def test_it_records_each_call_before_it_answers_as_the_path_says(tmp_path: Path) -> None:
    async with HttpSink(tmp_path) as sink, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{sink.url}/status/503/x?a=1", json={"text": "備份"}, headers={"X-Run": "r1"}
        )
        assert answer.status_code == 503
        slow = asyncio.create_task(client.get(f"{sink.url}/delay/1.0/slow"))
        first, second = await sink.wait_for_calls(2)
        assert not slow.done()
        assert (first.method, first.path, first.query) == ("POST", "/status/503/x", "a=1")
        assert (first.headers["x-run"], first.json()) == ("r1", {"text": "備份"})
        assert second.monotonic >= first.monotonic
        assert sink.calls("/delay") == [second]
        assert (await slow).status_code == 200


async def test_it_keeps_its_record_and_its_address_over_a_restart(tmp_path: Path) -> None:
    async with HttpSink(tmp_path) as sink, httpx.AsyncClient(trust_env=False) as client:
        url = sink.url
        await client.get(f"{url}/one")
        await sink.stop()
        with pytest.raises(httpx.TransportError):
            await client.get(f"{url}/lost")
        await sink.start()
        await client.get(f"{url}/two")
        assert [call.path for call in sink.calls()] == ["/one", "/two"]
