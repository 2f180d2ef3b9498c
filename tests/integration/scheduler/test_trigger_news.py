"""An event may be quicker than the news of its task: it is judged by what the API has committed.

Nobody tells this scheduler anything here. The tasks are in the API's table, as after a 201.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.bus.forget import Forgetter
from services.api.store.database import Database
from shared.contracts.policy import TaskPolicy
from shared.contracts.tasks import TaskChanged, TaskDefinition, TaskType
from shared.db.pool import Connection
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE
from tests.integration.scheduler.trigger_parts import (
    SUBJECT,
    Parts,
    make_engine,
    received,
)


async def created(
    connection: Connection, trigger: dict[str, Any] | None = None, *, task_type: str = "triggered"
) -> UUID:
    """Let the API have a task."""
    task_id: UUID = await connection.fetchval(
        "INSERT INTO api.tasks (id, name, task_type, task_action, trigger_config)"
        " VALUES ($1, 'listens', $2, 'probe', $3) RETURNING id",
        uuid4(),
        task_type,
        json.dumps(trigger or {"subject": SUBJECT}),
    )
    return task_id


async def edited(parts: Parts, task_id: UUID, **fields: Any) -> None:  # noqa: ANN401 - values of columns
    """Let the API have a newer version of a task."""
    changes = ", ".join(f"{name} = ${number}" for number, name in enumerate(fields, 2))
    await parts.desk.pool.execute(
        f"UPDATE api.tasks SET version = version + 1, {changes} WHERE id = $1",  # noqa: S608 - columns that a test names
        task_id,
        *fields.values(),
    )


async def test_an_event_right_after_the_creation_of_its_task_fires_it(parts: Parts) -> None:
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection)
    await parts.engine.handle([received("at once")])
    assert await parts.outcomes(task_id) == [("at once", "fired")]


async def test_two_schedulers_neither_of_which_heard_anything_fire_it_once(parts: Parts) -> None:
    other = parts.other_engine()
    await other.handle([received("before all, too")])
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection)
    await other.handle([received("e1")])
    await parts.engine.handle([received("e1"), received("e2")])
    assert await parts.outcomes(task_id) == [("e1", "fired"), ("e2", "fired")]


async def test_after_an_edit_the_new_condition_rules(parts: Parts) -> None:
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection, {"condition": "n > 10"})
    await parts.engine.handle([received("e1", {"n": 11}), received("e2", {"n": 9})])
    await edited(parts, task_id, trigger_config=json.dumps({"condition": "n < 10"}))
    await parts.engine.handle([received("e3", {"n": 11}), received("e4", {"n": 9})])
    assert await parts.outcomes(task_id) == [("e1", "fired"), ("e4", "fired")]


async def test_after_it_was_switched_off_or_deleted_or_made_another_type_it_does_not_fire(
    parts: Parts,
) -> None:
    async with parts.desk.pool.acquire() as connection:
        off, gone, manual = [await created(connection) for _ in range(3)]
    await parts.engine.handle([received("e1")])
    await edited(parts, off, enabled=False)
    await edited(parts, manual, task_type="manual", trigger_config=None)
    await parts.desk.pool.execute("DELETE FROM api.tasks WHERE id = $1", gone)
    await parts.engine.handle([received("e2")])
    await edited(parts, off, enabled=True)
    await parts.engine.handle([received("e3")])
    assert [event for event, _ in await parts.outcomes(off)] == ["e1", "e3"]
    assert [event for event, _ in await parts.outcomes(gone)] == ["e1"]
    assert [event for event, _ in await parts.outcomes(manual)] == ["e1"]


async def test_a_task_that_begins_to_listen_is_known_at_once(parts: Parts) -> None:
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection, task_type="manual")
    await parts.engine.handle([received("e1")])
    await edited(parts, task_id, task_type="triggered")
    await parts.engine.handle([received("e2")])
    assert await parts.outcomes(task_id) == [("e2", "fired")]


async def test_what_is_committed_after_a_look_that_it_began_before_is_not_missed(
    parts: Parts,
) -> None:
    async with parts.desk.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        task_id = await created(connection)
        async with parts.desk.pool.acquire() as another:
            quicker = await created(another)
        await parts.engine.handle([received("too early")])
        await transaction.commit()
    await parts.engine.handle([received("in time")])
    assert await parts.outcomes(task_id) == [("in time", "fired")]
    assert await parts.outcomes(quicker) == [("too early", "fired"), ("in time", "fired")]


async def test_a_scheduler_that_starts_knows_what_was_changed_while_none_was_up(
    parts: Parts,
) -> None:
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection)
    await make_engine(parts.desk, parts.conditions).handle([received("e1")])
    assert await parts.outcomes(task_id) == [("e1", "fired")]


async def test_a_silence_of_a_task_that_was_just_switched_off_is_nobodys(parts: Parts) -> None:
    silence = {"subject": SUBJECT, "posture": "proactive", "within_seconds": 60}
    async with parts.desk.pool.acquire() as connection:
        task_id = await created(connection, silence)
    await parts.timer.step()
    await edited(parts, task_id, enabled=False)
    await parts.time_passes(2 * MINUTE)
    await parts.timer.step()
    assert await parts.rows(task_id) == []


async def test_the_news_tells_all_that_an_event_about_the_task_would(parts: Parts) -> None:
    heard = TaskChanged(
        change="updated",
        task_id=uuid4(),
        version=7,
        changed_at=utc_now(),
        task=TaskDefinition(
            name="聽",
            task_type=TaskType.TRIGGERED,
            task_action="probe",
            trigger_config={"subject": SUBJECT, "condition": "x > 1e300"},
            action_config={"deep": [1, {"a": None}]},
            enabled=False,
            dependent_tasks=(uuid4(),),
            timeout_seconds=77,
            policy=TaskPolicy(queue="slow", priority=5),
        ),
    )
    said = heard.task
    assert said is not None
    await parts.desk.pool.execute(
        "INSERT INTO api.tasks (id, version, name, task_type, task_action, trigger_config,"
        " action_config, enabled, dependent_tasks, timeout_seconds, policy, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        heard.task_id,
        heard.version,
        said.name,
        said.task_type,
        said.task_action,
        json.dumps(said.trigger_config),
        json.dumps(said.action_config),
        said.enabled,
        said.dependent_tasks,
        said.timeout_seconds,
        said.policy.to_json(),
        heard.changed_at,
    )
    told: list[TaskChanged] = []

    async def note(changes: Any) -> None:  # noqa: ANN401 - a sequence of changes
        told.extend(changes)

    await parts.book_that_applies(note).refresh()

    assert told == [heard]


async def test_a_task_that_cannot_be_read_blocks_nobody(parts: Parts) -> None:
    async with parts.desk.pool.acquire() as connection:
        broken, fine = await created(connection), await created(connection)
    await edited(parts, broken, policy=json.dumps({"priority": "urgent"}))
    await parts.engine.handle([received("e1")])
    assert await parts.rows(broken) == []
    assert await parts.outcomes(fine) == [("e1", "fired")]


async def test_changes_that_no_event_waits_for_are_forgotten(parts: Parts) -> None:
    async with parts.desk.pool.acquire() as connection:
        old, young = await created(connection), await created(connection)
    await parts.desk.pool.execute(
        "UPDATE api.trigger_changes SET changed_at = now() - $2::interval WHERE task_id = $1",
        old,
        timedelta(days=5),
    )
    await Forgetter(Database(parts.desk.pool)).step()
    rows = await parts.desk.pool.fetch("SELECT task_id FROM api.trigger_changes")
    assert [row["task_id"] for row in rows] == [young]
