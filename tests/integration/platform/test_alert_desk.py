"""What a page about alerts asks: counts, a try of a rule, what an alert has started."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.client import BASE, bearer
from tests.integration.api.ledger import add_run
from tests.integration.platform.floor import Platform
from tests.integration.platform.test_alerts_judging import ALERTS, a_rule, judged, listed

TRY = f"{BASE}/alert-rules/test"
A_RULE = {"rule_type": "account_offline", "threshold_value": 60, "threshold_operator": ">"}


async def trial(platform: Platform, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = await platform.http.post(TRY, json={**A_RULE, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_alerts_are_counted_by_state_and_level(platform: Platform) -> None:
    await a_rule(platform, name="first", alert_level="error")
    await judged(platform, 1, 2)
    alert, _ = await listed(platform)
    await platform.http.post(f"{ALERTS}/{alert['id']}/acknowledge", json={"comment": "mine"})
    await platform.http.post(
        f"{BASE}/alert-silences",
        json={
            "matchers": [{"name": "n", "value": "0"}],
            "ends_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "comment": "known",
        },
    )

    counts = (await platform.http.get(f"{ALERTS}/counts")).json()

    assert counts == {
        "pending": {"error": 0, "warning": 0, "info": 0},
        "firing": {"error": 2, "warning": 0, "info": 0},
        "resolved": {"error": 0, "warning": 0, "info": 0},
        "unacknowledged": 1,
        "muted": 1,
    }
    assert [each["id"] for each in await listed(platform, acknowledged="true")] == [alert["id"]]
    assert len(await listed(platform, q="FIRST")) == 2
    assert len(await listed(platform, q='"n": "0"')) == 1
    assert await listed(platform, q="nothing like it") == []


async def test_a_rule_is_tried_and_nothing_comes_of_it(platform: Platform) -> None:
    for name in ("a", "b"):
        await platform.http.post(
            f"{BASE}/accounts", json={"account_id": name, "display_name": name}
        )
        await platform.http.post(f"{BASE}/accounts/{name}/start")
    await platform.pool.execute(
        "UPDATE api.accounts SET desired_at = now() - interval '1 hour',"
        " not_working_since = now() - interval '1 hour' WHERE account_id = 'a'"
    )

    found = await trial(platform, annotations={"summary": "{{ labels.account_id }} is away"})

    assert (found["outcome"], found["samples"], found["met"]) == ("met", 2, 1)
    first, second = found["found"]
    assert (first["met"], first["annotations"]) == (True, {"summary": "a is away"})
    assert first["value"] > 3500
    assert first["labels"]["alertname"] == "test"
    assert (second["met"], second["labels"]["account_id"]) == (False, "b")
    assert await listed(platform) == []
    assert (await platform.http.get(f"{BASE}/alert-rules")).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"threshold_value": 1e9}, "ok"),
        ({"rule_type": "error_rate"}, "no_data"),
        ({"rule_type": "http", "query": {"url": "https://example.com"}}, "elsewhere"),
    ],
)
async def test_a_try_tells_what_it_came_to(
    platform: Platform, fields: dict[str, Any], outcome: str
) -> None:
    assert (await trial(platform, **fields))["outcome"] == outcome


async def test_what_is_no_rule_is_not_tried(platform: Platform) -> None:
    wrong = await platform.http.post(TRY, json={**A_RULE, "rule_conditions": {"queue": "x"}})
    reader = bearer(await platform.api.token("alerts:read"))
    forbidden = await platform.http.post(TRY, json=A_RULE, headers=reader)

    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/rule_conditions/queue"
    assert forbidden.status_code == 403


async def test_an_alert_tells_which_runs_it_has_started(platform: Platform) -> None:
    await a_rule(platform)
    await judged(platform, 1)
    (alert,) = await listed(platform)
    task = (await platform.api.create(name="repair"))["id"]
    runs = [await add_run(platform.api, task) for _ in range(2)]
    for run, which in zip(runs, (alert["id"], str(uuid4())), strict=True):
        event = {"type": "alert.firing", "data": {"alert_id": which}}
        await platform.pool.execute(
            "UPDATE scheduler.occurrences SET trigger = 'event', origin = $2 WHERE run_id = $1",
            run,
            json.dumps({"event": event}),
        )

    detail = (await platform.http.get(f"{ALERTS}/{alert['id']}")).json()

    (started,) = detail["started"]
    assert (started["run_id"], started["task_name"]) == (str(runs[0]), "repair")
    assert (started["event"], started["status"]) == ("alert.firing", None)
