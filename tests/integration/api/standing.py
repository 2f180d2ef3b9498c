"""How a run stands, written into the tables that tell it, and a scheduler that answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.bus.scheduler_line import BusLine
from services.scheduler.cancel import Canceller, answer_cancels
from services.scheduler.store.ends import EndStore
from shared.bus.connection import Guard, client_of, make_broker
from shared.bus.due import Dispatcher
from shared.db.pool import Connection, Pool
from tests.integration.api.client import Api

START = datetime(2026, 1, 1, tzinfo=UTC)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


async def occurrence(api: Api, task_id: str, **columns: Any) -> UUID:  # noqa: ANN401 - columns
    """Enter a run into the ledger: ordered, waiting for an executor, unless told otherwise."""
    run_id = columns.pop("run_id", None) or uuid4()
    at = columns.pop("at", START)
    row = {
        "run_id": run_id,
        "task_id": UUID(task_id),
        "trigger": "manual",
        "scheduled_for": at,
        "moment": str(run_id),
        "due_at": at,
        "outcome": "fired",
        "version": 1,
        "queue": "default",
        "priority": 3,
        "settled": False,
        "created_at": at,
        **columns,
    }
    async with api.pool.acquire() as connection, connection.transaction():
        await _insert(connection, "scheduler.occurrences", row)
        if row["outcome"] == "fired" and not row["settled"] and not row.get("held"):
            order = {each: row[each] for each in ("run_id", "task_id", "queue")}
            order |= {"attempt": row.get("attempt", 1), "rank": at, "lost": 0}
            await _insert(connection, "scheduler.orders", order)
    return UUID(str(run_id))


async def lease(api: Api, run_id: UUID, task_id: str, **columns: Any) -> None:  # noqa: ANN401
    """Give a run to an executor, as its claim does."""
    row = {
        "run_id": run_id,
        "task_id": UUID(task_id),
        "attempt": 1,
        "executor_id": UUID(int=1),
        "claimed_at": START,
        "lease_until": datetime.now(UTC) + timedelta(minutes=5),
        **columns,
    }
    await api.pool.execute("DELETE FROM executor.leases WHERE run_id = $1", run_id)
    await api.pool.execute("DELETE FROM scheduler.orders WHERE run_id = $1", run_id)
    await _insert(api.pool, "executor.leases", row)


async def logged(api: Api, run_id: UUID, task_id: str, **columns: Any) -> None:  # noqa: ANN401
    """Write a run's row into the log: final and successful unless told otherwise.

    A run that is over has no lease any more, and its ledger row is settled.
    """
    row = {
        "run_id": run_id,
        "task_id": UUID(task_id),
        "trigger": "manual",
        "status": "success",
        "final": True,
        "attempt": 1,
        "scheduled_for": START,
        "started_at": START,
        "executor": "one",
        **columns,
    }
    await api.pool.execute("DELETE FROM log.runs WHERE run_id = $1", run_id)
    if row["final"]:
        await api.pool.execute("DELETE FROM executor.leases WHERE run_id = $1", run_id)
        await api.pool.execute(
            "UPDATE scheduler.occurrences SET settled = true WHERE run_id = $1", run_id
        )
    await _insert(api.pool, "log.runs", row)


async def attempt(api: Api, run_id: UUID, number: int, **columns: Any) -> None:  # noqa: ANN401
    """Write an attempt into the log."""
    row = {
        "run_id": run_id,
        "attempt": number,
        "status": "failure",
        "started_at": minute(number),
        "completed_at": minute(number + 0.5),
        "executor": f"executor-{number}",
        **columns,
    }
    await _insert(api.pool, "log.attempts", row)


async def executor(api: Api, **columns: Any) -> None:  # noqa: ANN401 - columns
    """Let an executor be seen that takes greetings of the default queue."""
    row = {
        "executor_id": uuid4(),
        "instance": "one",
        "host": "here",
        "slots": 16,
        "actions": ["greet"],
        **columns,
    }
    if isinstance(row.get("labels"), dict):
        row["labels"] = json.dumps(row["labels"])
    await _insert(api.pool, "executor.executors", row)


@asynccontextmanager
async def answering_scheduler(api: Api, nats_url: str) -> AsyncIterator[None]:
    """Let the scheduler's own answer be on the bus, and the API reach it."""
    guard = Guard()
    guard.stopping = True  # a test's connection may close without ending the tests
    broker = make_broker(nats_url, name="scheduler-test", guard=guard)
    await broker.connect()
    client = client_of(broker)
    dispatcher = Dispatcher(client)
    answer_cancels(broker, Canceller(EndStore(api.pool), dispatcher, client))
    await broker.start()
    reach(api, BusLine(client))
    try:
        yield
    finally:
        await broker.stop()


def reach(api: Api, line: Any) -> None:  # noqa: ANN401 - whatever reaches a scheduler
    """Let the API reach the scheduler over *line*."""
    api.framework.state.parts = replace(api.framework.state.parts, scheduler=line)


async def _insert(place: Pool | Connection, table: str, row: dict[str, Any]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await place.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})",  # noqa: S608 - our own tests
        *row.values(),
    )
