"""What alert rules measure of our own data, on rows as the services write them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.api.alerts.measures import EMPTY_IS_FINE, measure
from services.api.store import account_states
from services.api.store import measures as store
from shared.contracts.accounts import AccountState, State
from shared.domain.alerting.rule import ASKED, CONDITIONS, Rule, RuleType
from tests.integration.api.client import Api, running_api
from tests.integration.api.ledger import add_executor, add_lease, add_run

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
Found = list[tuple[dict[str, str], float]]


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str) -> AsyncIterator[Api]:
    """Serve the API."""
    async with running_api(database) as api:
        yield api


async def measured(api: Api, rule_type: RuleType, **conditions: Any) -> Found:  # noqa: ANN401 - of any rule
    rule = Rule(
        id=uuid4(),
        name="rule",
        rule_type=rule_type,
        threshold=0,
        conditions=CONDITIONS[rule_type].model_validate_json(json.dumps(conditions)),
        window=5 * MINUTE,
    )
    async with api.pool.acquire() as connection:
        return [(dict(each.labels), each.value) for each in await measure(connection, rule)]


async def ended(
    api: Api, task: str, status: str, *, times: int = 1, seconds: float = 1, ago: timedelta = MINUTE
) -> None:
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, completed_at, duration_seconds, executor, recorded_at)"
        " SELECT gen_random_uuid(), $1, 'manual', $2, $2 <> 'running', 1, now(), now(), now(), $3,"
        "  'e', now() - $4::interval FROM generate_series(1, $5)",
        UUID(task),
        status,
        seconds,
        ago,
        times,
    )


async def test_the_error_rate_counts_what_ended_within_the_window(api: Api) -> None:
    good = (await api.create(name="good", queue="slow"))["id"]
    bad = (await api.create(name="bad"))["id"]
    await ended(api, good, "success", times=6)
    await ended(api, bad, "failure")
    await ended(api, bad, "timed_out")
    for status in ("cancelled", "running"):
        await ended(api, bad, status, times=9)
    await ended(api, bad, "failure", times=9, ago=6 * MINUTE)

    assert await measured(api, "error_rate") == [({}, 25.0)]
    assert await measured(api, "error_rate", task_id=good) == [({}, 0.0)]
    assert await measured(api, "error_rate", queue="slow", by="queue") == [({"queue": "slow"}, 0.0)]
    assert await measured(api, "error_rate", task_action="http_request") == [], "no data"
    assert await measured(api, "error_rate", min_runs=9) == [], "too few"
    assert await measured(api, "error_rate", by="task_action") == [({"task_action": "greet"}, 25.0)]
    by_task = await measured(api, "error_rate", by="task")
    assert {labels["task"]: value for labels, value in by_task} == {"good": 0.0, "bad": 100.0}


async def test_the_response_time_is_what_95_of_100_runs_need_at_most(api: Api) -> None:
    task = (await api.create())["id"]
    for seconds in range(1, 22):
        await ended(api, task, "success", seconds=seconds)

    assert await measured(api, "response_time") == [({}, 20_000.0)]


async def test_system_errors_are_what_died_and_who_was_lost(api: Api) -> None:
    assert await measured(api, "system_errors") == [({}, 0.0)], "nothing is a number, too"
    await add_executor(api, "default", silent=20 * SECOND)
    await add_executor(api, "default", silent=6 * MINUTE)
    await add_executor(api, "default", silent=20 * SECOND, draining=True)
    await add_executor(api, "default")
    for ago in (MINUTE, 6 * MINUTE):
        await api.pool.execute(
            "INSERT INTO log.dead_letters"
            " (fingerprint, stream, subject, reason, payload, created_at)"
            " VALUES (gen_random_uuid()::text, 'RUNS', 's', 'r', '', now() - $1::interval)",
            ago,
        )
        await api.pool.execute(
            "INSERT INTO log.dead_runs (run_id, task_id, trigger, status, attempt, scheduled_for,"
            " died_at, executor) VALUES (gen_random_uuid(), gen_random_uuid(), 'manual', 'failure',"
            " 1, now(), now() - $1::interval, 'e')",
            ago,
        )

    assert await measured(api, "system_errors") == [({}, 3.0)]


async def account(
    api: Api,
    name: str,
    *,
    state: str | None = "working",
    desired: str = "running",
    seen: timedelta = timedelta(0),
    **columns: object,
) -> None:
    """An account that was wanted an hour ago and came into its state ten minutes ago."""
    runtime = uuid4()
    await api.pool.execute(
        "INSERT INTO api.account_runtimes (runtime_id, instance, server_id, host, started_at,"
        " seen_at, running) VALUES ($1, 'r', 's', 'h', now(), now() - $2::interval, 1)",
        runtime,
        seen,
    )
    await api.pool.execute(
        "INSERT INTO api.accounts (id, account_id, display_name, server_id, tags, desired,"
        " desired_at, state, state_since, not_working_since, state_at, runtime_id) VALUES ("
        " gen_random_uuid(), $1, $1,"
        " $2, $3, $4, now() - interval '1 hour', $5,"
        " CASE WHEN $5::text IS NOT NULL THEN now() - interval '10 minutes' END,"
        " CASE WHEN $5::text <> 'working' THEN now() - interval '10 minutes' END, now(), $6)",
        name,
        columns.get("server_id", "default"),
        columns.get("tags", []),
        desired,
        state,
        runtime if state else None,
    )


async def test_accounts_that_are_to_run_and_do_not_work_are_offline(api: Api) -> None:
    await account(api, "fine")
    await account(api, "stopped", state="stopped", desired="stopped")
    await account(api, "failed", state="failed", tags=["vip"], server_id="s2")
    await account(api, "never-started", state=None)
    await account(api, "runtime-gone", seen=2 * MINUTE)

    found = {
        labels["account_id"]: value for labels, value in await measured(api, "account_offline")
    }

    assert found.keys() == {"failed", "never-started", "runtime-gone"}
    assert found["failed"] == pytest.approx(600, abs=30)
    assert found["never-started"] == pytest.approx(3600, abs=30)
    assert found["runtime-gone"] == pytest.approx(120, abs=30)
    for which in ({"account_ids": ["failed"]}, {"tags": ["vip"]}, {"server_id": "s2"}):
        ((labels, _),) = await measured(api, "account_offline", **which)
        assert labels == {"account_id": "failed", "server_id": "s2"}


async def test_an_account_that_fails_starts_and_fails_again_gets_old(api: Api) -> None:
    await account(api, "flaps")
    identity = await api.pool.fetchval("SELECT id FROM api.accounts WHERE account_id = 'flaps'")
    now = await api.pool.fetchval("SELECT now()")

    async def say(seq: int, state: State, minutes_ago: int) -> None:
        since = now - minutes_ago * MINUTE
        said = AccountState(
            id=identity,
            account_id="flaps",
            server_id="default",
            seq=seq,
            runtime_id=uuid4(),
            generation=1,
            state=state,
            since=since,
            at=now,
        )
        async with api.pool.acquire() as connection:
            await account_states.write(connection, said)

    flaps: tuple[State, ...] = ("failed", "starting", "failed", "starting")
    for seq, state in enumerate(flaps):
        await say(seq, state, 9 - 2 * seq)
    ((_, value),) = await measured(api, "account_offline")
    assert value == pytest.approx(540, abs=30)

    await say(5, "working", 2)
    await say(6, "failed", 1)
    ((_, value),) = await measured(api, "account_offline")
    assert value == pytest.approx(60, abs=30)


async def test_a_queue_is_as_old_as_the_oldest_run_that_waits_in_it(api: Api) -> None:
    task = (await api.create())["id"]
    assert await measured(api, "queue_age") == []
    await add_run(api, task, late=2 * MINUTE)
    await add_run(api, task, late=MINUTE)
    await add_run(api, task, late=9 * MINUTE, settled=True)
    await add_run(api, task, queue="slow", late=3 * MINUTE, held=True, waits_for="queue_paused")
    running = await add_run(api, task, late=9 * MINUTE)
    await add_lease(api, running, task)
    ended = await add_run(api, task, late=9 * MINUTE)
    await add_lease(api, ended, task, outcome="success")
    later = await add_run(api, task, queue="later", late=9 * MINUTE, held=True, waits_for="retry")
    await api.pool.execute(
        "UPDATE scheduler.occurrences SET not_before = now() + interval '1 hour' WHERE run_id = $1",
        later,
    )

    found = {labels["queue"]: value for labels, value in await measured(api, "queue_age")}

    assert found == {
        "default": pytest.approx(120, abs=30),
        "slow": pytest.approx(180, abs=30),
    }
    ((labels, _),) = await measured(api, "queue_age", queue="slow")
    assert labels == {"queue": "slow"}


async def test_a_schedule_is_silent_until_it_goes_on(api: Api) -> None:
    task = (await api.create(name="nightly"))["id"]
    for closed in (None, "now"):
        await api.pool.execute(
            "INSERT INTO log.silences (run_id, task_id, since, last, fires, closed_at) VALUES"
            " (gen_random_uuid(), $1, now() - interval '3 minutes', now(), 1,"
            "  CASE WHEN $2::text IS NOT NULL THEN now() END)",
            UUID(task) if closed is None else uuid4(),
            closed,
        )

    ((labels, value),) = await measured(api, "schedule_silent")

    assert labels == {"task_id": task, "task": "nightly"}
    assert value == pytest.approx(180, abs=30)
    assert await measured(api, "schedule_silent", task_id=str(uuid4())) == []


async def backup(api: Api, source: str, state: str, ago: timedelta) -> None:
    await api.pool.execute(
        "INSERT INTO api.backups (id, task_id, run_id, source, method, storage, location, state,"
        " started_at, finished_at, verified_at) VALUES (gen_random_uuid(), gen_random_uuid(),"
        " gen_random_uuid(), $1, 'pg_dump_custom', 'folder', '/', $2, now() - $3::interval,"
        " CASE WHEN $2 <> 'running' THEN now() - $3::interval END,"
        " CASE WHEN $2 = 'verified' THEN now() END)",
        source,
        state,
        ago,
    )


async def test_a_source_is_as_old_as_its_newest_verified_backup(api: Api) -> None:
    for source, state, minutes in (
        ("good", "verified", 60),
        ("good", "verified", 30),
        ("good", "unverified", 10),
        ("good", "running", 0),
        ("never", "failed", 90),
        ("never", "failed", 20),
    ):
        await backup(api, source, state, minutes * MINUTE)

    found = {labels["source"]: value for labels, value in await measured(api, "backup_age")}

    assert found == {
        "good": pytest.approx(30 * 60, abs=30),
        "never": pytest.approx(90 * 60, abs=30),
    }
    ((labels, _),) = await measured(api, "backup_age", source="never")
    assert labels == {"source": "never"}


async def test_every_type_of_our_own_data_is_measured(api: Api) -> None:
    for rule_type in CONDITIONS.keys() - ASKED:
        found = await measured(api, rule_type)
        assert len(found) == (rule_type == "system_errors"), rule_type
    assert CONDITIONS.keys() - ASKED > EMPTY_IS_FINE


async def test_no_measure_reads_the_whole_log(api: Api) -> None:
    """Of 100,000 rows a few pages are looked at."""
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, completed_at, duration_seconds, executor, recorded_at)"
        " SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'manual', 'success',"
        "  true, 1, t, t, t, 1, 'e', t FROM (SELECT now() - n * interval '3 seconds' AS t"
        "  FROM generate_series(100000, 1, -1) AS n) AS runs"
    )
    await api.pool.execute("SELECT brin_summarize_new_values('log.runs_recorded')")
    await api.pool.execute("ANALYZE log.runs")

    plan = await api.pool.fetchval(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {store._ERROR_RATE}",  # noqa: SLF001 - our own
        5 * MINUTE,
        *(None, None, None, "all", "default", 1),
    )

    scans = [node for node in nodes(json.loads(plan)[0]["Plan"]) if node.get("Alias") == "runs"]
    assert [node["Node Type"] for node in scans] == ["Bitmap Heap Scan"]
    looked_at = scans[0]["Actual Rows"] + scans[0].get("Rows Removed by Index Recheck", 0)
    assert looked_at < 10_000


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]
