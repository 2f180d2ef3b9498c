"""What is counted, where it happens; and what a scrape costs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.scheduler.metrics import HELD
from shared.db.pool import open_pool
from shared.runtime.loop import Loop
from shared.runtime.metrics import OTHER, REGISTRY, Bounded, Counts
from shared.runtime.sampling import REST, Sampler
from shared.runtime.web import health_app


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_metrics_are_served_beside_the_probes_as_prometheus_reads_them() -> None:
    transport = httpx.ASGITransport(app=health_app({}))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/metrics", headers={"Accept": "text/plain;version=0.0.4"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# HELP automation_loop_step_seconds How long" in answer.text
    assert "process_cpu_seconds_total" in answer.text


async def test_a_loop_counts_its_steps_failures_and_last_success() -> None:
    steps = iter([None, RuntimeError("no"), None])
    done = asyncio.Event()

    async def step() -> timedelta:
        try:
            if (error := next(steps)) is not None:
                raise error
        except StopIteration:
            done.set()
        return timedelta(0)

    loop = Loop("counted-here", step)
    running = asyncio.create_task(loop.run())
    await done.wait()
    loop.stop()
    await running

    assert value("automation_loop_failures_total", loop="counted-here") == 1
    assert (value("automation_loop_step_seconds_count", loop="counted-here") or 0) >= 4
    assert (value("automation_loop_last_success_timestamp_seconds", loop="counted-here") or 0) > 1e9


async def test_a_pool_tells_how_full_it_is_and_how_long_it_was_waited_for(database: str) -> None:
    waits = value("automation_db_pool_wait_seconds_count", pool="main") or 0
    async with await open_pool(database, name="test", max_size=2) as pool:
        async with pool.acquire():
            assert value("automation_db_pool_connections", pool="main", state="in_use") == 1
            await pool.fetch("SELECT 1")
        assert value("automation_db_pool_max_connections", pool="main") == 2

    assert value("automation_db_pool_wait_seconds_count", pool="main") == waits + 2


def test_a_label_cannot_grow_without_end() -> None:
    bound = Bounded(3)

    assert [bound(each) for each in ("a", "b", "c", "d", "a")] == ["a", "b", "c", OTHER, "a"]


def test_what_there_is_none_of_any_more_is_told_as_zero() -> None:
    counts = Counts(HELD, Bounded(10))

    counts.tell({"here-once": 3})
    counts.tell({})

    assert value("automation_runs_held", reason="here-once") == 0


async def test_a_sampler_rests_long_after_what_took_long_and_tells_the_trouble_of_one() -> None:
    taken: list[str] = []

    async def slow() -> None:
        await asyncio.sleep(0.3)
        taken.append("slow")

    async def broken() -> None:
        raise RuntimeError("no")

    rest = await Sampler({"slow": slow}).step()
    with pytest.raises(RuntimeError):
        await Sampler({"broken": broken, "slow": slow}).step()

    assert rest >= max(REST, timedelta(seconds=15))
    assert taken == ["slow", "slow"]
    assert value("automation_sample_timestamp_seconds", sample="broken") is None
