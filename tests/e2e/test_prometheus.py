"""A real Prometheus scrapes a real system: all processes, all dashboards, all rules."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from deploy.doctor import place as doctors
from deploy.doctor.examine import examine
from deploy.doctor.finding import Level
from deploy.grafana import boards
from deploy.local import ports, process, targets
from tests.e2e.ground import Ground
from tests.e2e.place import EVERY_SECOND, Place
from tests.support.system import System

DEPLOY = Path(__file__).parents[2] / "deploy"
WITHIN = timedelta(seconds=60)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@dataclass(frozen=True, slots=True)
class Watched:
    """A system, and the Prometheus that watches it."""

    system: System
    client: httpx.AsyncClient
    url: str

    async def ask(self, path: str, **params: str) -> Any:  # noqa: ANN401 - JSON
        answer = await self.client.get(f"{self.url}/api/v1/{path}", params=params)
        assert answer.is_success, f"{params}: {answer.text}"
        return answer.json()["data"]

    async def eventually(self, query: str) -> list[dict[str, Any]]:
        """Ask until there is something."""
        deadline = time.monotonic() + WITHIN.total_seconds()
        while not (found := (await self.ask("query", query=query))["result"]):
            assert time.monotonic() < deadline, f"nothing within {WITHIN}: {query}"
            await asyncio.sleep(0.2)
        return found  # type: ignore[no-any-return]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def watched(
    ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Watched]:
    folder = tmp_path_factory.mktemp("prometheus")
    program = shutil.which("prometheus")
    assert program, "Debian: apt install prometheus"
    config = yaml.safe_load((DEPLOY / "prometheus" / "local.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / "rules.yml")]
    (job,) = config["scrape_configs"]
    job["file_sd_configs"][0]["files"] = [str(ground.system.home / targets.NAME)]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    port = ports.free_port()
    command = process.Command(
        argv=(
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={ports.LOOPBACK}:{port}",
        ),
        env={},
    )
    with (folder / "log").open("wb") as log:
        started = await process.spawn(command, output=log)
    try:
        url = f"http://{ports.LOOPBACK}:{port}"
        async with httpx.AsyncClient(timeout=10) as client:
            await answers(client, f"{url}/-/ready", folder / "log")
            yield Watched(ground.system, client, url)
    finally:
        await process.stop(started, by=signal.SIGTERM, within=timedelta(seconds=10))


async def answers(client: httpx.AsyncClient, url: str, log: Path) -> None:
    deadline = time.monotonic() + WITHIN.total_seconds()
    while True:
        try:
            if (await client.get(url)).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"Prometheus did not start: see {log}"
        await asyncio.sleep(0.1)


async def test_every_process_is_scraped_under_its_role(watched: Watched) -> None:
    running = {each.name for each in watched.system.state.processes if each.health_url}
    await watched.eventually(f"count(automation_build_info) >= {len(running)}")

    found = await watched.ask("query", query="automation_build_info")
    down = await watched.ask("query", query="up == 0")

    told = {(each["metric"]["process"], each["metric"]["role"]) for each in found["result"]}
    assert told == {(name, re.sub(r"-[0-9]+$", "", name)) for name in running}
    assert {role for _, role in told} >= {"api", "scheduler", "executor", "log-writer", "notifier"}
    assert down["result"] == []


async def test_what_a_run_does_is_seen(watched: Watched, place: Place) -> None:
    await place.calling("seen", schedule_config=EVERY_SECOND)
    await place.called("seen", 2)

    for query in (
        'automation_runs_ended_total{action="http_request",status="success"} >= 2',
        'automation_start_lateness_seconds_count{trigger="schedule"} >= 2',
        'automation_ledger_entries_total{trigger="schedule",outcome="fired"} >= 2',
        "automation_claims_total >= 2",
        'automation_action_seconds_count{action="http_request"} >= 2',
        'automation_log_lag_seconds_count{kind="finished"} >= 1',
        'automation_queue_executors{queue="default"} >= 1',
        'automation_loop_last_success_timestamp_seconds{loop="ticker"} > 0',
        'automation_consumer_pending_messages{consumer="log-writer-started"} >= 0',
        'automation_stream_max_bytes{stream="RUNS"} > 0',
        'automation_db_pool_connections{role="scheduler",state="idle"} >= 0',
        'automation_http_requests_total{method="POST",status="2xx"} >= 1',
        "automation_outbox_messages >= 0",
        "automation:start_lateness_seconds:p99_5m >= 0",
    ):
        await watched.eventually(query)


async def test_what_an_autoscaler_asks_for_is_told(watched: Watched) -> None:
    scaler = DEPLOY / "k8s" / "components" / "keda" / "executor-scaling.yaml"
    spec = yaml.safe_load(scaler.read_text(encoding="utf-8"))["spec"]

    for trigger in spec["triggers"]:
        (found,) = await watched.eventually(trigger["metadata"]["query"])
        assert float(found["value"][1]) >= 0


async def test_no_label_holds_an_id(watched: Watched) -> None:
    await watched.eventually("automation_runs_ended_total or automation_claims_total")

    series = await watched.ask("series", **{"match[]": '{job="automation"}'})

    own = [{k: v for k, v in each.items() if k != "instance"} for each in series]
    assert [each for each in own if any(UUID.search(value) for value in each.values())] == []


async def test_prometheus_answers_every_query_of_every_dashboard(watched: Watched) -> None:
    exprs = {
        expr.replace('\\"', '"').replace("$__rate_interval", "1m")
        for text in boards.files().values()
        for expr in re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', text)
    }
    assert len(exprs) > 50

    for expr in exprs:
        await watched.ask("query", query=expr)  # fails if Prometheus does not understand it


async def test_every_rule_is_loaded_and_none_fails(watched: Watched) -> None:
    deadline = time.monotonic() + WITHIN.total_seconds()
    while True:
        groups = (await watched.ask("rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        if all(rule["health"] != "unknown" for rule in rules) or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)

    assert len(rules) > 35
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    critical = [
        rule["name"]
        for rule in rules
        if rule.get("state") == "firing" and rule["labels"]["severity"] == "critical"
    ]
    assert critical == []


async def test_the_doctor_finds_nothing_broken_in_a_system_that_runs(watched: Watched) -> None:
    home = str(watched.system.home)

    findings = await examine(doctors.Place.find({"AUTOMATION_HOME": home}))

    assert [each for each in findings if each.level is Level.PROBLEM] == []
    restless = [each for each in watched.system.state.processes if each.restarts]
    assert {each.check for each in findings if each.level is Level.OK} >= {
        "version",
        "port",
        *(() if restless else ("processes",)),
        "database",
        "schema",
        "bus",
    }
