"""`script_publish` against the platform: steps, reports, gate."""

from __future__ import annotations

import asyncio

from shared.bus import topology
from shared.contracts.scripts import ScriptText, ScriptTextRequest
from shared.contracts.scripts_commands import (
    PrepareScript,
)
from shared.domain.script_text import version_of
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
    fire,
    has,
    pointer,
    publish,
    ran,
    rule,
    run_out,
    said,
    short,
    standing,
    text,
    versions,
    write,
)
from tests.integration.platform.scripted_runtime import scripted_runtime


async def test_accounts_that_run_report_it_and_others_get_it_at_their_start(
    stage: Stage,
) -> None:
    await write(stage, "one")
    await accounts(stage, "a1", "a2", running="0" * 64)
    await accounts(stage, "a3")

    async with scripted_runtime(stage.bus) as runtime:
        outcome = await publish(stage, await stage.context())

    assert fates(outcome.data) == {"a1": "done", "a2": "done", "a3": "assigned"}
    assert outcome.data["status"] == "succeeded"
    assert outcome.data["script_published"] is True
    assert outcome.data["script_id"] == stage.script
    assert outcome.data["message"] == outcome.summary
    assert set((await versions(stage)).values()) == {ONE}
    assert {each.script.version for each in stage.heard(runtime) if each.script} == {ONE}
    moved = await pointer(stage)
    assert (moved["version"], moved["sha256"], moved["revision"]) == (1, ONE, 1)
    script = (await stage.http.get(f"{SCRIPTS}/{stage.script}")).json()
    assert (script["status"], script["published_at"]) == ("published", moved["published_at"])


async def test_the_text_lies_in_the_bucket_for_whoever_is_told(stage: Stage) -> None:
    reply = f"from {stage.script}"
    await write(stage, reply)
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))

    bucket = await stage.bus.jetstream().key_value(topology.SCRIPTS_BUCKET)

    version = version_of(text(reply))
    await eventually(lambda: has(bucket, version), "the text was delivered")
    assert (await bucket.get(version)).value == text(reply).encode()


async def test_a_bucket_that_was_lost_is_filled_by_asking(stage: Stage) -> None:
    reply = f"from {stage.script}"
    await write(stage, reply)
    version = version_of(text(reply))
    bucket = await stage.bus.jetstream().key_value(topology.SCRIPTS_BUCKET)
    assert not await has(bucket, version)

    assert await asked_for(stage, version) == text(reply)
    assert await asked_for(stage, OTHER) is None

    await eventually(lambda: has(bucket, version), "the bucket was filled")


async def asked_for(stage: Stage, version: str) -> str | None:
    request = ScriptTextRequest(version=version).encode()
    reply = await stage.bus.request(topology.RPC_SCRIPTS_TEXT, request, timeout=10)
    return ScriptText.decode(reply.data).text


async def test_the_same_version_again_is_a_noop(stage: Stage) -> None:
    await standing(stage)

    again = await publish(stage, await stage.context(), version=1)

    assert again.data["status"] == "noop"
    assert set(fates(again.data).values()) == {"noop"}
    assert (await pointer(stage))["revision"] == 1


async def test_steps_take_the_accounts_in_their_order(stage: Stage) -> None:
    await standing(stage)
    async with scripted_runtime(stage.bus) as runtime:
        outcome = await publish(stage, await stage.context(), strategy=HALF)

    told = [short(each.account_id) for each in stage.heard(runtime)]
    assert (set(told[:2]), set(told[2:])) == (set(stage.order[:2]), set(stage.order[2:]))
    assert list(fates(outcome.data)) == stage.order
    moved = await pointer(stage)
    assert (moved["version"], moved["previous_version"], moved["revision"]) == (2, 1, 2)


async def test_who_does_not_report_makes_it_partial_and_only_they_are_asked_again(
    stage: Stage,
) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent("a1")) as runtime:
        failed = await run_out(stage, context, failure(stage, context), seen=3)

        assert not failed.permanent
        assert failed.data["status"] == "partial"
        assert fates(failed.data) == {"a4": "done", "a3": "done", "a1": "failed", "a2": "done"}
        wanted = next(each for each in stage.heard(runtime) if short(each.account_id) == "a1")
        await runtime.say(wanted, "working")
        heard = len(stage.heard(runtime))
        outcome = await publish(stage, await stage.next_attempt(context))

    assert fates(outcome.data) == dict.fromkeys(ACCOUNTS, "done")
    assert len(stage.heard(runtime)) == heard
    assert (await pointer(stage))["revision"] == 2


async def test_partial_success_can_be_enough(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent("a1")):
        publishing = publish(stage, context, accept_partial=True)
        outcome = await run_out(stage, context, publishing, seen=3)

    assert outcome.data["status"] == "partial"


async def test_canaries_that_do_not_take_it_bring_everything_back(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent(stage.order[0])):
        failing = failure(stage, context, strategy=HALF)
        failed = await run_out(stage, context, failing, seen=1)

    assert failed.permanent
    assert "rolled back" in str(failed)
    assert set((await versions(stage)).values()) == {ONE}
    assert (await pointer(stage))["version"] == 1


async def test_an_alert_that_fires_brings_everything_back(stage: Stage) -> None:
    await standing(stage)
    await rule(stage)
    context = await stage.context()
    steps = {"type": "canary", "steps": [{"percent": 50, "hold_seconds": 30}, {"percent": 100}]}
    async with scripted_runtime(stage.bus) as runtime:
        publishing = asyncio.create_task(
            failure(stage, context, strategy=steps, gate={"alert_rule": stage.rule})
        )
        await eventually(lambda: ran(stage, TWO, 2), "the canaries run it")
        await fire(stage)
        failed = await publishing

    assert failed.permanent
    assert f"the alert {stage.rule} fires" in str(failed)
    assert failed.data["status"] == "failed"
    assert failed.data["rolled_back"] is True
    assert [*fates(failed.data).values()] == ["done", "done", "skipped", "skipped"]
    assert set((await versions(stage)).values()) == {ONE}
    told = [each.script.version for each in stage.heard(runtime) if each.script]
    assert told == [TWO, TWO, ONE, ONE]
    assert (await pointer(stage))["version"] == 1
    await eventually(lambda: said(stage, "script.rolled_back"), "the event was said")
    event = await said(stage, "script.rolled_back") or {}
    assert (event["from"], event["to"], event["environment"]) == (TWO, ONE, "production")
    assert stage.rule in event["reason"]
    again = await failure(stage, await stage.next_attempt(context), strategy=steps)
    assert again.permanent


async def test_a_gate_that_fires_already_changes_nothing(stage: Stage) -> None:
    await standing(stage)
    await rule(stage)
    await fire(stage)

    unknown = await failure(stage, await stage.context(), gate={"alert_rule": "no such rule"})
    failed = await failure(stage, await stage.context(), gate={"alert_rule": stage.rule})

    assert unknown.permanent
    assert "fires (1) already" in str(failed)
    assert set((await versions(stage)).values()) == {ONE}


async def test_a_pause_leaves_everything_where_it_is(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    async with scripted_runtime(stage.bus, **stage.silent(stage.order[0])) as runtime:
        failing = failure(stage, context, strategy=HALF, on_gate_fail="pause")
        failed = await run_out(stage, context, failing, seen=1)
        assert failed.permanent
        assert [*fates(failed.data).values()][2:] == ["not_tried", "not_tried"]
        found = await versions(stage)
        assert {name for name, each in found.items() if each == TWO} == set(stage.order[:2])

        for each in stage.heard(runtime):
            await runtime.say(each, "working")
        outcome = await publish(stage, await stage.context(), strategy=HALF)

    assert set(fates(outcome.data).values()) == {"done", "noop"}
    assert set((await versions(stage)).values()) == {TWO}
