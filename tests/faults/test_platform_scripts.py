"""A script is published while the bus forgets everything and executors die.

The version is in the database: what the key-value store loses is asked for. Whatever an attempt has
begun, the next one ends, the rolling back as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.domain.script_text import version_of
from tests.faults.platform_stage import (
    Fleet,
    Json,
    begin,
    ended,
    platform_stage,
    rows,
    succeeds,
    until_rows,
)
from tests.faults.stage import Stage, wipe_jetstream
from tests.support.load import BASE

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

#: Long enough for a fault to come and go while the canaries are watched.
HOLD = 6  # seconds
CANARY: Json = {
    "type": "canary",
    "steps": [{"percent": 50, "hold_seconds": HOLD}, {"percent": 100}],
}
STATE = "SELECT 1 FROM api.script_publications WHERE run_id = $1 AND state = $2"
ASSIGNED = (
    "SELECT 1 FROM api.accounts WHERE $1 = ANY(tags) AND script_version = $2 HAVING count(*) >= $3"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one executor and an account runtime."""
    async with platform_stage() as system:
        yield system


def text(reply: str) -> str:
    return f"name: Morning\nsteps:\n  - id: hello\n    reply: {reply}\n"


async def write(here: Stage, script: str, reply: str, *, new: bool = False) -> str:
    """Write and approve a version of a script; return its digest."""
    body = {"yaml_content": text(reply)}
    if new:
        body |= {"script_id": script, "name": script}
        await here.operator.insist("POST", f"{BASE}/scripts", json=body)
    else:
        await here.operator.insist("PUT", f"{BASE}/scripts/{script}", json=body)
    for decision in ("submit", "approve"):
        await here.operator.insist("POST", f"{BASE}/scripts/{script}/{decision}", json={})
    return version_of(text(reply))


async def playing(here: Stage, name: str, *flags: str) -> tuple[Fleet, str]:
    """Let four accounts play the first version of a script."""
    version = await write(here, name, "one", new=True)
    fleet = await Fleet.of(here, name, 4, *flags, script=name)
    await succeeds(here, await begin(here, "script_publish", {"script_id": name}), attempts=1)
    await succeeds(here, await fleet.start(), attempts=1)
    await fleet.until_reported(version)
    return fleet, version


async def published(here: Stage, script: str) -> list[tuple[str, int]]:
    """Return where the pointers of a script point, and how often each was moved."""
    query = "SELECT version, revision FROM api.script_pointers WHERE script_id = $1"
    return [tuple(row) for row in await rows(here, query, script)]


async def test_jetstream_is_wiped_while_the_canaries_are_watched(here: Stage) -> None:
    fleet, _ = await playing(here, "canary")
    two = await write(here, "canary", "two")
    config = {"script_id": "canary", "strategy": CANARY}
    async with fleet.census():
        run = await begin(here, "script_publish", config)
        await until_rows(here, ASSIGNED, "canary", two, 2, what="the canaries have it")
        await wipe_jetstream(here)
        result = await succeeds(here, run, attempts=1)
        await fleet.until_reported(two)
    assert [each["outcome"] for each in result["targets"]] == ["done"] * 4
    assert await published(here, "canary") == [(two, 2)]
    await fleet.retire()
    await here.judge("JetStream wiped while canaries are watched")


async def test_the_executor_is_killed_while_the_canaries_are_watched(here: Stage) -> None:
    fleet, _ = await playing(here, "watched")
    two = await write(here, "watched", "two")
    config = {"script_id": "watched", "strategy": CANARY}
    async with fleet.census():
        run = await begin(here, "script_publish", config)
        await until_rows(here, ASSIGNED, "watched", two, 2, what="the canaries have it")
        await here.kill("executor-1")
        await succeeds(here, run)
        await fleet.until_reported(two)
    assert await published(here, "watched") == [(two, 2)]
    await fleet.retire()
    await here.judge("executor, while canaries are watched")


async def test_the_executor_is_killed_while_it_rolls_back(here: Stage) -> None:
    # Slow to be ready, so that the way back takes a while.
    fleet, one = await playing(here, "back", "--ready-after", "3")
    two = await write(here, "back", "two")
    rule = {
        "name": "back gate",
        "rule_type": "http",
        "alert_level": "error",
        "threshold_operator": ">=",
        "threshold_value": 500,
        "query": {"url": f"{here.sink.url}/status/500/gate", "measure": "status"},
    }
    await here.operator.insist("POST", f"{BASE}/alert-rules", json=rule)
    config = {"script_id": "back", "strategy": CANARY, "gate": {"alert_rule": "back gate"}}
    async with fleet.census():
        run = await begin(here, "script_publish", config, fails=True)
        await until_rows(here, ASSIGNED, "back", two, 2, what="the canaries have it")
        check = await begin(here, "alert_check", {"rules": ["back gate"]})
        await until_rows(here, STATE, run, "rolling_back", what="it rolls back")
        await until_rows(here, ASSIGNED, "back", one, 4, what="all were given the old one")
        await here.kill("executor-1")
        row = await ended(here, run)
        stands = await rows(
            here, "SELECT running_script_version FROM api.accounts WHERE 'back' = ANY(tags)"
        )
    assert row["attempt"] > 1
    assert row["status"] == "failure"
    assert "rolled back: the alert back gate fires" in row["error_message"]
    assert {each[0] for each in stands} == {one}, "it waits until they report the old version"
    await until_rows(here, STATE, run, "rolled_back", what="it is written down")
    assert await published(here, "back") == [(one, 1)]
    outcomes = [each["outcome"] for each in row["execution_data"]["result"]["targets"]]
    assert outcomes.count("done") == 2, outcomes
    await ended(here, check)
    await fleet.retire()
    await here.judge("executor, while it rolls back")
