"""What the samplers look up is true, and cheap however much lies in the tables."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from services.api.store import samples as api_samples
from services.notifier.store.samples import SampleStore as DeliverySamples
from services.scheduler.store import samples as ledger_samples
from services.scheduler.store.samples import SampleStore
from shared.db.pool import Connection
from tests.support.roles import pool_as

_ENTRY = """
WITH entered AS (
    INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment, due_at,
        outcome, version, queue, priority, settled, held, waits_for)
    SELECT gen_random_uuid(), gen_random_uuid(), 'schedule', now(), '',
        now() - $5 * interval '1 second', 'fired', 1, $1, 3, $4, $2, $3 FROM generate_series(1, $6)
    RETURNING *
)
INSERT INTO scheduler.orders (run_id, task_id, attempt, queue, rank, lost)
SELECT run_id, task_id, attempt, queue, now(), 0 FROM entered WHERE NOT settled AND NOT held
"""


async def enter(
    owner: Connection,
    queue: str,
    rows: int,
    *,
    age: int,
    held_for: str | None = None,
    settled: bool = False,
) -> None:
    await owner.execute(_ENTRY, queue, held_for is not None, held_for, settled, age, rows)


async def test_a_scheduler_tells_what_waits_and_for_what(database: str) -> None:
    owner = await asyncpg.connect(database)
    await enter(owner, "default", 3, age=60)
    await enter(owner, "slow", 2, age=500, held_for="lock:shop")
    await enter(owner, "slow", 1, age=10, held_for="overlap")
    await enter(owner, "slow", 5, age=900, settled=True)  # over
    run_id = await owner.fetchval(
        "DELETE FROM scheduler.orders WHERE run_id = (SELECT min(run_id::text)::uuid"
        " FROM scheduler.orders WHERE queue = 'default') RETURNING run_id"
    )
    await owner.execute(
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
        " VALUES ($1, $2, 1, $2, now() + interval '1 minute')",
        run_id,
        uuid4(),
    )
    await owner.execute(
        "INSERT INTO executor.executors (executor_id, instance, host, version, slots, actions,"
        " queues) VALUES ($1, 'i', 'h', '1', 1, '{}', '{gpu}')",
        uuid4(),
    )
    await owner.close()

    async with pool_as("scheduler", database) as pool:
        sample = await SampleStore(pool).look()

    assert sample.held == {"lock": 2, "overlap": 1}
    assert sample.waiting == {"default": 2, "gpu": 0}
    assert sample.running == {"default": 1}
    assert sample.executors == {"gpu": 1}
    assert 55 < sample.oldest_waiting < 120
    assert not sample.capped


async def test_an_api_and_a_notifier_may_look_at_what_they_sample(database: str) -> None:
    async with pool_as("api", database) as pool, pool.acquire() as connection:
        sample = await api_samples.look(connection)
    async with pool_as("notifier", database) as pool:
        deliveries = await DeliverySamples(pool).look()

    assert (sample.outbox, sample.unheard, sample.accounts) == (0, 0, {})
    assert deliveries.oldest == 0


async def test_many_rows_cost_no_more_than_a_capped_look(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 100
    monkeypatch.setattr(ledger_samples, "MOST_COUNTED", most)
    owner = await asyncpg.connect(database)
    await enter(owner, "default", 14_000, age=60, settled=True)
    await enter(owner, "default", 6_000, age=60, held_for="overlap")
    await enter(owner, "default", 6_000, age=60)
    await owner.execute("ANALYZE scheduler.occurrences, scheduler.orders")
    await owner.close()

    async with pool_as("scheduler", database) as pool:
        sample = await SampleStore(pool).look()
        plan = [
            row[0]
            for asked in (ledger_samples._HELD, ledger_samples._WAITING)  # noqa: SLF001 - what it asks
            for row in await pool.fetch(f"EXPLAIN {asked}".replace("$1", "200000"))
        ]

    assert sample.capped
    assert (sample.held, sample.waiting) == ({"overlap": most}, {"default": most})
    assert any("occurrences_held" in line for line in plan)
    assert any("occurrences_pkey" in line for line in plan)
    assert not any("Seq Scan on occurrences" in line for line in plan)
