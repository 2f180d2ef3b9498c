"""`account_start` and `account_stop` against the platform, with a runtime that a test scripts."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.executor.actions.accounts import judging
from services.executor.actions.accounts.start import AccountStart
from services.executor.actions.accounts.stop import AccountStop
from shared.contracts.accounts_commands import (
    DesireAccounts,
    Pair,
    SelectAccounts,
    WithdrawAccounts,
)
from shared.contracts.action import ActionFailed, NeedsOperator, Outcome
from tests.integration.platform.floor import Platform, eventually
from tests.integration.platform.scripted_runtime import ScriptedRuntime, Step, scripted_runtime
from tests.integration.platform.test_account_states import account
from tests.integration.platform.test_accounts_api import ACCOUNTS, audit, create
from tests.support.context import RecordingContext

AT_ONCE = {"ready": {"timeout_seconds": 5.0, "stable_for_seconds": 0.0}}
DOWN: Step = ("failed", {"detail": "exit 1"})


async def start(context: RecordingContext, **params: Any) -> Outcome:  # noqa: ANN401 - JSON
    action = AccountStart()
    return await action.run(action.params.model_validate({**AT_ONCE, **params}), context)


async def stop(context: RecordingContext, **params: Any) -> Outcome:  # noqa: ANN401 - JSON
    action = AccountStop()
    return await action.run(action.params.model_validate(params), context)


async def a_run(platform: Platform, *, later: float = 0.0) -> RecordingContext:
    """Return the context of a run that is due now, or *later*."""
    return await platform.context(scheduled_for=datetime.now(UTC) + timedelta(seconds=later))


async def create_many(platform: Platform, *names: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
    for name in names:
        await create(platform, name, **fields)


async def live(platform: Platform) -> None:
    """Wait until the platform knows of a runtime."""

    async def is_live() -> bool:
        count = await platform.pool.fetchval("SELECT count(*) FROM api.account_runtimes")
        return bool(count)

    await eventually(is_live, "a runtime was heard")


def fates(data: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {each["id"]: each["outcome"] for each in data["targets"]}


def errors(data: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {each["id"]: each["error"] or "" for each in data["targets"]}


async def test_all_that_are_stopped_start_and_all_that_run_stop(platform: Platform) -> None:
    await create_many(platform, "a1", "a2")
    await create(platform, "off", active=False)
    async with scripted_runtime(platform.bus):
        await live(platform)
        run = await a_run(platform)
        planned = await start(run, dry_run=True)
        assert planned.summary == "would start 2 of 2 accounts"
        assert [(each["id"], each["would"]) for each in planned.data["plan"]] == [
            ("a1", "start"),
            ("a2", "start"),
        ]
        assert (await account(platform))["desired"] == "stopped", "a plan does nothing"
        started = await start(run)

        assert started.summary == "2 of 2 accounts started"
        assert started.data["status"] == "succeeded"
        assert (started.data["accounts_started"], started.data["total_accounts"]) == (2, 2)
        assert started.data["message"] == started.summary
        first = started.data["targets"][0]
        assert first["before"]["desired"] == "stopped"
        assert first["after"] == {
            "desired": "running",
            "state": "working",
            "generation": 2,
            "pid": 4711,
        }
        assert run.steps[-1] == (100.0, "2 of 2 accounts")
        assert "a1: done" in run.text
        shown = await account(platform)
        assert (shown["desired_run_id"], shown["desired_by"]) == (str(run.run_id), "a task")

        again = await start(await a_run(platform))
        assert again.data["status"] == "noop"
        named = await start(await a_run(platform), account_ids=["a1", "off"])
        assert fates(named.data) == {"a1": "noop", "off": "skipped"}

        stopped = await stop(await a_run(platform), drain={"mode": "graceful", "wait_seconds": 7.0})
        assert (stopped.data["accounts_stopped"], stopped.data["total_accounts"]) == (2, 2)
        assert (await account(platform))["state"] == "stopped"
    assert [each[0] for each in await audit(platform)].count("account.desired") == 4


async def test_every_account_tells_what_became_of_it_and_a_retry_does_the_rest(
    platform: Platform,
) -> None:
    await create_many(platform, "bad", "good", "held", "login", "spoilt")
    await create(platform, "lone", server_id="elsewhere")
    await platform.http.put(f"{ACCOUNTS}/held/hold", json={"state": "stopped"})
    names = ["bad", "good", "held", "login", "lone", "spoilt", "nobody"]
    how = {"stop_at_percent": 100, "wave": {"size": 10, "max_parallel": 10}}
    scripts: dict[str, list[Step]] = {
        "bad": ["starting", DOWN],
        "login": [("needs_login", {"detail": "scan the code"})],
        "spoilt": [("quarantined", {"detail": "5 restarts"})],
    }
    async with scripted_runtime(platform.bus, **scripts) as runtime:
        await live(platform)
        run = await a_run(platform, later=5)
        with pytest.raises(ActionFailed) as failed:
            await start(run, account_ids=names, **how)

        assert not failed.value.permanent
        assert failed.value.data["status"] == "partial"
        assert fates(failed.value.data) == {
            "bad": "failed",
            "good": "done",
            "held": "held",
            "login": "needs_operator",
            "lone": "failed",
            "spoilt": "failed",
            "nobody": "failed",
        }
        told = errors(failed.value.data)
        assert told["bad"] == "failed: exit 1"
        assert told["login"] == "a person must log in: scan the code"
        assert told["lone"] == "no runtime of server elsewhere is live"
        assert told["spoilt"] == "quarantined: 5 restarts"
        assert told["nobody"] == "there is no such account"
        assert "held stopped for good by" in told["held"]
        assert (await account(platform, "lone"))["desired"] == "stopped", "no surprise later"

        runtime.scripts.clear()
        before = (await account(platform, "good"))["generation"]
        names = ["bad", "good", "held", "spoilt"]
        second = await start(await platform.next_attempt(run), account_ids=names, **how)
        assert fates(second.data) == dict.fromkeys(names, "done") | {"held": "held"}
        assert (await account(platform, "good"))["generation"] == before, "it is up"


async def test_an_account_that_does_not_get_ready_fails_in_time(platform: Platform) -> None:
    await create(platform)
    ill: Step = ("working", {"healthy": False, "detail": "no answer"})
    async with scripted_runtime(platform.bus, a1=[ill]):
        await live(platform)
        await platform.http.post(f"{ACCOUNTS}/a1/start")

        async def is_ill() -> bool:
            return bool((await account(platform))["healthy"] is False)

        await eventually(is_ill, "it is not healthy")
        ready = {"timeout_seconds": 0.3, "stable_for_seconds": 0.0}
        with pytest.raises(ActionFailed) as failed:
            await start(await a_run(platform, later=5), account_ids=["a1"], ready=ready)

    late = "not ready within 0.3 s: working, not healthy: no answer"
    assert errors(failed.value.data) == {"a1": late}
    assert (await account(platform))["desired"] == "running", "its runtime is at it"


async def test_the_choice_narrows_and_comes_in_pages(platform: Platform) -> None:
    for number in range(1, 6):
        await create(
            platform,
            f"a{number}",
            tags=["odd"] if number % 2 else ["even"],
            group_ids=["g"] if number > 2 else [],
            active=number != 4,
        )
    run = await a_run(platform)

    async def chosen(**choice: Any) -> list[str]:  # noqa: ANN401 - JSON
        found: list[str] = []
        after: str | None = None
        while True:
            question = SelectAccounts(wanted="running", limit=2, after=after, **choice)
            page = await run.ask(question)
            assert len(page.accounts) <= 2
            found += [each.account_id for each in page.accounts]
            after = page.next
            if after is None:
                return found

    assert await chosen() == ["a1", "a2", "a3", "a4", "a5"]
    assert await chosen(active_only=True, exclude=("a1",)) == ["a2", "a3", "a5"]
    assert await chosen(tags=("odd",), group_ids=("g", "h")) == ["a3", "a5"]
    assert await chosen(account_ids=("a1", "a3"), group_ids=("g",)) == ["a3"]
    stopping = SelectAccounts(wanted="stopped")
    assert (await run.ask(stopping)).accounts == (), "none of them runs"
    await platform.http.post(f"{ACCOUNTS}/a1/start")
    assert [each.account_id for each in (await run.ask(stopping)).accounts] == ["a1"]


async def test_once_too_much_has_failed_the_rest_is_not_tried(platform: Platform) -> None:
    names = ["a1", "a2", "a3", "a4", "a5"]
    await create_many(platform, *names)
    async with scripted_runtime(platform.bus, a1=[DOWN], a2=[DOWN]) as runtime:
        await live(platform)
        with pytest.raises(ActionFailed) as failed:
            await start(await a_run(platform), wave={"size": 1, "max_parallel": 1})
        assert list(fates(failed.value.data).values()) == ["failed", *["not_tried"] * 4]
        assert (await account(platform, "a2"))["desired"] == "stopped"

        with pytest.raises(ActionFailed) as failed:
            await start(
                await a_run(platform, later=1),
                wave={"size": 1, "max_parallel": 1},
                max_failures=1,
                stop_at_percent=90,
            )
        assert list(fates(failed.value.data).values()) == ["failed"] * 2 + ["not_tried"] * 3

        runtime.scripts["a1"] = ["working"]
        accepted = await start(
            await a_run(platform, later=2), accept_partial=True, stop_at_percent=100
        )
        assert (accepted.data["status"], accepted.data["accounts_started"]) == ("partial", 4)


async def test_a_person_is_called_only_if_nothing_else_failed(platform: Platform) -> None:
    await create_many(platform, "a1", "a2")
    async with scripted_runtime(platform.bus, a2=["needs_login"]):
        await live(platform)
        with pytest.raises(NeedsOperator, match="a2: a person must log in") as called:
            await start(await a_run(platform), stop_at_percent=100)
    assert fates(called.value.data) == {"a1": "done", "a2": "needs_operator"}


async def test_an_attempt_after_a_crash_goes_on_where_the_first_one_was(
    platform: Platform,
) -> None:
    await create_many(platform, "a1", "a2", "a3")
    wave = {"size": 1, "max_parallel": 1, "order": "random"}
    async with scripted_runtime(platform.bus) as runtime:
        await live(platform)
        run = await a_run(platform)
        order = judging.in_order(["a1", "a2", "a3"], "random", run.run_id)
        runtime.scripts[order[1]] = ["starting"]
        first = asyncio.create_task(start(run, wave=wave))

        async def is_second_on_its_way() -> bool:
            return bool((await account(platform, order[1]))["state"] == "starting")

        await eventually(is_second_on_its_way, "the second one starts")
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        assert (await account(platform, order[2]))["generation"] == 1, "its turn had not come"

        [slow] = [
            each for each in runtime.heard if each.account_id == order[1] and each.generation == 2
        ]
        await runtime.say(slow, "working")
        done = await start(await platform.next_attempt(run), wave=wave)

    assert [each["id"] for each in done.data["targets"]] == order
    assert (done.data["status"], done.data["accounts_started"]) == ("succeeded", 3)
    for name in order:
        assert (await account(platform, name))["generation"] == 2, "none was asked for twice"


async def test_the_later_wish_wins_and_at_the_same_instant_the_stop(platform: Platform) -> None:
    await create(platform)
    async with scripted_runtime(platform.bus, a1=["starting"]) as runtime:
        await live(platform)
        early, late = await a_run(platform), await a_run(platform, later=60)
        starting = asyncio.create_task(start(early))

        async def is_on_its_way() -> bool:
            return bool((await account(platform))["state"] == "starting")

        await eventually(is_on_its_way, "it starts")
        stopped = await stop(late)
        assert fates(stopped.data) == {"a1": "done"}
        overtaken = await starting
        assert fates(overtaken.data) == {"a1": "superseded"}
        assert overtaken.data["status"] == "noop"

        runtime.scripts.clear()
        same = await platform.context(scheduled_for=late.scheduled_for)
        for loser in (await a_run(platform), same):
            told = await start(loser, account_ids=["a1"])
            assert fates(told.data) == {"a1": "superseded"}
            assert errors(told.data)["a1"] == "a task wants it stopped, and has the later word"
        assert fates((await start(await a_run(platform, later=61))).data) == {"a1": "done"}
        at_once = await platform.context(scheduled_for=late.scheduled_for + timedelta(seconds=1))
        assert fates((await stop(at_once)).data) == {"a1": "superseded"}


async def test_wishes_that_cross_each_other_are_all_answered(platform: Platform) -> None:
    names = ["a1", "a2", "a3", "a4", "a5", "a6"]
    ids = [UUID((await create(platform, name))["id"]) for name in names]
    await ScriptedRuntime(platform.bus).present()
    await live(platform)
    runs = [await a_run(platform, later=float(number)) for number in range(8)]

    async def wish(number: int) -> None:
        order = random.Random(number).sample(ids, len(ids))  # noqa: S311 - an order
        await runs[number].ask(
            DesireAccounts(
                ids=tuple(order),
                wanted="stopped" if number % 2 else "running",
                scheduled_for=runs[number].scheduled_for,
            )
        )

    await asyncio.gather(*(wish(number) for number in reversed(range(8))))

    listed = (await platform.http.get(ACCOUNTS)).json()["items"]
    assert {each["desired"] for each in listed} == {"stopped"}, "the latest one wants it so"


async def test_a_hold_counts_unless_it_is_overruled_and_who_is_young_may_stay(
    platform: Platform,
) -> None:
    await create(platform)
    async with scripted_runtime(platform.bus):
        await live(platform)
        assert fates((await start(await a_run(platform))).data) == {"a1": "done"}
        young = await stop(await a_run(platform), min_uptime_seconds=3600.0)
        assert fates(young.data) == {"a1": "skipped"}
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        hold = {"state": "running", "until": until}
        await platform.http.put(f"{ACCOUNTS}/a1/hold", json=hold)

        held = await stop(await a_run(platform, later=1))
        assert fates(held.data) == {"a1": "held"}
        plan = await stop(await a_run(platform, later=1), enforce=True, dry_run=True)
        assert [each["would"] for each in plan.data["plan"]] == ["stop"]
        forced = await stop(await a_run(platform, later=1), enforce=True)
        assert fates(forced.data) == {"a1": "done"}
        assert (await audit(platform))[-1][3] == {"desired": "stopped", "hold_overridden": True}
        await platform.pool.execute("UPDATE api.accounts SET hold_until = now()")
        assert fates((await start(await a_run(platform, later=2))).data) == {"a1": "done"}


async def test_what_nobody_has_acted_upon_is_not_wanted_any_more(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "SILENCE_SECONDS", 0.1)
    await create_many(platform, "a1")
    runtime = ScriptedRuntime(platform.bus)  # it lives, and hears nothing
    await runtime.present()
    await live(platform)
    run = await a_run(platform)
    starting = asyncio.create_task(start(run, stop_at_percent=100))

    async def is_wanted() -> bool:
        return bool((await account(platform))["desired"] == "running")

    await eventually(is_wanted, "it is wanted running")
    await platform.pool.execute(
        "UPDATE api.account_runtimes SET seen_at = now() - interval '1 minute'"
    )
    with pytest.raises(ActionFailed) as failed:
        await starting

    lost = "no runtime of server default is heard any more; it is not wanted running any more"
    assert errors(failed.value.data) == {"a1": lost}
    shown = await account(platform)
    assert (shown["desired"], shown["generation"]) == ("stopped", 3)
    assert (await audit(platform))[-1][0] == "account.desire_withdrawn"
    pair = Pair(id=UUID(shown["id"]), generation=2)
    again = await run.ask(WithdrawAccounts(accounts=(pair,)))
    assert again.ids == (pair.id,), "the answer may have got lost"
    assert (await account(platform))["generation"] == 3

    # A person wants it stopped since then, as it is already.
    await platform.http.post(f"{ACCOUNTS}/a1/stop")
    late = await start(await platform.next_attempt(run))
    assert fates(late.data) == {"a1": "superseded"}
