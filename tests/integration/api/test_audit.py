"""Whoever changes something over HTTP stands in the audit list, which can be searched.

Of the routes that can be rehearsed it is `test_dry_run_everywhere.py` that looks for the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.api.access.audit_sealing import Sealer
from services.api.bus.forget import Forgetter
from services.api.store.database import Database
from services.api.wire.dry_run_query import PLANNED, REHEARSED
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer
from tests.integration.api.tampering import tamper
from tests.integration.api.test_dry_run_everywhere import NOT_AUDITED, ON_A_BUS, routes
from tests.integration.api.whole_world import HOURLY, World

AUDIT = f"{BASE}/audit"

#: Routes that change nothing, each with the reason why they are no GET.
ASKING: Mapping[str, str] = {
    "preview_schedule": "shows when a schedule would fire",
    "explain_cron": "takes a cron expression apart",
    "parse_crontab": "reads lines of a crontab",
    "peek_password_link": "says whose password a link sets",
    "preview_alert_silence": "shows what a silence would cover",
    "test_alert_rule": "measures what a rule would find",
    "validate_script": "says what is wrong with a script",
    "test_trigger": "says what a trigger would make of events",
    "try_trigger": "says what a trigger would make of events",
}


#: What takes a browser, in `test_sessions.py`, `test_users.py`, `test_setup.py`.
BY_PEOPLE = {
    *("set_up", "log_in", "log_out", "revoke_session", "use_password_link"),
    *("update_me", "change_password", "create_my_token", "revoke_my_token"),
}


def others(world: World) -> dict[str, tuple[str, str, Any, str]]:
    """Return a request for each route that cannot be rehearsed, and the verb that is noted."""
    task, dead = f"{TASKS}/{world.task}", world.dead
    return {
        "run_task": ("POST", f"{task}/run", None, "run.requested"),
        # Nobody answers on the bus; who asked is noted before.
        "cancel_run": ("POST", f"{BASE}/automation-runs/{dead}/cancel", {}, "run.cancel_requested"),
        "cancel_runs": (
            "POST",
            f"{BASE}/automation-runs/cancel",
            {"run_ids": [dead]},
            "run.cancel_requested",
        ),
        "discard_dead_run": (
            "POST",
            f"{BASE}/dead-runs/{dead}/discard",
            None,
            "dead_run.discarded",
        ),
        "test_channel": ("POST", f"{BASE}/channels/mail/test", None, "channel.tested"),
    }


async def verbs(api: Api) -> list[str]:
    rows = await api.pool.fetch("SELECT verb FROM api.audit ORDER BY id")
    return [row["verb"] for row in rows]


async def test_every_change_is_noted(world: World) -> None:
    backfill = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T05:00:00Z"}
    started = await world.api.http.post(f"{TASKS}/{world.task}/backfills", json=backfill)
    cancel: tuple[str, str, Any, str]
    cancel = ("POST", f"{BASE}/backfills/{started.json()['id']}/cancel", {}, "backfill.cancelled")
    asked = {**others(world), "cancel_backfill": cancel}

    for name, (method, path, body, verb) in asked.items():
        before = await verbs(world.api)
        answer = await world.api.http.request(method, path, json=body)
        assert (await verbs(world.api))[len(before) :] == [verb], (name, answer.text)
    for name in sorted(PLANNED, key=lambda name: "delete" in name):
        before = await verbs(world.api)
        assert (await world.send(name)).status_code < 300
        verb = f"task.{name.split('_')[0]}d"
        assert (await verbs(world.api))[len(before) :] == [verb], name

    every = {each.name for each in routes(world.api)}
    looked_at = PLANNED | REHEARSED | asked.keys() | ASKING.keys() | BY_PEOPLE
    assert every == looked_at, "who looks at the new one?"
    assert NOT_AUDITED | ON_A_BUS <= REHEARSED


async def test_what_a_refused_change_would_have_noted_is_not_there(api: Api) -> None:
    task = await api.create()
    before = await api.count("api.audit")

    await api.http.put(f"{TASKS}/{task['id']}", json={"name": "x"}, headers={"If-Match": '"9"'})
    await api.http.put(f"{TASKS}/{task['id']}", json={"name": ""})
    await api.http.put(f"{TASKS}/{task['id']}", json={"name": task["name"]})
    await api.http.post(f"{BASE}/automation-runs", json={"runs": [{"task_id": "x"}]})

    assert await api.count("api.audit") == before


async def test_the_list_tells_who_what_and_how_it_was_before(api: Api) -> None:
    writer = bearer(await api.token("tasks:write"))
    task = (await api.http.post(TASKS, json=a_task(**HOURLY), headers=writer)).json()
    change = {"description": "x" * 10, "action_config": {"greeting": "y" * 9_000}}
    await api.http.put(f"{TASKS}/{task['id']}", json=change, headers=writer)

    found = (await api.http.get(AUDIT, params={"subject_id": task["id"]})).json()
    changed, created = found["items"]

    assert (changed["verb"], created["verb"]) == ("task.updated", "task.created")
    assert created["before"] is None
    assert created["after"]["schedule_config"] == HOURLY["schedule_config"]
    assert changed["before"] == {"description": None, "action_config": {}}
    assert changed["after"]["description"] == "x" * 10
    assert changed["after"]["action_config"].keys() == {"characters", "sha256"}
    assert changed["actor"].startswith("test ")
    assert changed["token_id"] in writer["Authorization"]
    assert (found["next"], changed["run_id"]) == (None, None)


async def test_the_list_is_filtered_and_paged(api: Api) -> None:
    tasks = [(await api.create(name=f"task {number}"))["id"] for number in range(3)]
    await api.http.post(f"{BASE}/pause")
    await api.http.post(f"{TASKS}/{tasks[0]}/run")

    async def ids(**params: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            page = await api.http.get(AUDIT, params={**params, "cursor": cursor, "limit": "2"})
            assert page.status_code == 200, page.text
            found += [each["subject_id"] for each in page.json()["items"]]
            cursor = page.json()["next"]
        return found

    assert await ids(verb="task.created") == tasks[::-1]
    assert await ids(verb="task.") == tasks[::-1]
    assert await ids(subject_kind="task", subject_id=tasks[0]) == [tasks[0], tasks[0]]
    assert await ids(subject_kind="switch") == ["everything"]
    assert await ids(actor="nobody") == []
    assert len(await ids(actor="admin", **{"from": "2020-01-01T00:00:00Z"})) == 5
    assert await ids(to="2020-01-01T00:00:00Z") == []


async def test_odd_filters_are_refused(api: Api) -> None:
    for params, pointer in (
        ({"from": "yesterday"}, "/query/from"),
        ({"cursor": "x"}, "/query/cursor"),
        ({"limit": "0"}, "/query/limit"),
        ({"verb": "x" * 101}, "/query/verb"),
    ):
        answer = await api.http.get(AUDIT, params=params)
        assert answer.status_code == 400, params
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_only_who_may_reads_it(api: Api) -> None:
    assert (
        await api.http.get(AUDIT, headers=bearer(await api.token("audit:read")))
    ).status_code == 200
    assert (
        await api.http.get(AUDIT, headers=bearer(await api.token("tasks:write")))
    ).status_code == 403


async def test_it_is_kept_for_more_than_a_year(api: Api) -> None:
    await api.create()
    await api.http.post(f"{BASE}/pause")
    for verb, days in (("token.created", 402), ("task.created", 401), ("everything.paused", 399)):
        await tamper(
            api,
            "UPDATE api.audit SET at = now() - make_interval(days => $2) WHERE verb = $1",
            verb,
            days,
        )
    await Sealer(Database(api.pool)).step()

    await Forgetter(Database(api.pool)).step()

    left = await verbs(api)
    assert "task.created" not in left
    assert "everything.paused" in left
