"""How a pool behaves: fenced, behind a pooler in transaction mode, and where it looks up by key."""

from __future__ import annotations

import asyncpg
import pytest

from shared.db.pool import NoFence, open_pool


async def limit(database: str, **settings: str) -> None:
    """Have every new session of a database begin so, as a pooler's `connect_query` does."""
    connection = await asyncpg.connect(database, timeout=10)
    try:
        name = await connection.fetchval("SELECT current_database()")
        for setting, value in settings.items():
            await connection.execute(f"ALTER DATABASE {name} SET {setting} = {value}")
    finally:
        await connection.close(timeout=5)


async def test_a_pooler_that_sets_no_time_outs_is_refused(database: str) -> None:
    with pytest.raises(NoFence, match="SET idle_in_transaction_session_timeout = 2000"):
        await open_pool(database, name="test", pooled=True)


async def test_a_pooler_whose_time_outs_are_too_long_is_refused(database: str) -> None:
    await limit(
        database,
        statement_timeout="15000",
        lock_timeout="3000",
        idle_in_transaction_session_timeout="60000",
    )
    with pytest.raises(NoFence):
        await open_pool(database, name="test", pooled=True)


async def test_behind_a_pooler_no_statement_is_left_in_a_session(database: str) -> None:
    await limit(
        database,
        statement_timeout="10000",
        lock_timeout="3000",
        idle_in_transaction_session_timeout="2000",
    )
    async with await open_pool(database, name="test", max_size=1, pooled=True) as pool:
        assert await pool.fetchval("SELECT $1::int + 1", 1) == 2

        assert await pool.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0


async def test_without_one_each_session_is_fenced(database: str) -> None:
    async with await open_pool(database, name="test", max_size=1) as pool:
        assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == "2s"
        assert await pool.fetchval("SHOW lock_timeout") == "3s"


@pytest.mark.parametrize("by_key", [True, False])
async def test_who_looks_up_by_key_never_reads_a_whole_table(
    database: str, *, by_key: bool
) -> None:
    async with await open_pool(database, name="test", max_size=1, by_key=by_key) as pool:
        # Small, as it is when a new system makes its plans.
        await pool.execute("CREATE TABLE public.small AS SELECT 1 AS id")
        await pool.execute("CREATE UNIQUE INDEX ON public.small (id)")
        await pool.execute("ANALYZE public.small")
        plan = await pool.fetchval("EXPLAIN SELECT * FROM public.small WHERE id = 1")

    assert ("Seq Scan" in plan) is not by_key
