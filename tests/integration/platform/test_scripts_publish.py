"""`script_publish` against the platform: steps, gate, rollback, and what a later attempt does."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js.errors import NoKeysError
from nats.js.kv import KeyValue

from deploy.local.nats import Nats
from services.executor.actions.script_publish import ScriptPublish
from services.executor.actions.script_publish.action import QUEUE_SECONDS
from services.executor.actions.script_publish.steps import in_order
from shared.bus import topology
from shared.contracts.accounts import AccountDesired
from shared.contracts.action import ActionFailed, Outcome, Snooze
from shared.contracts.scripts import ScriptText, ScriptTextRequest
from shared.contracts.scripts_commands import (
    AssignScript,
    LookAtTargets,
    PointScript,
    PrepareScript,
)
from shared.db.pool import Pool
from shared.domain.script_text import version_of
from tests.integration.api.client import BASE, TASKS, a_task
from tests.integration.platform.floor import Platform, eventually, running_platform
from tests.integration.platform.scripted_runtime import ScriptedRuntime, Step, scripted_runtime
from tests.support import servers
from tests.support.context import RecordingContext

SCRIPTS = f"{BASE}/scripts"
ACCOUNTS = ("a1", "a2", "a3", "a4")
HALF = {"type": "canary", "steps": [{"percent": 50}, {"percent": 100}]}
OTHER = "f" * 64

_numbers = itertools.count(1)

T = TypeVar("T")


def text(reply: str) -> str:
    return f"name: Morning\nsteps:\n  - id: hello\n    reply: {reply}\n"


ONE, TWO = version_of(text("one")), version_of(text("two"))


@dataclass(frozen=True)
class Named:
    """An account of which only the name is known."""

    account_id: str


@dataclass
class Stage:
    """A script of one test, its accounts and its alert rule, on a platform of many tests."""

    platform: Platform
    script: str
    late: float = 0.0
    """So many seconds the clock of its actions is ahead."""

    @property
    def pool(self) -> Pool:
        return self.platform.pool

    @property
    def http(self) -> httpx.AsyncClient:
        return self.platform.http

    @property
    def bus(self) -> Client:
        return self.platform.bus

    @property
    def rule(self) -> str:
        return f"errors-{self.script}"

    @property
    def order(self) -> list[str]:
        """The accounts in the order in which they get a version."""
        return [short(each.account_id) for each in in_order(map(Named, map(self.name, ACCOUNTS)))]

    def name(self, account: str) -> str:
        return f"{self.script}.{account}"

    def heard(self, runtime: ScriptedRuntime) -> list[AccountDesired]:
        """Return what was said of accounts of this test."""
        return [each for each in runtime.heard if each.account_id.startswith(f"{self.script}.")]

    def silent(self, *accounts: str) -> Mapping[str, list[Step]]:
        """Return what a runtime is told of accounts of which it is to say nothing."""
        return {self.name(each): [] for each in accounts}

    async def context(self) -> RecordingContext:
        return await self.platform.context()

    async def next_attempt(self, context: RecordingContext) -> RecordingContext:
        return await self.platform.next_attempt(context)


def short(account: str) -> str:
    return account.rpartition(".")[2]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def for_all(module_database: str, nats_server: Nats) -> AsyncIterator[Platform]:
    """Serve the platform to all tests of this module."""
    async with (
        servers.fresh_bus(nats_server.url) as bus,
        running_platform(module_database, bus, nats_server.url) as platform,
    ):
        yield platform


@pytest.fixture
def stage(for_all: Platform) -> Stage:
    return Stage(for_all, f"s{next(_numbers)}")


async def write(stage: Stage, reply: str, *, approved: bool = True) -> None:
    """Make a new version of the script."""
    script = {"script_id": stage.script, "name": "Morning", "yaml_content": text(reply)}
    path = f"{SCRIPTS}/{stage.script}"
    if (await stage.http.post(SCRIPTS, json=script)).status_code != 201:
        changed = await stage.http.put(path, json={"yaml_content": text(reply)})
        assert changed.status_code == 200, changed.text
    for verb in ("submit", "approve") if approved else ():
        assert (await stage.http.post(f"{path}/{verb}")).status_code == 200


async def accounts(stage: Stage, *names: str, running: str | None = None) -> None:
    """Make accounts that play the script; with *running* they run that version."""
    full = [stage.name(each) for each in names]
    for name in full:
        account = {"account_id": name, "display_name": name, "script_id": stage.script}
        made = await stage.http.post(f"{BASE}/accounts", json=account)
        assert made.status_code == 201, made.text
    # No runtime is to hear yet that they are to be stopped.
    await stage.pool.execute("DELETE FROM api.outbox WHERE subject LIKE 'account.desired.%'")
    if running:
        await stage.pool.execute(
            "UPDATE api.accounts SET desired = 'running', state = 'working', script_version = $2,"
            " running_script_version = $2 WHERE account_id = ANY($1::text[])",
            full,
            running,
        )


async def standing(stage: Stage) -> None:
    """Publish version one to four accounts that run; version two is approved."""
    await write(stage, "one")
    await accounts(stage, *ACCOUNTS, running=ONE)
    await publish(stage, await stage.context())
    await write(stage, "two")


async def publish(stage: Stage, context: RecordingContext, **params: Any) -> Outcome:  # noqa: ANN401 - JSON
    action = ScriptPublish(rest=0.02, clock=lambda: time.monotonic() + stage.late)
    given = {"script_id": stage.script, "read_back": {"timeout_seconds": 20.0}, **params}
    return await action.run(action.params.model_validate(given), context)


async def failure(stage: Stage, context: RecordingContext, **params: Any) -> ActionFailed:  # noqa: ANN401 - JSON
    with pytest.raises(ActionFailed) as failed:
        await publish(stage, context, **params)
    return failed.value


async def run_out(
    stage: Stage, context: RecordingContext, running: Coroutine[Any, Any, T], *, seen: int
) -> T:
    """Let time run out for a run, once it has seen that so many accounts report their version."""
    task = asyncio.create_task(running)

    async def is_seen() -> bool:
        return task.done() or any(step == f"{seen} of 4 accounts" for _, step in context.steps)

    await eventually(is_seen, f"{seen} accounts report it")
    stage.late += 3600.0
    return await task


async def rule(stage: Stage) -> None:
    """Make an alert rule."""
    made = await stage.http.post(
        f"{BASE}/alert-rules",
        json={
            "name": stage.rule,
            "rule_type": "error_rate",
            "alert_level": "error",
            "threshold_value": 10,
            "threshold_operator": ">",
        },
    )
    assert made.status_code == 201, made.text


async def fire(stage: Stage) -> None:
    """Let an alert of the rule fire."""
    await stage.pool.execute(
        "INSERT INTO api.alerts (id, rule_id, rule_name, fingerprint, state, level, series, labels,"
        " annotations, active_at, met_at, met_samples, unmet_samples, evaluated_at)"
        " SELECT gen_random_uuid(), id, name, 'f', 'firing', 'error', '{}', '{}', '{}', now(),"
        " now(), 1, 0, now() FROM api.alert_rules WHERE name = $1",
        stage.rule,
    )


async def versions(stage: Stage) -> dict[str, str | None]:
    rows = await stage.pool.fetch(
        "SELECT account_id, script_version FROM api.accounts WHERE script_id = $1", stage.script
    )
    return {short(row["account_id"]): row["script_version"] for row in rows}


async def pointer(stage: Stage) -> dict[str, Any]:
    found = (await stage.http.get(f"{SCRIPTS}/{stage.script}/pointers")).json()
    assert len(found) == 1
    shown: dict[str, Any] = found[0]
    return shown


async def said(stage: Stage, kind: str) -> dict[str, Any] | None:
    """Return the last event of a kind, if it is of this test."""
    stream = stage.bus.jetstream()
    message = await stream.get_last_msg("EVENTS", topology.event_said("automation", kind))
    data: dict[str, Any] = json.loads(message.data or b"")["data"]
    return data if data["script_id"] == stage.script else None


async def ran(stage: Stage, version: str, count: int) -> bool:
    found = await stage.pool.fetchval(
        "SELECT count(*) FROM api.accounts WHERE script_id = $1 AND running_script_version = $2",
        stage.script,
        version,
    )
    return bool(found == count)


async def stands(stage: Stage, state: str) -> bool:
    return bool(
        await stage.pool.fetchval(
            "SELECT true FROM api.script_publications WHERE script_id = $1 AND state = $2",
            stage.script,
            state,
        )
    )


async def has(bucket: KeyValue, key: str) -> bool:
    try:
        return key in await bucket.keys()
    except NoKeysError:
        return False


def fates(data: Mapping[str, Any]) -> dict[str, str]:
    return {short(each["id"]): each["outcome"] for each in data["targets"]}


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

    await stage.pool.execute(
        "UPDATE executor.leases SET outcome = 'failure' WHERE run_id = $1", first.run_id
    )
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


@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_who_comes_to_the_script_while_the_pointer_moves_follows_it(
    stage: Stage, verb: str
) -> None:
    await standing(stage)
    account = {"account_id": stage.name("a5"), "display_name": "new"}
    path = f"{BASE}/accounts"
    if verb == "PUT":
        assert (await stage.http.post(path, json=account)).status_code == 201
        path = f"{path}/{account['account_id']}"
    async with stage.pool.acquire() as moving, moving.transaction():
        await moving.execute(
            "SELECT FROM api.scripts WHERE script_id = $1 FOR UPDATE", stage.script
        )
        await moving.execute(
            "UPDATE api.script_pointers SET version = $2 WHERE script_id = $1", stage.script, TWO
        )
        coming = asyncio.create_task(
            stage.http.request(verb, path, json={**account, "script_id": stage.script})
        )

        async def is_waiting() -> bool:
            waiting = await stage.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(waiting) or coming.done()

        await eventually(is_waiting, "it waits for whoever moves the pointer")

    assert (await coming).is_success
    assert (await versions(stage))["a5"] == TWO


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({}, "/action_config/script_id"),
        ({"script_id": "s", "version": "newest"}, "/action_config/version"),
        ({"script_id": "s", "gate": {"alert_rule": ""}}, "/action_config/gate/alert_rule"),
        (
            {"script_id": "s", "strategy": {"type": "waves", "steps": [{"percent": 5}]}},
            "/action_config/strategy",
        ),
    ],
)
async def test_bad_parameters_are_refused_at_creation(
    stage: Stage, config: dict[str, Any], pointer: str
) -> None:
    task = a_task(task_action="script_publish", action_config=config)

    refused = await stage.http.post(TASKS, json=task, headers={"Accept-Language": "zh-TW"})

    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"] != error["code"], "there are words for it"


async def test_a_task_is_created_with_its_defaults(stage: Stage) -> None:
    task = a_task(task_action="script_publish", action_config={"script_id": stage.script})

    assert (await stage.http.post(TASKS, json=task)).status_code == 201


async def test_what_is_asked_twice_is_done_once(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    prepare = PrepareScript(script_id=stage.script, environment="production")
    begun = await context.ask(prepare)
    ids = tuple(each.id for each in (await context.ask(LookAtTargets())).targets)
    await stage.pool.execute(
        "UPDATE api.accounts SET script_version = $2 WHERE id = $1", ids[0], OTHER
    )

    assert await context.ask(prepare) == begun
    first = await context.ask(AssignScript(ids=ids))
    second = await context.ask(AssignScript(ids=ids))
    moved = await context.ask(PointScript())
    again = await context.ask(PointScript())

    assert [each.did for each in first.accounts] == ["superseded", *["assigned"] * 3]
    assert [each.did for each in second.accounts] == ["superseded", *["noop"] * 3]
    assert first.accounts[0].version == OTHER
    assert (moved.moved, again.moved) == (True, False)
    assert moved.revision == again.revision == 2
    generations = await stage.pool.fetch(
        "SELECT generation FROM api.accounts WHERE id = ANY($1::uuid[])", list(ids[1:])
    )
    assert {row["generation"] for row in generations} == {2}


async def test_a_pointer_that_somebody_else_moved_is_left_where_it_is(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))
    await stage.pool.execute(
        "UPDATE api.script_pointers SET revision = 9 WHERE script_id = $1", stage.script
    )

    with pytest.raises(ActionFailed) as refused:
        await context.ask(PointScript())

    assert refused.value.data["code"] == "script.pointer_moved"
    assert (await pointer(stage))["version"] == 1
