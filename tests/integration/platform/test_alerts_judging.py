"""What a judgement does: alerts begin, fire and end, once each, are kept and said."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from services.api.store import alerts as store
from shared.bus import topology
from shared.contracts.action import ActionFailed
from shared.contracts.alerts_commands import FindRules, Judged, JudgeRule, MetSample, RuleToCheck
from shared.domain.alerting.reading import MOST_ALERTS
from tests.integration.api.client import BASE
from tests.integration.platform.floor import Platform
from tests.integration.platform.test_alerts_rules import RULES, made
from tests.support.context import RecordingContext

ALERTS = f"{BASE}/alerts"
PROMQL = {"rule_type": "promql", "query": {"url": "https://prometheus.example.com", "expr": "x"}}


async def a_rule(platform: Platform, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """Create a rule that is measured elsewhere; return its id."""
    identity: str = (await made(platform, **{**PROMQL, **fields}))["id"]
    return identity


async def found(context: RecordingContext) -> tuple[RuleToCheck, JudgeRule]:
    """Return the one rule there is, and a judgement of it that begins now."""
    page = await context.ask(FindRules())
    (rule,) = page.rules
    judgement = JudgeRule(rule_id=rule.id, version=rule.version, began_at=page.began_at)
    return rule, judgement


def measured(judgement: JudgeRule, *values: float, samples: int = 5) -> JudgeRule:
    """Return a judgement of the series `n=0`, `n=1`, … that meet the condition."""
    met = [MetSample(labels={"n": str(at)}, value=repr(each)) for at, each in enumerate(values)]
    return judgement.model_copy(
        update={"samples": samples, "met": tuple(met), "met_count": len(values)}
    )


async def judged(platform: Platform, *values: float, **more: Any) -> Judged:  # noqa: ANN401 - fields
    """Let a run of its own judge the one rule."""
    context = await platform.context()
    _, judgement = await found(context)
    return await context.ask(measured(judgement, *values).model_copy(update=more))


async def listed(platform: Platform, **params: str) -> list[dict[str, Any]]:
    """Return the alerts that the API lists."""
    answer = await platform.http.get(ALERTS, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def let_time_pass(platform: Platform, by: timedelta) -> None:
    """Let all that has happened have happened earlier."""
    await platform.pool.execute(
        "UPDATE api.alerts SET active_at = active_at - $1::interval,"
        " met_at = met_at - $1::interval, unmet_since = unmet_since - $1::interval",
        by,
    )


async def test_an_alert_begins_fires_and_ends_and_each_is_said(platform: Platform) -> None:
    rule_id = await a_rule(
        platform,
        for_seconds=120,
        alert_level="error",
        labels={"team": "ops"},
        annotations={"summary": "n={{ labels.n }} is {{ value }}"},
    )
    heard = await platform.bus.subscribe("event.alert.>")

    assert (await judged(platform, 12.0)).pending == 1
    await let_time_pass(platform, timedelta(seconds=121))
    assert (await judged(platform, 13.0)).firing == 1
    (firing,) = await listed(platform, state="firing")
    assert (await judged(platform)).resolved == 1
    (over,) = await listed(platform)

    said = [await heard.next_msg(timeout=10) for _ in range(3)]
    events = [json.loads(each.data) for each in said]
    assert [each.subject for each in said] == [
        topology.event_said("alert", state) for state in ("pending", "firing", "resolved")
    ]
    assert {each["data"]["alert_id"] for each in events} == {firing["id"]}
    data = events[1]["data"]
    assert (data["rule"], data["rule_id"], data["level"]) == ("too many failures", rule_id, "error")
    assert (data["value"], data["fingerprint"]) == (13.0, firing["fingerprint"])
    assert (
        data["labels"]
        == firing["labels"]
        == {"n": "0", "team": "ops", "alertname": "too many failures", "severity": "error"}
    )
    assert firing["annotations"] == {"summary": "n=0 is 13"}
    assert (over["state"], over["id"], over["condition_met"]) == ("resolved", firing["id"], False)
    detail = (await platform.http.get(f"{ALERTS}/{over['id']}")).json()
    assert [each["state"] for each in detail["history"]] == ["pending", "firing", "resolved"]


async def test_what_ends_while_it_is_pending_is_gone_and_what_comes_again_is_another_alert(
    platform: Platform,
) -> None:
    await a_rule(platform, for_seconds=60)
    await judged(platform, 1.0)

    assert (await judged(platform)).resolved == 0
    assert await listed(platform, state="any") == []
    await platform.pool.execute("DELETE FROM api.alert_rules")

    await a_rule(platform)
    for values in ([1.0], [], [2.0]):
        await judged(platform, *values)

    again, before = await listed(platform)
    assert (again["state"], before["state"]) == ("firing", "resolved")
    assert again["fingerprint"] == before["fingerprint"]


async def test_judging_twice_in_one_run_changes_nothing_more(platform: Platform) -> None:
    await a_rule(platform, after_samples=2)
    context = await platform.context()
    rule, judgement = await found(context)

    first = await context.ask(measured(judgement, 1.0))
    second = await context.ask(measured(judgement, 1.0, 2.0))
    later = await platform.next_attempt(context)
    (known, again) = await found(later)

    assert rule.judged is None
    assert first == second == known.judged == await later.ask(measured(again, 1.0))
    with pytest.raises(ActionFailed, match="over or was replaced"):
        await context.ask(measured(judgement))
    (alert,) = await listed(platform)
    assert alert["state"] == "pending", "one run is one sample"
    assert (await judged(platform, 1.0)).firing == 1


async def test_a_later_attempt_may_judge_what_an_earlier_one_could_not_measure(
    platform: Platform,
) -> None:
    await a_rule(platform, on_error="error")
    context = await platform.context()
    _, judgement = await found(context)
    away = judgement.model_copy(update={"error": "away"})

    assert (await context.ask(away)).error == "away"
    assert (await context.ask(measured(judgement))).error == "away", "the same attempt"
    later = await platform.next_attempt(context)
    rule, judgement = await found(later)

    assert rule.judged is None
    assert (await later.ask(measured(judgement))).resolved == 1, "the alert of the error"


async def test_three_errors_in_a_row_are_an_alert_though_the_last_state_is_kept(
    platform: Platform,
) -> None:
    await a_rule(platform)
    await judged(platform, 1.0)

    context = await platform.context()
    for _ in range(3):  # attempts of one run are one check
        await context.ask((await found(context))[1].model_copy(update={"error": "away"}))
        context = await platform.next_attempt(context)
    counts = [(await judged(platform, error="away", samples=0)).firing for _ in range(2)]

    assert counts == [1, 2]
    (error,) = [each for each in await listed(platform) if each["reason"]]
    assert (error["reason"], error["labels"]["reason"], error["value"]) == ("error", "error", None)
    rule = (await platform.http.get(RULES)).json()["items"][0]
    assert (rule["last_check"]["error"], rule["firing"]) == ("away", 2)


async def test_of_two_checks_the_later_one_counts_and_many_at_once_make_one_alert(
    platform: Platform,
) -> None:
    await a_rule(platform)
    slow, fast = await platform.context(), await platform.context()
    _, early = await found(slow)
    _, late = await found(fast)

    assert (await fast.ask(measured(late))).outcome == "judged"
    assert (await slow.ask(measured(early, 1.0))).outcome == "overtaken"
    assert await listed(platform, state="any") == []

    contexts = [await platform.context() for _ in range(4)]
    asked = [measured((await found(each))[1], 1.0) for each in contexts]

    answers = await asyncio.gather(
        *(context.ask(question) for context, question in zip(contexts, asked, strict=True))
    )

    assert {each.outcome for each in answers} <= {"judged", "overtaken"}
    (alert,) = await listed(platform)
    detail = (await platform.http.get(f"{ALERTS}/{alert['id']}")).json()
    assert [each["state"] for each in detail["history"]] == ["firing"]

    await platform.pool.execute(
        "UPDATE api.alert_checks SET checked_at = checked_at - interval '61 minutes'"
    )
    await judged(platform)
    kept = await platform.pool.fetchval("SELECT count(*) FROM api.alert_checks")
    assert kept == 1, "old ones are of no use to anybody"


async def test_a_rule_that_was_changed_meanwhile_is_not_judged_by_old_numbers(
    platform: Platform,
) -> None:
    rule_id = await a_rule(platform)
    context = await platform.context()
    _, judgement = await found(context)
    path = f"{RULES}/{rule_id}"
    await platform.http.put(path, json={"threshold_value": 99})

    assert (await context.ask(measured(judgement, 1.0))).outcome == "changed"
    await platform.http.delete(path)
    assert (await context.ask(measured(judgement, 1.0))).outcome == "gone"
    assert await listed(platform, state="any") == []


@pytest.mark.parametrize(("way", "because"), [("PUT", "rule_disabled"), ("DELETE", "rule_deleted")])
async def test_the_alerts_of_a_rule_that_goes_are_over(
    platform: Platform, way: str, because: str
) -> None:
    rule_id = await a_rule(platform)
    await judged(platform, 1.0)
    heard = await platform.bus.subscribe("event.alert.resolved")

    body = {"enabled": False} if way == "PUT" else None
    answer = await platform.http.request(way, f"{RULES}/{rule_id}", json=body)

    assert answer.status_code in (200, 204)
    (over,) = await listed(platform)
    assert (over["state"], over["resolved_because"]) == ("resolved", because)
    event = json.loads((await heard.next_msg(timeout=10)).data)
    assert event["data"]["because"] == because


async def test_more_alerts_than_a_rule_may_have_are_an_error(platform: Platform) -> None:
    await a_rule(platform)
    values = [1.0] * (MOST_ALERTS + 1)

    answer = await judged(platform, *values)

    assert (answer.firing, "more than 100" in str(answer.error)) == (0, True)
    assert (await judged(platform, *values[:-1])).firing == MOST_ALERTS
    assert len(await listed(platform, limit="500")) == MOST_ALERTS


async def test_somebody_takes_care_of_an_alert(platform: Platform) -> None:
    await a_rule(platform)
    await judged(platform, float("inf"))
    (alert,) = await listed(platform)
    path = f"{ALERTS}/{alert['id']}/acknowledge"

    answer = await platform.http.post(path, json={"comment": "我來處理"})
    await judged(platform, 2.0)
    (later,) = await listed(platform)
    await judged(platform)

    assert alert["value"] == "+Inf"
    assert answer.json()["acknowledged_comment"] == "我來處理"
    detail = (await platform.http.get(f"{ALERTS}/{alert['id']}")).json()
    assert [each["state"] for each in detail["history"]] == ["firing", "acknowledged", "resolved"]
    assert later["acknowledged_by"] == answer.json()["acknowledged_by"]
    refused = await platform.http.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "alert.resolved")
    noted = await platform.pool.fetchval("SELECT after FROM api.audit WHERE subject_kind = 'alert'")
    assert json.loads(noted)["comment"] == "我來處理"

    async with platform.pool.acquire() as connection:
        assert await store.forget(connection, 10) == 0
        await connection.execute("UPDATE api.alerts SET resolved_at = now() - interval '91 days'")
        assert await store.forget(connection, 10) == 1
    assert (await platform.http.get(f"{ALERTS}/{alert['id']}")).status_code == 404


async def test_alerts_are_found_by_what_they_are(platform: Platform) -> None:
    await a_rule(platform, alert_level="info")
    await judged(platform, 1.0, 2.0, 3.0)

    first = (await platform.http.get(ALERTS, params={"limit": "2"})).json()
    rest = await listed(platform, cursor=first["next"])
    assert len({each["id"] for each in [*first["items"], *rest]}) == 3
    assert [each["value"] for each in await listed(platform, labels="n=1,severity=info")] == [2.0]
    assert await listed(platform, level="error") == []
    assert len(await listed(platform, rule="too many failures")) == 3
    for odd in ({"labels": "n"}, {"state": "on"}, {"cursor": "x"}):
        assert (await platform.http.get(ALERTS, params=odd)).status_code == 400


async def test_a_rule_that_is_checked_less_often_than_it_says_fires_all_the_same(
    platform: Platform,
) -> None:
    await a_rule(platform, interval_seconds=60, for_seconds=1200)
    ten = timedelta(minutes=10)

    answers = []
    for _ in range(5):
        answers.append(await judged(platform, 1.0))
        await let_time_pass(platform, ten)
        await platform.pool.execute(
            "UPDATE api.alert_checks SET checked_at = checked_at - $1::interval", ten
        )

    # Nobody knows yet whether the first ten minutes are a gap.
    assert [each.firing for each in answers] == [0, 0, 0, 1, 1]


async def test_alerts_of_a_rule_are_counted_under_its_new_name(platform: Platform) -> None:
    rule_id = await a_rule(platform)
    await judged(platform, 1.0)

    await platform.http.put(f"{RULES}/{rule_id}", json={"name": "another"})

    async with platform.pool.acquire() as connection:
        assert await store.firing(connection, "another") == 1
        assert await store.firing(connection, "too many failures") == 0
