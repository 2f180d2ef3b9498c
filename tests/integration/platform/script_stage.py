"""Scripts, accounts and their runtime, for tests of `script_publish` (fixture `stage`)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest
from nats.aio.client import Client
from nats.js.errors import NoKeysError
from nats.js.kv import KeyValue

from services.executor.actions.script_publish import ScriptPublish
from services.executor.actions.script_publish.steps import in_order
from shared.bus import topology
from shared.contracts.accounts import AccountDesired
from shared.contracts.action import ActionFailed, Outcome
from shared.db.pool import Pool
from shared.domain.script_text import version_of
from tests.integration.api.client import BASE
from tests.integration.platform.floor import Platform, eventually
from tests.integration.platform.scripted_runtime import ScriptedRuntime, Step
from tests.support.context import RecordingContext

SCRIPTS = f"{BASE}/scripts"
ACCOUNTS = ("a1", "a2", "a3", "a4")
HALF = {"type": "canary", "steps": [{"percent": 50}, {"percent": 100}]}
OTHER = "f" * 64

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
