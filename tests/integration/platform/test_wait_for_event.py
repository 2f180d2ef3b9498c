"""Waiting for an event: it is found whenever it came, and no slot is held meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.nats import Nats
from services.api.events import finding
from services.executor.actions.wait_for_event import WaitForEvent, WaitForEventParams
from shared.contracts.action import ActionFailed, Outcome, Snooze
from shared.contracts.event_commands import FindEvent
from tests.integration.platform.floor import Platform, running_platform
from tests.support import servers
from tests.support.context import RecordingContext


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def platform(module_database: str, nats_server: Nats) -> AsyncIterator[Platform]:
    """One platform for all of these: each test has subjects of its own."""
    async with (
        servers.fresh_bus(nats_server.url) as bus,
        running_platform(module_database, bus, nats_server.url) as platform,
    ):
        yield platform


async def say(platform: Platform, context: RecordingContext, data: object) -> int:
    """Say that an order of this run was paid; return the place in the stream."""
    stored = await platform.bus.jetstream().publish(paid(context), json.dumps(data).encode())
    return stored.seq


def paid(context: RecordingContext) -> str:
    return f"event.orders.paid.{context.run_id}"


async def wait(
    context: RecordingContext, action: WaitForEvent | None = None, **more: object
) -> Outcome:
    params = WaitForEventParams.model_validate({"subject": paid(context), **more})
    return await (action or WaitForEvent()).run(params, context)


async def claimed_before(platform: Platform, context: RecordingContext, seconds: float) -> None:
    """Let a run have begun so long ago."""
    await platform.pool.execute(
        "UPDATE executor.leases SET claimed_at = claimed_at - $2::interval WHERE run_id = $1",
        context.run_id,
        timedelta(seconds=seconds),
    )


async def test_an_event_that_came_between_two_looks_is_found(platform: Platform) -> None:
    context = await platform.context()
    with pytest.raises(Snooze) as snoozed:
        await wait(context)
    await say(platform, context, {"n": 1})

    # A new action: what looked before may have been restarted.
    outcome = await wait(context, capture={"n": "$.data.n"})

    assert snoozed.value.seconds == 1
    assert outcome.data["captured"] == {"n": 1}
    assert outcome.summary == f"paid.{context.run_id} from orders"


async def test_the_first_event_that_fits_is_the_one_in_every_attempt(platform: Platform) -> None:
    context = await platform.context()
    for number in range(1, 6):
        await say(platform, context, {"n": number})
    fits: dict[str, Any] = {"condition": "n > 2", "capture": {"n": "$.data.n"}}
    fits["subject"] = f"event.*.paid.{context.run_id}"

    first = await wait(context, **fits)
    after_a_crash = await wait(await platform.next_attempt(context), **fits)

    assert first.data["captured"] == after_a_crash.data["captured"] == {"n": 3}


async def test_what_came_before_the_run_counts_only_if_that_is_wished(platform: Platform) -> None:
    context = RecordingContext()
    await say(platform, context, {"n": 0})
    context = await platform.context(run_id=context.run_id)

    with pytest.raises(Snooze):
        await wait(context)
    outcome = await wait(context, look_back_seconds=60)

    assert outcome.data["event"]["data"] == {"n": 0}


async def test_a_look_goes_on_where_the_last_one_ended(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if there is more than fits into one; and what is no event is passed over."""
    monkeypatch.setattr(finding, "MOST", 2)
    context, action = await platform.context(), WaitForEvent()
    await platform.bus.jetstream().publish(paid(context), b"{no json")
    last = max([await say(platform, context, {"n": number}) for number in range(4)])
    with pytest.raises(Snooze):
        await wait(context, action, condition="n == 7")
    seen = await context.ask(FindEvent(subject=paid(context), condition="n == 7", after=last))
    await say(platform, context, {"n": 7})

    outcome = await wait(context, action, condition="n == 7")

    assert (seen.after, seen.is_all) == (last, True)
    assert outcome.data["event"]["data"] == {"n": 7}


async def test_nothing_is_missed_while_an_executor_was_dead(platform: Platform) -> None:
    """A run counts from when it came into the ledger, whoever claimed it when."""
    context = await platform.context()
    await platform.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled)"
        " VALUES ($1, $2, 'manual', now(), 'm', now(), 'fired', 1, 'default', 3, false)",
        context.run_id,
        context.task_id,
    )
    await say(platform, context, {"n": 1})
    next_attempt = await platform.next_attempt(context)
    await platform.pool.execute(
        "UPDATE executor.leases SET claimed_at = clock_timestamp() WHERE run_id = $1",
        context.run_id,
    )

    outcome = await wait(next_attempt)

    assert outcome.data["event"]["data"] == {"n": 1}


async def test_what_does_not_come_in_time_ends_the_run(platform: Platform) -> None:
    context = await platform.context()
    await claimed_before(platform, context, 30)

    with pytest.raises(Snooze) as snoozed:
        await wait(context, within_seconds=31)
    with pytest.raises(ActionFailed, match=r"no event on .* within 29 s") as failed:
        await wait(context, within_seconds=29)
    outcome = await wait(context, within_seconds=29, required=False)

    assert 0 < (snoozed.value.seconds or 0) <= 1
    assert failed.value.permanent
    assert outcome.data["status"] == "noop"


async def test_the_longer_it_waits_the_less_often_it_looks(platform: Platform) -> None:
    context = await platform.context()
    pauses = []
    for _ in range(3):
        await claimed_before(platform, context, 50)
        with pytest.raises(Snooze) as snoozed:
            await wait(context, look_every_seconds=12)
        pauses.append(snoozed.value.seconds or 0)

    assert pauses == [pytest.approx(5, abs=0.5), pytest.approx(10, abs=0.5), 12]


async def test_an_attempt_that_was_replaced_finds_nothing(platform: Platform) -> None:
    context = await platform.context()
    await say(platform, context, {})
    await platform.next_attempt(context)

    with pytest.raises(ActionFailed, match="was replaced"):
        await wait(context)
