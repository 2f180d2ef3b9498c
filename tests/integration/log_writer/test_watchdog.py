"""The watchdog tells of each fire that nobody entered, of late ones and of missed ones, once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.log_writer.loops.watchdog import PAUSE, Watchdog
from services.log_writer.watchdog import GRACE, MOST_FIRES, Task, Window, expected
from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.db.pool import Pool, open_pool
from shared.domain.instant import format_instant
from tests.support.roles import pool_as

MINUTE = timedelta(minutes=1)
HALF = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Beat:
    """A watchdog, and what it is to look at."""

    pool: Pool
    dog: Watchdog
    client: Client
    start: datetime
    """Its last round ended here, three minutes and its grace ago."""

    async def task(self, **columns: Any) -> UUID:  # noqa: ANN401 - columns
        """Store a task of every minute that was last changed an hour ago."""
        begun = format_instant(self.start - timedelta(hours=1) + HALF)
        values = {
            "id": uuid4(),
            "name": "a task",
            "task_type": "scheduled",
            "task_action": "greet",
            "schedule_config": json.dumps({"interval_seconds": 60, "start_at": begun}),
            "updated_at": self.start - timedelta(hours=1),
            **columns,
        }
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await self.pool.execute(
            f"INSERT INTO api.tasks ({', '.join(values)}) VALUES ({places})",  # noqa: S608 - our own tests
            *values.values(),
        )
        return UUID(str(values["id"]))

    async def enter(self, task: UUID, at: datetime, outcome: str = "fired") -> UUID:
        """Do as the scheduler does."""
        run_id = uuid4()
        await self.pool.execute(
            "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, due_at,"
            " outcome, version, queue, priority, settled, created_at)"
            " VALUES ($1, $2, 'schedule', $3, $3, $4, 1, 'default', 3, true, $3)",
            run_id,
            task,
            at,
            outcome,
        )
        return run_id

    async def round(self) -> list[dict[str, Any]]:
        """Walk one round; return what was said in all."""
        for _ in range(100):
            if await self.dog.step() == PAUSE:
                break
        return await self.said()

    async def back(self, *, to: datetime | None = None) -> None:
        """Have the next round look at the last minutes again; by default at its own."""
        await self.pool.execute(
            "UPDATE log.watchdog SET looked_to = coalesce($1, looked_to - $2::interval)",
            to,
            2 * MINUTE,
        )

    async def said(self) -> list[dict[str, Any]]:
        """Return the events that lie in the stream."""
        js = self.client.jetstream()
        state = (await js.stream_info(topology.EVENTS.name)).state
        found = []
        for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
            message = await js.get_msg(topology.EVENTS.name, sequence)
            assert message.subject == f"event.automation.{json.loads(message.data or b'')['type']}"
            found.append(json.loads(message.data or b""))
        return found

    def fires(self) -> list[datetime]:
        """Return the three fires of a task that a round looks at."""
        return [self.start + HALF + number * MINUTE for number in range(3)]


@pytest_asyncio.fixture(loop_scope="session")
async def beat(database: str, bus: Client) -> AsyncIterator[Beat]:
    """Let a watchdog loose on an empty system."""
    async with (
        await open_pool(database, name="test") as pool,
        pool_as("log_writer", database) as own,
    ):
        now: datetime = await pool.fetchval("SELECT clock_timestamp()")
        start = now - GRACE - 3 * MINUTE
        await pool.execute("UPDATE log.watchdog SET looked_from = $1, looked_to = $1", start)
        yield Beat(pool, Watchdog(own, Publisher(bus), page=2), bus, start)


async def test_a_task_that_nobody_fires_is_told_of_once(beat: Beat) -> None:
    task = await beat.task(name="每分鐘")

    (event,) = await beat.round()

    assert (event["source"], event["type"]) == ("automation", "schedule.silent")
    assert event["data"] == {
        "task_id": str(task),
        "task_name": "每分鐘",
        "scheduled_for": format_instant(beat.fires()[0]),
        "count": 3,
        "last": format_instant(beat.fires()[-1]),
    }
    assert await beat.round() == [event]


async def test_a_fire_that_is_in_the_ledger_is_fine_whatever_became_of_it(beat: Beat) -> None:
    for outcome in ("fired", "skipped_paused", "coalesced", "superseded"):
        task = await beat.task(name=outcome)
        for at in beat.fires():
            await beat.enter(task, at, outcome)

    assert await beat.round() == []


async def test_only_the_fire_that_is_missing_is_told(beat: Beat) -> None:
    task = await beat.task()
    first, second, third = beat.fires()
    await beat.enter(task, first)
    await beat.enter(task, third)

    (event,) = await beat.round()

    assert event["data"]["scheduled_for"] == format_instant(second)
    assert event["data"]["count"] == 1


async def test_every_page_of_tasks_is_looked_at(beat: Beat) -> None:
    tasks = {str(await beat.task()) for _ in range(5)}

    assert {event["data"]["task_id"] for event in await beat.round()} == tasks


async def test_a_task_that_has_nothing_to_fire_is_left_alone(beat: Beat) -> None:
    await beat.task(name="disabled", enabled=False)
    await beat.task(name="manual", task_type="manual")
    await beat.task(name="none", schedule_config=None)
    await beat.task(name="unreadable", schedule_config='{"cron": "nonsense"}')
    await beat.task(name="over", schedule_config='{"at": "2020-01-01T00:00:00Z"}')

    assert await beat.round() == []


async def test_fires_before_an_edit_are_not_owed(beat: Beat) -> None:
    await beat.task(updated_at=beat.fires()[1])

    (event,) = await beat.round()

    assert event["data"]["scheduled_for"] == format_instant(beat.fires()[2])
    assert event["data"]["count"] == 1


async def test_within_the_grace_nothing_is_said(beat: Beat) -> None:
    await beat.task()
    await beat.pool.execute(
        "UPDATE log.watchdog SET looked_to = clock_timestamp() - $1::interval", GRACE / 2
    )

    assert await beat.dog.step() == PAUSE
    assert await beat.said() == []


async def test_missed_fires_are_told_with_their_number(beat: Beat) -> None:
    task = await beat.task()
    first, second, third = beat.fires()
    await beat.enter(task, first)
    await beat.enter(task, second, "missed")
    await beat.enter(task, third, "expired")

    (event,) = await beat.round()

    assert event["type"] == "schedule.missed"
    assert (event["data"]["scheduled_for"], event["data"]["count"]) == (format_instant(second), 2)


async def test_a_run_that_starts_late_is_told(beat: Beat) -> None:
    task = await beat.task()
    runs = [await beat.enter(task, at) for at in beat.fires()]
    for run, at, late in zip(runs, beat.fires(), (90, 0, 0), strict=True):
        await beat.pool.execute(
            "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt,"
            " scheduled_for, started_at, executor)"
            " VALUES ($1, $2, 'schedule', 'running', false, 1, $3, $4, 'e')",
            run,
            task,
            at,
            at + timedelta(seconds=late),
        )

    (event,) = await beat.round()

    assert event["type"] == "schedule.late"
    assert event["data"]["scheduled_for"] == format_instant(beat.fires()[0])
    assert event["data"]["late_seconds"] == 90.0


class Deaf(Publisher):
    """A bus that acknowledges nothing."""

    async def publish(self, messages: Any, *, timeout: float = 3.0) -> list[int]:  # noqa: ANN401, ASYNC109 - as the real one
        del timeout
        kept: list[Outgoing] = list(messages)
        return list(range(len(kept)))


async def test_a_schedule_that_stays_silent_is_said_once_and_once_when_it_goes_on(
    beat: Beat,
) -> None:
    task = await beat.task()
    (silent,) = await beat.round()
    for _ in range(2):
        await beat.back()
        assert await beat.round() == [silent], "it is known by now"
    assert await beat.pool.fetchval("SELECT fires FROM log.silences") > 3

    await beat.enter(task, beat.fires()[-1] + MINUTE, "missed")
    await beat.back(to=beat.fires()[-1])
    *_, resumed = await beat.round()

    assert resumed["type"] == "schedule.resumed"
    assert resumed["data"]["scheduled_for"] == silent["data"]["scheduled_for"]
    row = await beat.pool.fetchrow("SELECT closed_at, fires_again FROM log.silences")
    assert row is not None
    assert row["closed_at"] is not None
    assert row["fires_again"]


async def test_a_daily_schedule_goes_on_when_the_missing_fire_is_entered(beat: Beat) -> None:
    at = beat.fires()[0]
    task = await beat.task(
        schedule_config=json.dumps({"interval_seconds": 86_400, "start_at": format_instant(at)})
    )
    await beat.round()

    await beat.enter(task, at, "coalesced")
    await beat.back(to=at + MINUTE)

    assert [event["type"] for event in await beat.round()] == [
        "schedule.silent",
        "schedule.resumed",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api.tasks SET enabled = false",
        "UPDATE api.tasks SET updated_at = clock_timestamp()",
        "DELETE FROM api.tasks",
    ],
    ids=["paused", "edited", "deleted"],
)
async def test_a_silence_of_a_task_that_was_changed_is_over_without_a_word(
    beat: Beat, change: str
) -> None:
    await beat.task()
    silent = await beat.round()

    await beat.pool.execute(change)
    await beat.back()

    assert await beat.round() == silent
    row = await beat.pool.fetchrow("SELECT closed_at, fires_again FROM log.silences")
    assert row is not None
    assert row["closed_at"] is not None
    assert not row["fires_again"]


async def test_a_run_that_expires_long_after_it_was_entered_is_missed_then(beat: Beat) -> None:
    task = await beat.task()
    runs = [await beat.enter(task, at) for at in beat.fires()]
    assert await beat.round() == []

    await beat.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'expired' WHERE run_id = $1", runs[0]
    )
    await beat.pool.execute(
        "UPDATE scheduler.occurrences SET decided_at = decided_at - $1::interval", GRACE
    )
    await beat.back(to=beat.start + 3 * MINUTE - HALF)

    (event,) = await beat.round()
    assert (event["type"], event["data"]["count"]) == ("schedule.missed", 1)


async def test_a_fire_in_a_blackout_is_not_silent(beat: Beat) -> None:
    task = await beat.task()
    for at, outcome in zip(
        beat.fires(), ("skipped_blackout", "skipped_overlap", "expired"), strict=True
    ):
        await beat.enter(task, at, outcome)

    assert [event["type"] for event in await beat.round()] == ["schedule.missed"]


async def test_what_the_bus_did_not_take_is_said_again(beat: Beat) -> None:
    await beat.task()
    deaf = Watchdog(beat.pool, Deaf(beat.client), page=2)
    for _ in range(3):
        await deaf.step()

    assert len(await beat.round()) == 1, "what was not said is not known as said"


async def test_one_log_writer_at_a_time_walks(beat: Beat) -> None:
    await beat.task()
    async with beat.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM log.watchdog FOR UPDATE")
        assert await beat.dog.step() == PAUSE

    assert len(await beat.round()) == 1


def test_a_task_of_every_second_is_looked_at_within_bounds() -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    task = Task(uuid4(), "", json.dumps({"interval_seconds": 1}), end - timedelta(days=1))

    assert len(expected(task, Window(end - timedelta(hours=1), end))) == MOST_FIRES


def test_a_fire_with_jitter_has_until_its_end() -> None:
    end = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
    config = {"interval_seconds": 60, "jitter_seconds": 90}
    task = Task(uuid4(), "", json.dumps(config), end - timedelta(days=1))

    assert expected(task, Window(end - MINUTE, end)) == [end - timedelta(seconds=90)]
