"""W0: what the system costs while nothing happens."""

from __future__ import annotations

import asyncio

from tests.bench.figures import Figures
from tests.bench.subject import Subject

READ = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


async def measure(subject: Subject, seconds: int) -> Figures:
    """Watch for a while; all figures are per second."""
    began = await subject.begin()
    before = await subject.pool.fetchval(READ)
    await asyncio.sleep(seconds)
    after = await subject.pool.fetchval(READ)
    used = await subject.end(began, seconds)
    return {
        "seconds": seconds,
        "cpu_share": used["cpu_share"],
        "foreign_share": used["foreign_share"],
        "own_cpu_s": used["own_cpu_s"],
        "core_share": used["core_share"],
        "statements_per_s": round((after - before) / seconds, 1),
        "transactions_per_s": used["transactions_per_run"],
        "messages_per_s": used["messages_per_run"],
    }
