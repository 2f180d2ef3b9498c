"""Events become rows of the ledger: once each, in the fixed order of the flow, or with a reason."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from uuid import uuid4

import pytest

from services.scheduler.triggers.engine import Edited, Received
from shared.contracts.tasks import TaskType
from shared.runtime.clock import utc_now
from shared.runtime.conditions import Answer, Asked
from tests.integration.scheduler.desk import HOUR, MINUTE, SECOND, deleted
from tests.integration.scheduler.trigger_parts import (
    SUBJECT,
    Parts,
    make_engine,
    received,
)

HANGS = "[s]" + ".map(a,a+a+a+a+a+a+a+a+a+a)" * 10 + ".size() > 0"


async def test_an_event_fires_the_tasks_that_listen_and_orders_their_runs(parts: Parts) -> None:
    task_id = await parts.task()
    stranger = await parts.task({"subject": "event.shop.order.deleted"})
    assert await parts.engine.handle([received()]) == 1
    (row,) = await parts.rows(task_id)
    assert (row["trigger"], row["outcome"], row["held"], row["params"]) == (
        "event",
        "fired",
        False,
        None,
    )
    assert json.loads(row["origin"])["event"]["source"] == "shop"
    assert await parts.rows(stranger) == []
    assert await parts.desk.orders() == {row["run_id"]: 1}


async def test_only_events_of_its_type_fire_a_task(parts: Parts) -> None:
    exact = await parts.task({"subject": SUBJECT, "type": "order.created"})
    alike = await parts.task({"subject": SUBJECT, "type": "order.*"})
    other = await parts.task({"subject": SUBJECT, "type": "order.deleted"})
    await parts.engine.handle([received()])
    counts = [len(await parts.rows(each)) for each in (exact, alike, other)]
    assert counts == [1, 1, 0]


async def test_an_event_seen_twice_fires_once(parts: Parts) -> None:
    task_id = await parts.task()
    twice = received("same")
    await parts.engine.handle([twice, twice])
    await parts.engine.handle([received("same", at=utc_now())])
    await parts.other_engine().handle([twice])
    assert await parts.outcomes(task_id) == [("same", "fired")]


async def test_after_a_day_the_same_event_is_new_but_an_old_one_that_comes_again_is_not(
    parts: Parts,
) -> None:
    task_id = await parts.task({"subject": SUBJECT, "threshold": 1, "within_seconds": 60})
    old = received("same", at=utc_now() - 50 * HOUR)
    await parts.engine.handle([old])
    await parts.desk.pool.execute(
        "UPDATE scheduler.events_seen SET seen_at = now() - interval '49 hours'"
    )
    await parts.engine.handle([old])
    assert len(await parts.rows(task_id)) == 1
    seen = await parts.desk.pool.fetchval("SELECT max(seen_at) FROM scheduler.events_seen")
    assert seen < utc_now() - 48 * HOUR
    await parts.engine.handle([received("same", at=utc_now())])
    seen = await parts.desk.pool.fetchval("SELECT max(seen_at) FROM scheduler.events_seen")
    assert seen > utc_now() - HOUR


async def test_two_schedulers_with_the_same_events_fire_each_once(parts: Parts) -> None:
    task_id = await parts.task({"subject": SUBJECT, "threshold": 2, "within_seconds": 60})
    at = utc_now() - MINUTE
    batch = [received(f"e{n}", at=at) for n in range(20)]
    other = parts.other_engine()
    await asyncio.gather(parts.engine.handle(batch), other.handle(batch), other.handle(batch[::-1]))
    assert len(await parts.rows(task_id)) == 10


async def test_the_same_id_of_another_source_is_another_event(parts: Parts) -> None:
    task_id = await parts.task({"subject": "event.>", "type": "order.*"})
    one = received("1")
    other = one.event.__class__(
        id="1", source="till", type="order.created", time=one.at, subject=SUBJECT
    )
    await parts.engine.handle([one, Received(other, one.at)])
    assert len(await parts.rows(task_id)) == 2


async def test_a_condition_that_clients_have_always_sent_works(parts: Parts) -> None:
    task_id = await parts.task({"condition": "error_rate > 10"})
    await parts.engine.handle(
        [
            received("less", {"error_rate": 9.5}),
            received("more", {"error_rate": 11}),
            received("fraction", {"error_rate": 10.5}),
            received("absent", {}),
            received("text", {"error_rate": "many"}),
        ]
    )
    assert sorted(await parts.outcomes(task_id)) == [("fraction", "fired"), ("more", "fired")]


async def test_a_condition_that_hangs_blocks_nobody(parts: Parts) -> None:
    poison = await parts.task({"condition": HANGS})
    healthy = await parts.task({"condition": "s == 'x'"})
    killed = parts.conditions.killed
    await parts.engine.handle([received("e1", {"s": "x"}), received("e2", {"s": "x"})])
    assert parts.conditions.killed > killed
    assert await parts.rows(poison) == []
    assert len(await parts.rows(healthy)) == 2


async def test_a_task_that_is_off_or_gone_does_not_fire(parts: Parts) -> None:
    off, gone, manual = [await parts.task() for _ in range(3)]
    await parts.engine.handle([received("before")])
    await parts.edit(off, 2, enabled=False)
    await parts.desk.applier.tasks_changed([deleted(gone, 2, utc_now())])
    await parts.edit(manual, 2, task_type=TaskType.MANUAL)
    await parts.engine.handle([received("after")])
    for task_id in (off, gone, manual):
        assert [event for event, _ in await parts.outcomes(task_id)] == ["before"]
    await parts.edit(off, 3)
    await parts.engine.handle([received("again")])
    assert (await parts.outcomes(off))[-1] == ("again", "fired")


async def test_a_task_that_another_scheduler_has_entered_is_known_at_once(parts: Parts) -> None:
    await parts.engine.handle([received("first")])
    task_id = await parts.task()  # entered by the applier, which is not this engine's
    await parts.engine.handle([received("second")])
    assert await parts.outcomes(task_id) == [("second", "fired")]


async def test_a_trigger_that_cannot_be_read_starts_nothing_and_blocks_nobody(
    parts: Parts,
) -> None:
    broken = await parts.task({"subject": SUBJECT, "threshold": "many"})
    fine = await parts.task()
    await parts.engine.handle([received()])
    assert await parts.rows(broken) == []
    assert len(await parts.rows(fine)) == 1


class Editing:
    """Conditions that take so long that tasks are edited meanwhile."""

    def __init__(self, parts: Parts, *, edits: int) -> None:
        self.parts = parts
        self.edits = edits
        self.version = 1
        self.task_id = uuid4()

    async def evaluate(self, asked: Sequence[Asked]) -> list[Answer]:
        if self.edits:
            self.edits -= 1
            self.version += 1
            await self.parts.edit(self.task_id, self.version, {"condition": f"x > {self.version}"})
        return [Answer(True) for _ in asked]  # noqa: FBT003 - a field


async def test_an_edit_between_question_and_answer_is_judged_anew(parts: Parts) -> None:
    editing = Editing(parts, edits=2)
    await parts.edit(editing.task_id, 1, {"condition": "x > 1"})
    await make_engine(parts.desk, editing).handle([received()])
    (row,) = await parts.rows(editing.task_id)
    assert row["version"] == 3


async def test_a_task_that_never_stands_still_leaves_the_event_unhandled(parts: Parts) -> None:
    editing = Editing(parts, edits=100)
    await parts.edit(editing.task_id, 1, {"condition": "x > 1"})
    engine = make_engine(parts.desk, editing)
    with pytest.raises(Edited):
        await engine.handle([received()])
    editing.edits = 0
    assert await engine.handle([received()]) == 1


async def test_threshold_counts_within_a_window_and_per_key(parts: Parts) -> None:
    task_id = await parts.task(
        {
            "subject": SUBJECT,
            "threshold": 3,
            "within_seconds": 60,
            "for_each": ["data.account_id"],
        }
    )
    start = utc_now() - HOUR
    await parts.engine.handle(
        [
            received("a1", {"account_id": "a"}, at=start),
            received("a2", {"account_id": "a"}, at=start + 20 * SECOND),
            received("b1", {"account_id": "b"}, at=start + 11 * SECOND),
            received("a3", {"account_id": "a"}, at=start + 70 * SECOND),  # a1 is too old by now
            received("b2", {"account_id": "b"}, at=start + 71 * SECOND),
        ]
    )
    assert await parts.rows(task_id) == []
    await parts.engine.handle([received("a4", {"account_id": "a"}, at=start + 65 * SECOND)])
    await parts.engine.handle([received("a5", {"account_id": "a"}, at=start + 72 * SECOND)])
    assert await parts.outcomes(task_id) == [("a4", "fired")]


async def test_rate_limit_drops_the_excess_with_a_reason(parts: Parts) -> None:
    limit = {"limit": 2, "period_seconds": 60, "key": "data.account_id"}
    task_id = await parts.task({"subject": SUBJECT, "rate_limit": limit})
    start = utc_now() - HOUR
    await parts.engine.handle(
        [received(f"e{n}", {"account_id": 1}, at=start + n * SECOND) for n in range(4)]
        + [received("other", {"account_id": 2}, at=start + 4 * SECOND)]
        + [received("later", {"account_id": 1}, at=start + 61 * SECOND)]
    )
    assert dict(await parts.outcomes(task_id)) == {
        "e0": "fired",
        "e1": "fired",
        "e2": "throttled",
        "e3": "throttled",
        "other": "fired",
        "later": "fired",
    }
    reasons = {row["reason"] for row in await parts.rows(task_id) if row["outcome"] == "throttled"}
    assert reasons == {"trigger.rate_limited"}


async def test_throttle_delays_the_excess_and_drops_nothing(parts: Parts) -> None:
    task_id = await parts.task({"subject": SUBJECT, "throttle": {"limit": 1, "period_seconds": 60}})
    at = utc_now()
    await parts.engine.handle([received(f"e{n}", at=at) for n in range(3)])
    rows = sorted(await parts.rows(task_id), key=lambda row: row["due_at"])
    assert [row["outcome"] for row in rows] == ["fired"] * 3
    assert [(row["held"], row["waits_for"]) for row in rows] == [
        (False, None),
        (True, "throttle"),
        (True, "throttle"),
    ]
    waits = [row["not_before"] - at for row in rows[1:]]
    assert waits == [MINUTE, 2 * MINUTE]
    assert await parts.desk.waiting() == 1
    assert parts.desk.admitter_woken


async def test_a_full_batch_is_one_run_with_all_its_events(parts: Parts) -> None:
    task_id = await parts.task(
        {
            "subject": SUBJECT,
            "batch": {"max_size": 3, "timeout_seconds": 60},
            "map": {"ids": "{{ events }}", "last": "{{ event.data.n }}"},
        },
        action_config={"kept": True, "last": 0},
    )
    at = utc_now() - 10 * SECOND
    await parts.engine.handle([received(f"e{n}", {"n": n}, at=at) for n in range(4)])
    (row,) = await parts.rows(task_id)
    params = json.loads(row["params"])
    assert [each["id"] for each in params["ids"]] == ["e0", "e1", "e2"]
    assert (params["kept"], params["last"]) == (True, 2)
    assert len(json.loads(row["origin"])["event"]["events"]) == 3
    assert await parts.states() == 1  # the fourth waits
    assert parts.woken


async def test_events_with_very_many_listeners_are_handled_in_parts(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scheduler.triggers.engine.MOST_PAIRS", 3)
    monkeypatch.setattr("shared.runtime.conditions.SLICE_QUESTIONS", 2)
    tasks = [
        await parts.task({"subject": SUBJECT, "condition": f"n >= {least}"}) for least in range(4)
    ]
    assert await parts.engine.handle([received(f"e{n}", {"n": n}) for n in range(4)]) == 10
    assert [len(await parts.rows(task_id)) for task_id in tasks] == [4, 3, 2, 1]


async def test_map_fills_the_parameters_of_the_run(parts: Parts) -> None:
    task_id = await parts.task(
        {
            "subject": SUBJECT,
            "map": {
                "account_id": "{{ event.data.account.id }}",
                "title": "order of {{ event.data.account.name }}",
                "region": "{{ event.data.region }}",
            },
        },
        action_config={"region": "tw", "mode": "fast"},
    )
    await parts.engine.handle([received("e1", {"account": {"id": 7, "name": "林"}})])
    (row,) = await parts.rows(task_id)
    assert json.loads(row["params"]) == {
        "account_id": 7,
        "title": "order of 林",
        "region": "tw",
        "mode": "fast",
    }


async def test_events_that_would_start_the_same_run_start_one(parts: Parts) -> None:
    trigger = {"subject": SUBJECT, "map": {"account": "{{ event.data.account }}"}}
    task_id = await parts.task(trigger, policy={"unique": {}})
    for name, account in (("e1", 1), ("e2", 2), ("e3", 1)):
        await parts.engine.handle([received(name, {"account": account})])
    outcomes = dict(await parts.outcomes(task_id))
    assert outcomes == {"e1": "fired", "e2": "fired", "e3": "deduped"}


async def test_an_event_of_a_tasks_own_making_does_not_fire_it(parts: Parts) -> None:
    task_id, other = await parts.task(), await parts.task()
    chain = [uuid4() for _ in range(7)]
    await parts.engine.handle([received("own", causes=[*chain, task_id])])
    (row,) = await parts.rows(task_id)
    assert (row["outcome"], row["reason"]) == ("skipped_condition", "trigger.loop")
    (row,) = await parts.rows(other)
    assert row["outcome"] == "fired"
    assert json.loads(row["origin"])["causes"] == [str(each) for each in [*chain, task_id]]
    await parts.engine.handle([received("long", causes=[uuid4() for _ in range(9)])])
    assert (await parts.outcomes(other))[-1] == ("long", "skipped_condition")


async def test_ten_thousand_strangers_cost_an_event_next_to_nothing(parts: Parts) -> None:
    await parts.desk.pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, changed_at, trigger_config)"
        " SELECT gen_random_uuid(), 1, true, 'n', 'probe', '{}', 60, 'default', 3, now(),"
        " json_build_object('subject', 'event.other.s' || i, 'condition', 'x > 1')::text"
        " FROM generate_series(1, 10000) AS i"
    )
    task_id = await parts.task()
    await parts.engine.handle([received("first")])
    asked: list[Asked] = []

    class Counting:
        async def evaluate(self, questions: Sequence[Asked]) -> list[Answer]:
            asked.extend(questions)
            return [Answer(True) for _ in questions]  # noqa: FBT003 - a field

    engine = make_engine(parts.desk, Counting())
    await engine.handle([received("second")])
    await engine.handle([received("third", subject="event.other.s77")])
    assert len(await parts.rows(task_id)) == 2
    assert len(asked) == 1
