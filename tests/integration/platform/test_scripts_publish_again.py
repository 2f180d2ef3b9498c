"""`script_publish` once more: rollback, later attempts, several publishes, plans."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.executor.actions.script_publish.action import QUEUE_SECONDS
from shared.contracts.action import Snooze
from shared.contracts.scripts_commands import (
    LookAtTargets,
    PrepareScript,
)
from tests.integration.api.client import BASE
from tests.integration.platform.floor import eventually
from tests.integration.platform.script_stage import (
    ACCOUNTS,
    HALF,
    ONE,
    OTHER,
    SCRIPTS,
    TWO,
    Stage,
    accounts,
    failure,
    fates,
    pointer,
    publish,
    ran,
    run_out,
    short,
    standing,
    stands,
    versions,
    write,
)
from tests.integration.platform.scripted_runtime import scripted_runtime


async def test_a_rollback_publishes_what_was_published_before(stage: Stage) -> None:
    await standing(stage)
    async with scripted_runtime(stage.bus):
        await publish(stage, await stage.context())
        outcome = await publish(stage, await stage.context(), rollback=True)

    assert outcome.data["number"] == 1
    assert set((await versions(stage)).values()) == {ONE}
    moved = await pointer(stage)
    assert (moved["version"], moved["previous_version"], moved["revision"]) == (1, 2, 3)
    rows = await stage.pool.fetch(
        "SELECT verb FROM api.audit WHERE subject_kind = 'script' AND subject_id = $1"
        " AND run_id IS NOT NULL ORDER BY id",
        stage.script,
    )
    verbs = [row["verb"] for row in rows]
    assert verbs == ["script.published", "script.published", "script.rolled_back"]


async def test_a_killed_attempt_is_taken_up_where_it_was(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    steps = {"type": "canary", "steps": [{"percent": 50, "hold_seconds": 600}, {"percent": 100}]}
    async with scripted_runtime(stage.bus) as runtime:
        publishing = asyncio.create_task(publish(stage, context, strategy=steps))
        await eventually(lambda: ran(stage, TWO, 2), "the canaries run it")
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        assert (await pointer(stage))["version"] == 1
        await write(stage, "three")  # not what this run is to publish

        steps["steps"] = [{"percent": 50}, {"percent": 100}]
        outcome = await publish(stage, await stage.next_attempt(context), strategy=steps)

    assert outcome.data["number"] == 2
    assert fates(outcome.data) == dict.fromkeys(ACCOUNTS, "done")
    told = sorted(short(each.account_id) for each in stage.heard(runtime))
    assert told == list(ACCOUNTS), "each once"


async def test_a_rollback_that_was_killed_is_taken_up(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent(stage.order[0])):
        await stage.pool.execute(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
            "CREATE TRIGGER no BEFORE UPDATE OF script_version ON api.accounts FOR EACH ROW"
            f" WHEN (NEW.script_version = '{ONE}') EXECUTE FUNCTION no()"
        )
        failing = publish(stage, context, strategy=HALF)
        publishing = asyncio.create_task(run_out(stage, context, failing, seen=1))
        await eventually(lambda: stands(stage, "rolling_back"), "it goes back")
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await stage.pool.execute("DROP TRIGGER no ON api.accounts")

        failed = await failure(stage, await stage.next_attempt(context), strategy=HALF)

    assert "rolled back: 1 accounts do not run the version" in str(failed)
    assert set((await versions(stage)).values()) == {ONE}
    assert await stands(stage, "rolled_back")


async def test_a_rollback_that_was_killed_after_all_was_taken_back_tells_of_it(
    stage: Stage,
) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent(stage.order[0])):
        failing = failure(stage, context, strategy=HALF)
        first = await run_out(stage, context, failing, seen=1)
        # Killed just before the end was written down.
        await stage.pool.execute(
            "UPDATE api.script_publications SET state = 'rolling_back' WHERE run_id = $1",
            context.run_id,
        )
        again = await failure(stage, await stage.next_attempt(context), strategy=HALF)

    assert fates(again.data) == fates(first.data)


async def test_two_publishes_of_one_script_queue(stage: Stage) -> None:
    await standing(stage)
    first, second = await stage.context(), await stage.context()
    await first.ask(PrepareScript(script_id=stage.script, environment="production"))

    with pytest.raises(Snooze, match=f"is publishing {stage.script}") as soon:
        await publish(stage, second, environment="staging")
    assert soon.value.seconds == QUEUE_SECONDS
    await stage.pool.execute(
        "UPDATE executor.leases SET outcome = 'retry' WHERE run_id = $1", first.run_id
    )
    with pytest.raises(Snooze):  # it comes back
        await publish(stage, second, environment="staging")

    await stage.platform.end(first)
    outcome = await publish(stage, second, environment="staging")
    assert outcome.data["status"] == "succeeded"


async def test_a_version_of_somebody_else_is_left_alone(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))
    await stage.pool.execute(
        "UPDATE api.accounts SET script_version = $2 WHERE account_id = $1", stage.name("a1"), OTHER
    )
    await stage.pool.execute("DELETE FROM api.accounts WHERE account_id = $1", stage.name("a2"))

    async with scripted_runtime(stage.bus):
        outcome = await publish(stage, context)

    assert fates(outcome.data) == {
        "a4": "done",
        "a3": "done",
        "a1": "superseded",
        "a2": "skipped",
    }
    assert (await versions(stage))["a1"] == OTHER


async def test_a_plan_changes_nothing(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    before = await stage.pool.fetchval("SELECT count(*) FROM api.audit")

    outcome = await publish(stage, context, strategy=HALF, dry_run=True)

    first, second = outcome.data["plan"]
    assert [short(each["id"]) for each in first["accounts"]] == stage.order[:2]
    third = stage.name(stage.order[2])
    assert second["accounts"][0] == {"id": third, "from": ONE, "to": TWO}
    assert set((await versions(stage)).values()) == {ONE}
    assert await stage.pool.fetchval("SELECT count(*) FROM api.audit") == before
    assert not await stands(stage, "running")


async def test_what_may_not_be_published_is_refused_before_anything_changes(
    stage: Stage,
) -> None:
    await write(stage, "one", approved=False)
    await accounts(stage, "a1", running="0" * 64)

    async def refused(**params: Any) -> str:  # noqa: ANN401 - JSON
        failed = await failure(stage, await stage.context(), **params)
        assert failed.permanent
        return str(failed.data["code"])

    assert await refused() == "script.none_approved"
    assert await refused(version=1) == "script.not_approved"
    assert await refused(version=7) == "script_version.not_found"
    assert await refused(version=TWO) == "script_version.not_found"
    assert await refused(script_id="none") == "script.not_found"
    assert await refused(rollback=True) == "script.no_previous"
    await write(stage, "two")
    assert await refused(account_ids=[stage.name("a1"), "a9"]) == "script.accounts_unknown"
    await stage.http.post(f"{SCRIPTS}/{stage.script}/disable")
    assert await refused() == "script.disabled"
    assert (await versions(stage)) == {"a1": "0" * 64}
    assert not await stands(stage, "running")


async def test_only_those_that_are_named_get_it(stage: Stage) -> None:
    await standing(stage)
    await stage.pool.execute(
        "UPDATE api.accounts SET tags = '{vip}' WHERE account_id = ANY($1::text[])",
        [stage.name("a1"), stage.name("a2")],
    )
    named = [stage.name("a2"), stage.name("a3")]
    async with scripted_runtime(stage.bus):
        outcome = await publish(
            stage, await stage.context(), version=TWO, tags=["vip"], account_ids=named
        )

    assert fates(outcome.data) == {"a2": "done"}
    found = await versions(stage)
    assert {name for name, each in found.items() if each == TWO} == {"a2"}


async def test_pages_hold_every_target(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))
    found: list[str] = []
    after: UUID | None = None
    while True:
        page = await context.ask(LookAtTargets(limit=3, after=after))
        found += [short(each.account_id) for each in page.targets]
        if page.next is None:
            break
        after = page.next

    assert sorted(found) == list(ACCOUNTS)


async def test_accounts_that_come_to_the_script_meanwhile_follow_the_pointer(stage: Stage) -> None:
    await standing(stage)
    other = {"account_id": stage.name("a6"), "display_name": "was there before"}
    assert (await stage.http.post(f"{BASE}/accounts", json=other)).status_code == 201
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))
    await accounts(stage, "a5")
    change = {"script_id": stage.script}
    changed = await stage.http.put(f"{BASE}/accounts/{stage.name('a6')}", json=change)
    assert changed.status_code == 200, changed.text
    found = await versions(stage)
    assert (found["a5"], found["a6"]) == (ONE, ONE)

    async with scripted_runtime(stage.bus):
        await publish(stage, context)

    assert set((await versions(stage)).values()) == {TWO}
