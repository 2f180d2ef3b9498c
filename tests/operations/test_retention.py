"""What is older than it is kept goes; what is younger, or still spoken of, stays; nobody waits."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.log_writer.loops.pruner import BATCH, SOON, Kept, Pruner
from services.log_writer.store.lines import LineStore
from services.log_writer.store.retention import RetentionStore
from services.notifier.loops import pruner as notifier_pruner
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore
from services.scheduler.store.ledger import LedgerStore
from shared.contracts.runs import LogLine
from shared.db.clocks import Clocks
from shared.db.pool import Pool
from shared.runtime.clock import utc_now
from tests.operations.rows import Connection, Old

KEPT = Kept(runs=timedelta(days=90), lines=timedelta(days=30), undecided=timedelta(days=365))
PARTS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'log.lines'::regclass ORDER BY 1
"""
#: A part for a day of long ago, as it would be there if the system had run then.
OLD_DAY = """
ALTER TABLE log.lines DETACH PARTITION log.lines_before;
ALTER TABLE log.lines ATTACH PARTITION log.lines_before FOR VALUES FROM ('{since}') TO ('{until}');
CREATE TABLE log.{name} (LIKE log.lines, PRIMARY KEY (run_id, attempt, seq));
ALTER TABLE log.lines ATTACH PARTITION log.{name} FOR VALUES FROM ('{day}') TO ('{since}');
"""


async def prune(pool: Pool, kept: Kept = KEPT) -> None:
    """Step until nothing more is to be done at once."""
    pruner = Pruner(RetentionStore(pool), kept, Clocks(pool, utc_now))
    async with asyncio.timeout(30):
        while await pruner.step() == SOON:
            pass


async def old_day(connection: Connection, days: int) -> str:
    """Make a part for the day so many days ago; return its name."""
    day = (datetime.now(UTC) - timedelta(days=days)).date()
    name = f"lines_{day:%Y%m%d}"
    bound = await connection.fetchval(
        "SELECT substring(pg_get_expr(relpartbound, oid) FROM 'TO \\(''([^'']+)''\\)')"
        " FROM pg_class WHERE oid = 'log.lines_before'::regclass"
    )
    await connection.execute(
        OLD_DAY.format(name=name, day=day, since=day + timedelta(days=1), until=bound)
    )
    return name


async def test_old_runs_go_with_their_attempts_and_young_ones_stay(old: Old, pool: Pool) -> None:
    gone, young = await old.run(91), await old.run(89)

    await prune(pool)

    assert await old.runs() == {young}
    assert [row[0] for row in await pool.fetch("SELECT run_id FROM log.attempts")] == [young]
    assert gone != young


async def test_what_was_counted_of_a_run_outlives_it(old: Old, pool: Pool) -> None:
    await old.run(91)
    await pool.execute(
        "INSERT INTO log.task_statistics VALUES ($1, 7, 6, 1, now(), 'done')", old.task_id
    )

    await prune(pool)

    assert await old.runs() == set()
    assert await pool.fetchval("SELECT run_count FROM log.task_statistics") == 7


async def test_a_run_stays_while_anybody_may_still_speak_of_it(old: Old, pool: Pool) -> None:
    live = await old.run(200, status="running", final=False)
    leased, opener, closed, dead, decided = [await old.run(200) for _ in range(5)]
    await old.lease(leased)
    await old.incident(opener, is_open=True)
    await old.incident(closed, is_open=False)
    await old.dead(dead, 200, decided=False)
    await old.dead(decided, 200, decided=True)

    await prune(pool)
    await prune(pool)  # the decided one's row of the dead goes in the first round

    assert await old.runs() == {live, leased, opener, dead}


async def test_nobody_decides_for_longer_than_a_year(old: Old, pool: Pool) -> None:
    dead = await old.run(400)
    await old.dead(dead, 400, decided=False)

    await prune(pool)
    await prune(pool)

    assert await old.runs() == set()


async def test_more_than_a_bite_goes_in_several(old: Old, pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO log.runs SELECT gen_random_uuid(), $1, 'schedule', 'success', true, 1, at, at,"
        " at, 0, NULL, NULL, NULL, 'e', at FROM (SELECT now() - interval '100 days' AS at) t,"
        " generate_series(1, $2)",
        old.task_id,
        BATCH * 2 + 1,
    )

    assert await Pruner(RetentionStore(pool), KEPT, Clocks(pool, utc_now)).step() == SOON
    assert len(await old.runs()) == BATCH + 1
    await prune(pool)
    assert await old.runs() == set()


async def test_a_row_that_somebody_holds_is_passed_over(old: Old, pool: Pool) -> None:
    held, free = await old.run(95), await old.run(94)
    async with pool.acquire() as other, other.transaction():
        await other.fetch("SELECT FROM log.runs WHERE run_id = $1 FOR UPDATE", held)
        await prune(pool)
        assert await old.runs() == {held}
    assert free not in await old.runs()


async def test_old_lines_go_with_their_day(old: Old, pool: Pool, connection: Connection) -> None:
    name = await old_day(connection, 40)
    run, young = await old.run(40), await old.run(1)

    await prune(pool)

    assert name not in {row[0] for row in await connection.fetch(PARTS)}
    assert await connection.fetchval("SELECT to_regclass('log.' || $1)", name) is None
    assert await old.lines() == {young}
    assert await old.runs() == {run, young}


async def test_lines_of_what_is_not_over_outlive_their_day(
    old: Old, pool: Pool, connection: Connection
) -> None:
    await old_day(connection, 40)
    dead, opener, _ = [await old.run(40) for _ in range(3)]
    await old.dead(dead, 40, decided=False)
    await old.incident(opener, is_open=True)

    await prune(pool)
    assert await old.lines() == {dead, opener}

    await connection.execute("UPDATE notify.incidents SET closed_at = now()")
    await prune(pool)
    assert await old.lines() == {dead}


async def test_lines_of_a_run_that_is_tried_again_outlive_their_day(
    old: Old, pool: Pool, connection: Connection
) -> None:
    await old_day(connection, 40)
    live, _ = await old.run(40, status="retrying", final=False), await old.run(40)
    await connection.execute(
        "UPDATE log.runs SET attempt = 2, started_at = now(), status = 'running' WHERE run_id = $1",
        live,
    )

    await prune(pool)

    assert await old.lines() == {live}, "what its first attempt said"


async def test_days_are_there_before_they_begin(pool: Pool, connection: Connection) -> None:
    await prune(pool)
    parts = {row[0] for row in await connection.fetch(PARTS)}

    for days in range(8, 15):
        assert f"lines_{datetime.now(UTC) + timedelta(days=days):%Y%m%d}" in parts


async def test_lines_of_a_day_that_was_not_made_find_into_it(
    old: Old, pool: Pool, connection: Connection
) -> None:
    day = datetime.now(UTC) + timedelta(days=10)
    name = f"lines_{day:%Y%m%d}"
    await prune(pool)
    await connection.execute(f"DROP TABLE log.{name}")
    run = uuid4()
    line = LogLine(run_id=run, attempt=1, seq=1, at=day, level="info", text="early")
    await LineStore(pool).write([line])
    assert await connection.fetchval("SELECT count(*) FROM log.lines_strays") == 1

    await prune(pool)

    assert await connection.fetchval("SELECT count(*) FROM log.lines_strays") == 0
    assert await connection.fetchval(f"SELECT count(*) FROM log.{name}") == 1  # noqa: S608 - a date
    await LineStore(pool).write([line])
    assert await old.lines() == {run}
    assert await connection.fetchval("SELECT count(*) FROM log.lines") == 1


async def test_nobody_who_writes_waits_for_a_day_to_go(
    old: Old, pool: Pool, connection: Connection
) -> None:
    await old_day(connection, 40)
    run = await old.run(40)
    await connection.execute(
        "INSERT INTO log.lines SELECT $1, 1, i, $2, 'info', repeat('x', 200)"
        " FROM generate_series(2, 200000) AS i",
        run,
        old.now - timedelta(days=40),
    )
    store, slowest, stop = LineStore(pool), 0.0, asyncio.Event()

    async def write() -> None:
        nonlocal slowest
        seq = 0
        while not stop.is_set():
            seq += 1
            began = time.perf_counter()
            await store.write(
                [
                    LogLine(
                        run_id=run, attempt=2, seq=seq, at=datetime.now(UTC), level="info", text=""
                    )
                ]
            )
            slowest = max(slowest, time.perf_counter() - began)

    writing = asyncio.create_task(write())
    await prune(pool)
    stop.set()
    await writing

    print(f"the slowest line while 200,000 were dropped: {slowest * 1000:.1f} ms")  # noqa: T201 - a figure
    assert slowest < 1
    assert await connection.fetchval("SELECT count(*) FROM log.lines WHERE attempt = 1") == 0


async def test_a_reader_that_holds_the_table_puts_it_off_and_nobody_waits_behind(
    old: Old, pool: Pool, connection: Connection, database: str
) -> None:
    name = await old_day(connection, 40)
    await old.run(40)
    reader = await asyncpg.connect(database, timeout=10)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT FROM log.lines")
            await Pruner(RetentionStore(pool), KEPT, Clocks(pool, utc_now)).step()
            assert await connection.fetchval("SELECT to_regclass('log.' || $1)", name) is not None
    finally:
        await reader.close(timeout=5)
    await prune(pool)
    assert await connection.fetchval("SELECT to_regclass('log.' || $1)", name) is None


async def test_the_log_writer_may_forget_and_delete_nothing_else(
    old: Old, connection: Connection
) -> None:
    await old.run(91)
    young = await old.run(0.5)
    await connection.execute("SET ROLE automation_log_writer")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM log.runs")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DROP TABLE log.lines_before")
    # Not even by a setting of nought: a day is kept at least.
    assert await connection.fetchval("SELECT log.forget_runs('0', 1000)") == 1
    assert await connection.fetchval("SELECT log.forget_others('0', '0', 1000)") == 0
    assert await connection.fetchval("SELECT log.make_line_days(14)") > 0
    assert await connection.fetchval("SELECT log.drop_line_day('0')") is None
    await connection.execute("RESET ROLE")
    assert await old.runs() == {young}


async def test_the_ledger_forgets_what_is_settled(old: Old, pool: Pool) -> None:
    await old.run(100)
    open_one, young = await old.run(100, final=False, status="running"), await old.run(10)

    assert await LedgerStore(pool).prune(timedelta(days=90), 1000) == 1
    left = {row[0] for row in await pool.fetch("SELECT run_id FROM scheduler.occurrences")}
    assert left == {open_one, young}


async def test_the_notifier_forgets_in_bites(old: Old, pool: Pool) -> None:
    await old.incident(uuid4(), is_open=True)
    for _ in range(3):
        await old.incident(uuid4(), is_open=False)
    await pool.execute(
        "UPDATE notify.incidents SET opened_at = opened_at - interval '100 days',"
        " closed_at = closed_at - interval '99 days'"
    )
    await pool.execute("INSERT INTO notify.series (task_id) SELECT task_id FROM notify.incidents")
    judgements = JudgementStore(pool)

    assert (await judgements.prune(timedelta(days=90), 2))[1] == 2
    step = notifier_pruner.Pruner(
        judgements, DeliveryStore(pool), timedelta(days=90), Clocks(pool, utc_now)
    ).step
    assert await step() == notifier_pruner.INTERVAL
    # The open one's task is gone, so it has just been closed.
    assert await pool.fetchval("SELECT count(*) FROM notify.incidents") == 1
