"""What a run costs on the bus and in the database: messages, transactions, bytes of WAL.

All three are exact and at once: last sequence numbers of the streams, transaction ids (so these are
the transactions that wrote, each of which is forced to disk), the position in the WAL. Statistics
of PostgreSQL would count the reading ones too, but lag by seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nats.aio.client import Client

from shared.bus.topology import STREAMS
from shared.db.pool import Pool
from tests.bench.figures import Figures

READ = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS transactions,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far the counters have come."""

    messages: Mapping[str, int]
    transactions: int
    wal: int


async def read(pool: Pool, client: Client) -> Counts:
    """Read all counters."""
    js = client.jetstream(timeout=5)
    messages = {each.name: (await js.stream_info(each.name)).state.last_seq for each in STREAMS}
    row = await pool.fetchrow(READ)
    assert row is not None
    return Counts(messages=messages, transactions=row["transactions"], wal=row["wal"])


def per_run(before: Counts, after: Counts, runs: int) -> Figures:
    """Return what each of *runs* cost."""
    runs = max(1, runs)
    counted = {
        name: round((last - before.messages[name]) / runs, 4)
        for name, last in after.messages.items()
        if last > before.messages[name]
    }
    return {
        "messages_per_run": {**counted, "all": round(sum(counted.values()), 4)},
        "transactions_per_run": round((after.transactions - before.transactions) / runs, 4),
        "wal_bytes_per_run": round((after.wal - before.wal) / runs),
    }
