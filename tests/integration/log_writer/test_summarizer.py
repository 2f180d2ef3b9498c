"""Who reads what is new in the log does not look through all of it; old counts are let go."""

from __future__ import annotations

import json

from services.log_writer.loops.summarizer import INTERVAL, Summarizer
from services.log_writer.store.upkeep import TALLIES_KEPT, UpkeepStore
from shared.db.pool import Pool, open_pool

ROWS = 50_000


async def blocks_read(pool: Pool) -> int:
    """Return how many blocks are looked at for the last moment."""
    plan = await pool.fetchval(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT FROM log.notifier_runs"
        " WHERE recorded_at > now() - interval '1 second'"
    )
    top = json.loads(plan)[0]["Plan"]
    blocks: int = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return blocks


async def test_new_pages_are_found_by_their_time(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        await pool.execute(
            "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt,"
            " scheduled_for, started_at, executor, recorded_at)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'manual', 'success', true, 1, now(),"
            " now(), 'e', now() - ($1::integer - n) * interval '10 ms'"
            " FROM generate_series(1, $1::integer) AS n",
            ROWS,
        )
        await pool.execute("ANALYZE log.runs")
        before = await blocks_read(pool)

        assert await Summarizer(UpkeepStore(pool)).step() == INTERVAL

        assert await blocks_read(pool) < before / 5


async def test_a_vacuum_is_not_disturbed(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        async with pool.acquire() as vacuum, vacuum.transaction():
            await vacuum.execute("LOCK log.runs IN SHARE UPDATE EXCLUSIVE MODE")

            await Summarizer(UpkeepStore(pool)).step()

            holds = await vacuum.fetchval("SELECT 1")
        assert holds == 1


async def test_counts_of_long_ago_are_let_go(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        for age in (1.0, 0.5):
            await pool.execute(
                "INSERT INTO log.run_tallies VALUES (now() - $1::interval, 'success', 0, 1)",
                age * TALLIES_KEPT,
            )

        await UpkeepStore(pool).forget_tallies()

        assert await pool.fetchval("SELECT count(*) FROM log.run_tallies") == 1
