"""The action `alert_check`: real servers are asked, real rules judged.

A little server speaks Prometheus' HTTP API; SQL goes to the real PostgreSQL.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from services.executor.actions.alert_check import AlertCheck
from services.executor.actions.alert_check.params import AlertCheckParams
from shared.contracts.action import ActionFailed, Outcome
from tests.integration.actions.odd_server import Seen, Server, serving
from tests.integration.platform.floor import Platform, eventually
from tests.integration.platform.test_alerts_judging import listed
from tests.integration.platform.test_alerts_rules import RULES, made
from tests.support.context import RecordingContext

#: Too long for a URL.
LONG = "quiet" + " or x" * 700

Series = Sequence[tuple[Mapping[str, str], str]]


@dataclass
class Prometheus:
    """Answers instant queries from a table; what is not in it hangs."""

    table: dict[str, Series | str] = field(default_factory=dict)
    """By expression: a vector, or an error."""
    odd: dict[str, str] = field(default_factory=dict)
    """By expression: what is answered as it is."""
    server: Server = field(default_factory=Server)
    asked: list[str] = field(default_factory=list)

    async def respond(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        path = seen.line.split(" ")[1]
        query = parse_qs(urlsplit(path).query or seen.body.decode())["query"][0]
        self.asked.append(query)
        if query in self.odd:
            _write(writer, "200 OK", self.odd[query])
            return
        if (found := self.table.get(query)) is None:
            return  # never
        said: dict[str, Any]
        if isinstance(found, str):
            status = "400 Bad Request" if found == "bad_data" else "503 Unavailable"
            said = {"status": "error", "errorType": found, "error": "no \x00 such s3cret-token"}
        else:
            status, said = "200 OK", {"status": "success", "data": _vector(found)}
        _write(writer, status, json.dumps(said))

    def rule(self, expr: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Return the fields of a rule that asks this server."""
        return {"rule_type": "promql", "query": {"url": self.url, "expr": expr, **query}}

    @property
    def url(self) -> str:
        return self.server.url("/prom/")


def _write(writer: asyncio.StreamWriter, status: str, body: str) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())


def _vector(found: Series) -> dict[str, Any]:
    result = [{"metric": dict(labels), "value": [1.5, value]} for labels, value in found]
    return {"resultType": "vector", "result": result}


@pytest_asyncio.fixture(loop_scope="session")
async def prometheus() -> AsyncIterator[Prometheus]:
    made = Prometheus()
    async with serving(made.respond) as made.server:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def action() -> AsyncIterator[AlertCheck]:
    made = AlertCheck(rest=0.01)
    yield made
    await made.close()
    await asyncio.sleep(0)  # lets the servers see that their clients have gone


async def a_run(platform: Platform, **secrets: str) -> RecordingContext:
    return await platform.context(egress_allow="127.0.0.1", secrets=secrets)


async def check(action: AlertCheck, context: RecordingContext, **params: Any) -> Outcome:  # noqa: ANN401 - JSON
    return await action.run(AlertCheckParams.model_validate(params), context)


async def failure(action: AlertCheck, context: RecordingContext, **params: Any) -> ActionFailed:  # noqa: ANN401 - JSON
    with pytest.raises(ActionFailed) as failed:
        await check(action, context, **params)
    return failed.value


def of_rules(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a result says of each rule: its outcome and how many alerts fire."""
    return {
        each["id"]: (each["outcome"], (each["after"] or {}).get("firing"))
        for each in data["targets"]
    }


async def test_a_check_that_finds_problems_is_a_successful_run(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    login = {"secret": "prom", "username": "ops"}
    series = [({"__name__": "up", "job": "a"}, "11"), ({"job": "b"}, "+Inf"), ({"job": "c"}, "NaN")]
    prometheus.table = {"errors": series, LONG: [({}, "1")]}
    await made(platform, name="errors", **prometheus.rule("errors", login=login))
    await made(platform, name="quiet", **prometheus.rule(LONG))
    await made(platform, name="off", enabled=False, **prometheus.rule("nothing"))

    outcome = await check(action, await a_run(platform, prom="s3cret-token"))

    assert outcome.summary == "2 of 2 rules checked, 2 alerts firing"
    assert (outcome.data["rules_checked"], outcome.data["alerts_found"]) == (2, 2)
    assert outcome.data["status"] == "succeeded"
    (errors, _) = outcome.data["targets"]
    assert errors["after"] == {"samples": 3, "pending": 0, "firing": 2, "resolved": 0}
    assert {each["labels"]["job"]: each["value"] for each in await listed(platform)} == {
        "a": 11.0,
        "b": "+Inf",
    }
    first = next(each for each in prometheus.server.seen if "errors" in each.line)
    assert first.line.startswith("GET /prom/api/v1/query?query=errors&timeout=30s ")
    assert first.headers["authorization"].startswith("Basic ")
    assert [each for each in prometheus.server.seen if each.line.startswith("POST /prom/api/v1/")]


async def test_a_rule_that_cannot_be_measured_fails_the_run_and_the_next_attempt_does_the_rest(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    prometheus.table = {"well": [({}, "99")], "ill": "execution", "wrong": "bad_data"}
    for name in ("well", "ill", "wrong"):
        await made(
            platform,
            name=name,
            on_error="error",
            **prometheus.rule(name, login={"secret": "prom"}),
        )
    context = await a_run(platform, prom="s3cret-token")

    failed = await failure(action, context)

    assert not failed.permanent
    assert failed.data["status"] == "partial"
    assert of_rules(failed.data) == {
        "well": ("done", 1),
        "ill": ("failed", 1),
        "wrong": ("failed", 1),
    }
    errors = {each["id"]: each["error"] for each in failed.data["targets"]}
    assert errors["ill"] == "503 execution: no   such ***"
    assert sorted(prometheus.asked) == ["ill", "ill", "ill", "well", "wrong"], "three tries"
    later = await platform.next_attempt(context)
    prometheus.table |= {"ill": [], "wrong": []}
    prometheus.asked.clear()
    again = await check(action, later)
    assert sorted(prometheus.asked) == ["ill", "wrong"]
    assert again.data["rules_checked"] == 3
    part = await failure(action, await a_run(platform), rules=["well", "nowhere"])
    assert of_rules(part.data)["nowhere"] == ("failed", None)
    accepted = await check(
        action, await a_run(platform, prom="x"), rules=["well", "nowhere"], accept_partial=True
    )
    assert accepted.data["status"] == "partial"


async def test_a_crash_in_the_middle_leaves_what_was_judged(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    prometheus.table = {"fast": [({}, "99")]}
    await made(platform, name="fast", **prometheus.rule("fast"))
    await made(platform, name="slow", **prometheus.rule("slow"))
    context = await a_run(platform)

    run = asyncio.create_task(check(action, context))
    await eventually(lambda: listed(platform), "the first alert")
    await eventually(lambda: _any("slow" in prometheus.asked), "the other question")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    later = await platform.next_attempt(context)
    prometheus.table = {"slow": [({}, "99")]}
    prometheus.asked.clear()
    outcome = await check(action, later)
    assert prometheus.asked == ["slow"]
    assert of_rules(outcome.data) == {"fast": ("done", 1), "slow": ("done", 1)}
    assert len(await listed(platform)) == 2


async def _any(value: object) -> object:
    return value


async def test_what_does_not_answer_in_time_is_an_error_of_the_rule(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    await made(platform, name="silent", **prometheus.rule("silent"))
    context = await a_run(platform)

    failed = await failure(action, context, timeout_seconds=0.1, tries=2)

    assert failed.data["targets"][0]["error"] == "no answer within 0.1 s"
    # A slow machine may not even have come to ask within that time.
    assert len(asked := list(prometheus.asked)) <= 2
    refused = await failure(action, await platform.context(), tries=2)
    assert "AUTOMATION_EGRESS_ALLOW" in refused.data["targets"][0]["error"]
    assert refused.permanent
    assert prometheus.asked == asked, "what is not allowed is not called"


async def test_a_rehearsal_and_a_query_of_its_own_are_told_and_not_remembered(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    prometheus.table = {"a": [({"n": "1"}, "99")]}
    await made(platform, name="a", **prometheus.rule("a"))

    outcome = await check(action, await a_run(platform), dry_run=True)

    assert outcome.data["plan"][0]["after"]["pending"] == 1
    prometheus.table = {"x": [({"job": "a"}, "7"), ({"job": "b"}, "1")]}
    query = {
        "promql": {"url": prometheus.url, "expr": "x"},
        "threshold_operator": ">=",
        "threshold_value": 7,
    }

    outcome = await check(action, await a_run(platform), query=query)

    assert outcome.data["alerts_found"] == 1
    assert outcome.data["found"] == [{"labels": {"job": "a"}, "value": "7.0"}]
    assert await listed(platform, state="any") == []
    assert await platform.pool.fetchval("SELECT count(*) FROM api.alert_checks") == 0


async def test_a_probe_tells_whether_a_url_answers_well(
    platform: Platform, prometheus: Prometheus, action: AlertCheck
) -> None:
    prometheus.table = {"x": []}
    probe = {"rule_type": "http", "threshold_operator": "==", "threshold_value": 0}
    well = {"url": f"{prometheus.url}?query=x"}
    ill = {"url": f"{prometheus.url}?query=x", "expect_status": [404, 404], "method": "HEAD"}
    gone = {"url": "http://127.0.0.1:9/", "measure": "up"}
    slow = {"url": "http://127.0.0.1:9/", "measure": "latency_ms"}
    for name, query in {"well": well, "ill": ill, "gone": gone, "slow": slow}.items():
        await made(platform, name=name, query=query, no_data="alerting", **probe)

    outcome = await check(
        action, await platform.context(egress_allow="127.0.0.1, 127.0.0.1:9"), tries=1
    )

    assert of_rules(outcome.data) == {
        "well": ("done", 0),
        "ill": ("done", 1),
        "gone": ("done", 1),
        "slow": ("done", 1),
    }
    (ours,) = [each for each in await listed(platform) if each["rule"] == "ill"]
    assert ours["labels"]["url"] == prometheus.url, "without the query, which may hold a key"


async def test_sql_reads_samples_and_cannot_write(platform: Platform, action: AlertCheck) -> None:
    statements = {
        "slow": "SELECT pg_sleep(60)",
        "rows": "SELECT name AS who, n AS value FROM (VALUES ('a', 9), ('b', 11.5)) v (name, n)",
        "one": "SELECT count(*) FROM api.tasks",
        "none": "SELECT 1 WHERE false",
        "writes": "DELETE FROM api.tasks RETURNING 99",
        "doubled": "SELECT 1 AS value, 'x' AS a UNION ALL SELECT 2, 'x'",
        "odd": "SELECT 'x' AS value",
    }
    for name, statement in statements.items():
        query = {"dsn_secret": "db", "statement": statement}
        await made(platform, name=name, rule_type="sql", query=query)
    before = await platform.pool.fetchval("SELECT count(*) FROM api.tasks")

    context = await a_run(platform, db=platform.api.dsn)
    failed = await failure(action, context, rules=[*statements][1:], tries=1)
    late = await failure(action, context, rules=["slow"], timeout_seconds=0.1, tries=1)

    targets = {each["id"]: each for data in (failed, late) for each in data.data["targets"]}
    assert {name: each["outcome"] for name, each in targets.items()} == {
        **dict.fromkeys(("rows", "one", "none"), "done"),
        **dict.fromkeys(("slow", "writes", "doubled", "odd"), "failed"),
    }
    assert "read-only" in targets["writes"]["error"]
    assert "statement timeout" in targets["slow"]["error"]
    assert await platform.pool.fetchval("SELECT count(*) FROM api.tasks") >= before
    firing = {each["rule"]: each for each in await listed(platform)}
    assert firing["rows"]["labels"]["who"] == "b"
    assert firing["none"]["reason"] == "nodata"


async def test_what_this_system_knows_is_measured_here(
    platform: Platform, action: AlertCheck
) -> None:
    await made(
        platform,
        name="no backup",
        rule_type="backup_age",
        no_data="alerting",
        threshold_value=93_600,
    )
    await made(platform, name="accounts", rule_type="account_offline", no_data="alerting")

    outcome = await check(action, await a_run(platform))

    assert of_rules(outcome.data) == {"no backup": ("done", 1), "accounts": ("done", 0)}
    rule = {"rule_type": "account_offline", "threshold_value": 60}
    for number in range(35):
        answer = await platform.http.post(RULES, json={**rule, "name": f"rule {number}"})
        assert answer.status_code == 201

    outcome = await check(action, await a_run(platform), parallel=10)
    assert outcome.data["rules_checked"] == 37, "they come in pages"


VECTOR = '{"status":"success","data":{"resultType":"vector","result":[%s]}}'


@pytest.mark.parametrize(
    "body",
    [
        VECTOR % '{"metric":{"a":1},"value":[1,"9"]}',
        VECTOR % ('{"metric":{},"value":[1,1' + "0" * 400 + "]}"),
        "[" * 200_000,
    ],
    ids=["label", "number", "depth"],
)
async def test_an_odd_answer_is_the_matter_of_its_rule_alone(
    platform: Platform, prometheus: Prometheus, action: AlertCheck, body: str
) -> None:
    prometheus.table = {"well": [({}, "99")]}
    prometheus.odd = {"odd": body}
    for name in ("odd", "well"):
        await made(platform, name=name, **prometheus.rule(name))

    failed = await failure(action, await a_run(platform), tries=1)

    assert of_rules(failed.data) == {"odd": ("failed", 0), "well": ("done", 1)}
