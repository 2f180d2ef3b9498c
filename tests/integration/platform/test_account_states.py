"""What runtimes say of accounts is written down, and said on as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from services.api.store import account_runtimes, account_states
from shared.bus import topology
from shared.contracts.accounts import AccountDesired
from shared.contracts.accounts_commands import DesireAccounts
from tests.integration.api.client import BASE
from tests.integration.platform.floor import Platform, eventually
from tests.integration.platform.scripted_runtime import ScriptedRuntime, scripted_runtime
from tests.integration.platform.test_accounts_api import ACCOUNTS, create
from tests.support.unread import unread


async def account(platform: Platform, account_id: str = "a1") -> dict[str, Any]:
    """Read an account."""
    found: dict[str, Any] = (await platform.http.get(f"{ACCOUNTS}/{account_id}")).json()
    return found


async def events(platform: Platform) -> list[Any]:
    rows = await platform.pool.fetch(
        "SELECT payload FROM api.outbox WHERE subject = $1 ORDER BY id",
        topology.event_said("automation", "account.state_changed"),
    )
    return [json.loads(row["payload"]) for row in rows]


async def all_heard(platform: Platform) -> None:
    """Wait until the platform has handled what runtimes said."""

    async def is_handled() -> bool:
        return not await unread(platform.bus.jetstream(), topology.API_ACCOUNT_STATES)

    await eventually(is_handled, "it is heard")


def wanted(created: dict[str, Any], generation: int = 1) -> AccountDesired:
    return AccountDesired(
        id=created["id"],
        account_id=created["account_id"],
        server_id=created["server_id"],
        generation=generation,
        desired="running",
        at=datetime.now(UTC),
    )


async def test_the_last_word_counts_and_a_change_is_an_event(platform: Platform) -> None:
    of = wanted(await create(platform))
    runtime = ScriptedRuntime(platform.bus)

    for state, more in (
        ("starting", {"seq": 5}),
        ("working", {"seq": 6, "healthy": True, "restarts": 1, "detail": "up"}),
        ("working", {"seq": 7, "healthy": False, "detail": "slow"}),
        ("failed", {"seq": 3}),  # old news
        ("failed", {"seq": 7}),  # it came before
    ):
        await runtime.say(of, state, **more)  # type: ignore[arg-type]  # states

        await all_heard(platform)

    read = await account(platform)
    assert (read["state"], read["healthy"], read["detail"]) == ("working", False, "slow")
    assert (read["pid"], read["restarts"]) == (4711, 0)
    said = await events(platform)
    assert [(each["data"]["from"], each["data"]["to"]) for each in said] == [
        (None, "starting"),
        ("starting", "working"),
    ]
    assert said[1]["data"]["account_id"] == "a1"
    assert said[1]["data"]["cause"] is None, "a person wants it so"
    assert "automationcauses" not in said[1]


async def test_an_event_names_the_run_and_the_tasks_that_led_to_it(platform: Platform) -> None:
    of = wanted(await create(platform), generation=2)
    context = await platform.context(scheduled_for=datetime.now(UTC))
    before = uuid4()
    await platform.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled, origin)"
        " VALUES ($1, $2, 'event', now(), 'm', now(), 'fired', 1, 'default', 3, false, $3)",
        context.run_id,
        context.task_id,
        json.dumps({"causes": [str(before)]}),
    )
    async with scripted_runtime(platform.bus) as runtime:

        async def is_live() -> bool:
            return bool((await account(platform))["runtime_live"])

        await eventually(is_live, "it was heard")
        desire = DesireAccounts(ids=(of.id,), wanted="running", scheduled_for=context.scheduled_for)
        [told] = (await context.ask(desire)).accounts
        assert (told.did, told.generation) == ("desired", 2)
        assert (await context.ask(desire)).accounts[0].generation == 2, "asked again"

        async def is_working() -> bool:
            return bool((await account(platform))["state"] == "working")

        await eventually(is_working, "it works")
        await runtime.say(of, "failed", detail="exit 1")

        async def has_failed() -> bool:
            return bool((await account(platform))["state"] == "failed")

        await eventually(has_failed, "it failed")
    *_, up, down = await events(platform)
    assert up["data"]["cause"] == str(context.run_id)
    assert up["automationcauses"] == f"{before},{context.task_id}"
    assert (down["data"]["from"], down["data"]["to"]) == ("working", "failed")
    assert "automationcauses" not in down, (
        "it came by itself: whoever started it may start it again"
    )


async def test_an_account_that_is_not_there_troubles_nobody(platform: Platform) -> None:
    of = wanted(await create(platform))
    runtime = ScriptedRuntime(platform.bus)
    await platform.http.delete(f"{ACCOUNTS}/a1")
    stranger = of.model_copy(update={"id": uuid4(), "account_id": "x"})

    await runtime.say(stranger, "working")
    await runtime.say(of, "stopped")  # it does not know of the deletion yet
    await all_heard(platform)
    assert await platform.pool.fetchval("SELECT count(*) FROM api.accounts_gone") == 1
    await runtime.say(of.model_copy(update={"generation": 2}), "stopped")

    async def is_forgotten() -> bool:
        left: int = await platform.pool.fetchval("SELECT count(*) FROM api.accounts_gone")
        return left == 0

    await eventually(is_forgotten, "its runtime has stopped it, so it is forgotten")
    dead = await platform.bus.jetstream().stream_info("DEAD")
    assert dead.state.messages == 0


async def test_a_runtime_is_live_while_it_is_heard(platform: Platform) -> None:
    await create(platform)
    async with scripted_runtime(platform.bus) as runtime:

        async def is_live() -> bool:
            return bool((await account(platform))["runtime_live"])

        await eventually(is_live, "it was heard")
        shown = (await platform.http.get(f"{BASE}/account-runtimes")).json()["items"]
        assert [(each["runtime_id"], each["live"]) for each in shown] == [
            (str(runtime.runtime_id), True)
        ]
        await runtime.present(stopping=True)

        async def is_leaving() -> bool:
            return bool(await platform.pool.fetchval("SELECT stopping FROM api.account_runtimes"))

        await eventually(is_leaving, "it says that it leaves")
        assert not await is_live(), "it takes nothing new"
    await platform.pool.execute(
        "UPDATE api.account_runtimes SET stopping = false, seen_at = now() - interval '11 s'"
    )
    assert not await is_live(), "it was not heard for too long"


async def test_what_is_not_heard_of_for_a_week_is_forgotten(platform: Platform) -> None:
    for name in ("a1", "a2"):
        await create(platform, name)
        await platform.http.delete(f"{ACCOUNTS}/{name}")
    await ScriptedRuntime(platform.bus).present()

    async def is_noted() -> bool:
        return bool(await platform.pool.fetchval("SELECT count(*) FROM api.account_runtimes"))

    await eventually(is_noted, "it was heard")
    old = datetime.now(UTC) - timedelta(days=8)
    await platform.pool.execute(
        "UPDATE api.accounts_gone SET gone_at = $1 WHERE account_id = 'a1'", old
    )
    await platform.pool.execute("UPDATE api.account_runtimes SET seen_at = $1", old)

    async with platform.pool.acquire() as connection:
        assert await account_states.forget(connection, 10) == 1
        assert await account_runtimes.forget(connection, 10) == 1
        assert await account_states.forget(connection, 10) == 0
