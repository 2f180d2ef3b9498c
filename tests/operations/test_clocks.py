"""A clock that jumps makes nothing old: who forgets asks first whether two clocks agree."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from services.log_writer.loops.pruner import Kept
from services.log_writer.loops.pruner import Pruner as LogPruner
from services.log_writer.store.retention import RetentionStore
from services.notifier.loops.pruner import Pruner as NotifierPruner
from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore
from services.scheduler.loops.pruner import Pruner as LedgerPruner
from services.scheduler.loops.trigger_pruner import TriggerPruner
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.store.triggers import TriggerStore
from shared.db.clocks import CLOCKS_MAY_DIFFER, Clocks, ClocksDiffer
from shared.db.pool import Pool
from shared.runtime.clock import utc_now
from shared.runtime.loop import Step
from tests.operations.rows import Connection, Old

KEEP = timedelta(days=90)
LONG_AGO = timedelta(days=200)


def pruners(pool: Pool, clocks: Clocks) -> dict[str, Step]:
    """Return the steps of all that forget what their service keeps."""
    jobs, ledger, triggers = JobStore(pool), LedgerStore(pool), TriggerStore(pool)
    kept = Kept(runs=KEEP, lines=KEEP, undecided=KEEP)
    judgements, deliveries = JudgementStore(pool), DeliveryStore(pool)
    return {
        "log": LogPruner(RetentionStore(pool), kept, clocks).step,
        "ledger": LedgerPruner(jobs, ledger, KEEP, clocks).step,
        "triggers": TriggerPruner(triggers, clocks).step,
        "notifier": NotifierPruner(judgements, deliveries, KEEP, clocks).step,
    }


async def kept_of(connection: Connection) -> dict[str, int]:
    return {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of ours
        for table in (
            "log.runs",
            "log.lines",
            "scheduler.occurrences",
            "scheduler.events_seen",
            "notify.judged",
            "notify.incidents",
        )
    }


@pytest.mark.parametrize("name", ["log", "ledger", "triggers", "notifier"])
@pytest.mark.parametrize("apart", [timedelta(days=300), timedelta(days=-300)], ids=str)
async def test_nothing_is_forgotten_while_clocks_disagree(
    old: Old, pool: Pool, connection: Connection, name: str, apart: timedelta
) -> None:
    """One step says so; the same step forgets once they agree."""
    await old.run(400)
    await old.incident(uuid4(), is_open=False)
    await connection.execute(
        "UPDATE notify.incidents SET opened_at = opened_at - $1::interval", LONG_AGO
    )
    await connection.execute(
        "UPDATE notify.incidents SET closed_at = closed_at - $1::interval", LONG_AGO
    )
    await connection.execute(
        "INSERT INTO scheduler.events_seen VALUES ('e', now() - $1::interval)", LONG_AGO
    )
    before = await kept_of(connection)

    with pytest.raises(ClocksDiffer):
        await pruners(pool, Clocks(pool, lambda: utc_now() - apart))[name]()
    assert await kept_of(connection) == before

    await pruners(pool, Clocks(pool, utc_now))[name]()
    assert await kept_of(connection) != before


@pytest.mark.parametrize("sign", [1, -1])
async def test_clocks_may_differ_a_little(pool: Pool, sign: int) -> None:
    a_minute = timedelta(minutes=1)
    await Clocks(pool, lambda: utc_now() + sign * (CLOCKS_MAY_DIFFER - a_minute)).agree()

    with pytest.raises(ClocksDiffer):
        await Clocks(pool, lambda: utc_now() + sign * (CLOCKS_MAY_DIFFER + a_minute)).agree()
