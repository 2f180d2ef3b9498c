"""A scheduler's parts on real servers, and an API that answers its questions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from services.executor.claimed import ClaimedRun
from services.executor.store.leases import Abilities, LeaseStore
from services.scheduler.apply import Applier
from services.scheduler.cancel import Canceller
from services.scheduler.dependencies import Dependants
from services.scheduler.entering import Entrance
from services.scheduler.job import AHEAD
from services.scheduler.loops.admitter import Admitter
from services.scheduler.loops.closer import Closer
from services.scheduler.loops.sweeper import Sweeper
from services.scheduler.loops.ticker import Ticker
from services.scheduler.source import TaskSource
from services.scheduler.store.admission import AdmissionStore
from services.scheduler.store.ends import EndStore
from services.scheduler.store.gates import GateStore
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.store.same import SameStore
from shared.bus import topology
from shared.bus.due import Dispatcher
from shared.contracts.runs import RunRequest
from shared.contracts.sync import Bucket, Digest, Page, PageRequest
from shared.contracts.tasks import TaskChanged, TaskDefinition, TaskType
from shared.db.pool import Pool, Record, open_pool
from shared.domain.instant import format_instant
from shared.runtime.clock import utc_now
from tests.support.roles import pool_as
from tests.support.swept import Swept

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=10)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

_DIGEST = """
SELECT get_byte(uuid_send(id), 0) AS bucket, count(*) AS tasks,
       (sum(hashtextextended(id::text || ':' || version, 0)::numeric)
        % 9007199254740993)::bigint AS digest
FROM unnest($1::uuid[], $2::bigint[]) AS t (id, version) GROUP BY 1
"""


@dataclass
class StubApi:
    """The tasks that the API has, and how often it was asked."""

    pool: Pool
    tasks: dict[UUID, TaskChanged] = field(default_factory=dict)
    hidden: set[UUID] = field(default_factory=set)
    """Not on the pages yet: created after they were read."""
    asked: Counter[str] = field(default_factory=Counter)
    page_size: int = 500

    def has(self, *changes: TaskChanged) -> None:
        self.tasks |= {each.task_id: each for each in changes}

    async def digest(self, message: Msg) -> None:
        self.asked["digest"] += 1
        rows = await self.pool.fetch(
            _DIGEST, list(self.tasks), [each.version for each in self.tasks.values()]
        )
        await message.respond(Digest(buckets=tuple(Bucket(**dict(r)) for r in rows)).encode())

    async def page(self, message: Msg) -> None:
        self.asked["page"] += 1
        request = PageRequest.decode(message.data)
        one = request.first == request.last
        found = sorted(
            (
                each
                for each in self.tasks.values()
                if request.first <= each.task_id <= request.last
                and (one or each.task_id not in self.hidden)
            ),
            key=lambda each: each.task_id,
        )
        limit = min(request.limit, self.page_size)
        following = found[limit].task_id if len(found) > limit else None
        await message.respond(Page(tasks=tuple(found[:limit]), next=following).encode())


@dataclass(frozen=True)
class Pools:
    """Connections to one database, and what empties it."""

    empty: Callable[[], Awaitable[object]]
    """Leave in all tables what migrations wrote."""
    owner: Pool
    schedulers: Pool
    executors: Pool


@dataclass(kw_only=True)
class Desk:
    """One scheduler, its stores, its bus."""

    pools: Pools
    pool: Pool
    """As the owner: tests look and arrange with it."""
    own: Pool
    """As schedulers come."""
    executors: Pool
    """As executors come."""
    client: Client
    js: JetStreamContext
    jobs: JobStore
    ledger: LedgerStore
    entrance: Entrance
    dispatcher: Dispatcher
    source: TaskSource
    applier: Applier
    api: StubApi
    woken: list[int]
    admitter_woken: list[int]

    async def empty(self) -> None:
        """Begin anew, with nothing in any table or stream."""
        await self.pools.empty()
        purge = self.client.jsm().purge_stream
        await asyncio.gather(*(purge(stream.name) for stream in topology.STREAMS))
        self.woken.clear()
        self.admitter_woken.clear()

    def ticker(self, dispatcher: Dispatcher | None = None) -> Ticker:
        return Ticker(self.jobs, GateStore(), self.entrance, dispatcher or self.dispatcher)

    def admitter(self) -> Admitter:
        canceller = Canceller(EndStore(self.own), self.dispatcher, self.client)
        return Admitter(AdmissionStore(self.own), self.dispatcher, canceller.cancel)

    def closer(self, dependants: Dependants | None = None) -> Closer:
        return Closer(
            EndStore(self.own),
            self.dispatcher,
            dependants or Dependants(self.jobs, self.entrance),
            self.entrance,
            wake_admitter=lambda: self.admitter_woken.append(1),
        )

    def sweeper(self) -> Sweeper:
        return Sweeper(self.ledger, self.dispatcher)

    def executor(self, *queues: str) -> LeaseStore:
        """Return what claims of some queues; without any, of the default one."""
        abilities = Abilities(queues) if queues else Abilities()
        return LeaseStore(self.executors, uuid4(), LEASE, abilities)

    async def claim(self, run_id: UUID, executor: LeaseStore | None = None) -> ClaimedRun | None:
        """Have a run claimed, as the next in its line; None: it has no order, or lost its claim."""
        queue = await self.pool.fetchval(
            "UPDATE scheduler.orders SET rank = '-infinity' WHERE run_id = $1 RETURNING queue",
            run_id,
        )
        if queue is None:
            return None
        claimed = await (executor or self.executor(queue)).claim(1)
        assert [each.run_id for each in claimed] in ([], [run_id])
        return claimed[0] if claimed else None

    async def orders(self) -> dict[UUID, int]:
        """Return the attempt of each run that waits for an executor, in the order of the line."""
        rows = await self.pool.fetch(
            "SELECT run_id, attempt FROM scheduler.orders ORDER BY rank, run_id"
        )
        return {row["run_id"]: row["attempt"] for row in rows}

    async def waiting(self) -> int:
        """Return how many runs wait for an executor."""
        return len(await self.orders())

    async def rows(self, task_id: UUID | None = None) -> list[Record]:
        """Return the ledger, in nominal order."""
        return await self.pool.fetch(
            "SELECT * FROM scheduler.occurrences WHERE $1::uuid IS NULL OR task_id = $1"
            " ORDER BY task_id, scheduled_for, run_id",
            task_id,
        )

    async def row(self, run_id: UUID) -> Record:
        found = await self.pool.fetchrow(
            "SELECT * FROM scheduler.occurrences WHERE run_id = $1", run_id
        )
        assert found is not None
        return found

    async def catch_up(self, *tickers: Ticker) -> None:
        """Let the tickers work, all at once, until nothing is due."""

        async def work(ticker: Ticker) -> None:
            while await self.pool.fetchval(
                "SELECT count(*) FROM scheduler.jobs WHERE next_due_at <= now() + $1::interval",
                AHEAD,
            ):
                await ticker.step()

        await asyncio.gather(*map(work, tickers or [self.ticker()]))

    async def long_up(self) -> None:
        """Wait until the database is up for longer than executors get after a restart of it."""
        while True:
            if await self.pool.fetchval(
                "SELECT pg_postmaster_start_time() < now() - interval '10 seconds'"
            ):
                return
            await asyncio.sleep(0.05)

    async def time_passes(self, time: timedelta) -> None:
        """Make all that lies in the past lie there for longer."""
        await self.pool.execute(
            "UPDATE scheduler.occurrences SET created_at = created_at - $1::interval,"
            " admitted_at = admitted_at - $1::interval",
            time,
        )
        await self.pool.execute(
            "UPDATE executor.leases SET lease_until = lease_until - $1::interval", time
        )

    async def fire(self, count: int = 1, *, at: datetime | None = None) -> list[UUID]:
        """Let *count* tasks fire once; return the runs."""
        at = at or utc_now() - 5 * SECOND
        changes = [once(at) for _ in range(count)]
        await self.applier.tasks_changed(changes)
        await self.catch_up()
        tasks = [each.task_id for each in changes]
        rows = await self.pool.fetch(
            "SELECT run_id FROM scheduler.occurrences WHERE task_id = ANY($1::uuid[])", tasks
        )
        assert len(rows) == count
        return [row["run_id"] for row in rows]


@asynccontextmanager
async def open_pools(database: Swept) -> AsyncIterator[Pools]:
    """Open all connections that desks need; that costs more than most tests."""
    async with (
        await open_pool(database.dsn, name="test", max_size=8) as owner,
        pool_as("scheduler", owner, max_size=8) as schedulers,
        pool_as("executor", owner, max_size=10) as executors,
    ):
        yield Pools(database.empty, owner, schedulers, executors)


@asynccontextmanager
async def desk_with(pools: Pools, url: str) -> AsyncIterator[Desk]:
    """Put the parts together, as `app` does, with nothing in any table or stream."""
    pool, own = pools.owner, pools.schedulers
    client = await nats.connect(url, allow_reconnect=False)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.close)
        api = StubApi(pool)
        await client.subscribe(topology.RPC_TASKS_DIGEST, cb=api.digest)
        await client.subscribe(topology.RPC_TASKS_PAGE, cb=api.page)
        jobs, ledger = JobStore(own), LedgerStore(own)
        dispatcher, source = Dispatcher(client), TaskSource(client)
        woken: list[int] = []
        admitter_woken: list[int] = []
        entrance = Entrance(
            ledger, GateStore(), SameStore(), wake_admitter=lambda: admitter_woken.append(1)
        )
        desk = Desk(
            pools=pools,
            pool=pool,
            own=own,
            executors=pools.executors,
            client=client,
            js=client.jetstream(timeout=5),
            jobs=jobs,
            ledger=ledger,
            entrance=entrance,
            dispatcher=dispatcher,
            source=source,
            applier=Applier(
                jobs=jobs,
                ledger=ledger,
                entrance=entrance,
                dispatcher=dispatcher,
                source=source,
                wake_ticker=lambda: woken.append(1),
            ),
            api=api,
            woken=woken,
            admitter_woken=admitter_woken,
        )
        await desk.empty()
        yield desk


def changed(
    task_id: UUID,
    version: int,
    at: datetime,
    schedule: dict[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401 - whatever the contract takes
) -> TaskChanged:
    """Return the event that a task was created or updated."""
    change: Literal["created", "updated"] = "created" if version == 1 else "updated"
    definition = {
        "name": f"version {version}",
        "task_type": TaskType.SCHEDULED if schedule else TaskType.MANUAL,
        "task_action": "probe",
        "schedule_config": schedule,
        **fields,
    }
    return TaskChanged(
        change=change,
        task_id=task_id,
        version=version,
        changed_at=at,
        task=TaskDefinition(**definition),
    )


def deleted(task_id: UUID, version: int, at: datetime) -> TaskChanged:
    """Return the event that a task was deleted."""
    return TaskChanged(change="deleted", task_id=task_id, version=version, changed_at=at, task=None)


def once(at: datetime) -> TaskChanged:
    """Return a new task that fires at one instant."""
    return changed(uuid4(), 1, at - MINUTE, {"at": format_instant(at)})


def request(task_id: UUID, version: int = 0, **fields: Any) -> RunRequest:  # noqa: ANN401 - as above
    """Return a request for one run, now."""
    defaults = {"run_id": uuid4(), "requested_at": utc_now(), "requested_by": "ops"}
    return RunRequest(**{**defaults, "task_id": task_id, "version": version, **fields})


def outcomes(rows: Iterable[Record]) -> dict[str, int]:
    """Return how often each outcome is in the ledger."""
    return dict(Counter(row["outcome"] for row in rows))


def ids(rows: Sequence[Record]) -> list[UUID]:
    """Return the runs of ledger rows."""
    return [row["run_id"] for row in rows]
