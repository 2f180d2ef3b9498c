"""Bring the demo into a running system, over its HTTP API.

What has a name of its own in the path (`PUT /queues/{name}`) is put; what the system names itself
is looked for first. Runs are asked for once, when their task is new.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from deploy.examples.demo import things
from deploy.examples.demo.task import DemoTask
from deploy.examples.demo.tasks import TASKS
from deploy.examples.guide import Guide, Json, say

#: How long publications may take before accounts are started all the same.
PUBLISHED_WITHIN = 20.0  # seconds


def fill(guide: Guide) -> None:
    """Create what is not there yet."""
    _named(guide, "secrets", things.SECRETS)
    _named(guide, "channels", things.CHANNELS)
    _named(guide, "calendars", things.CALENDARS)
    _named(guide, "queues", things.QUEUES)
    _scripts(guide)
    _rules(guide)
    new = _accounts(guide)
    _tasks(guide)
    _events(guide)
    if new:
        _start(guide)
    say(
        "The demo is there. Tasks that call this system's own address succeed if it may be called:"
        " start with AUTOMATION_EGRESS_ALLOW=127.0.0.1/32."
    )


def _named(guide: Guide, kind: str, wanted: Mapping[str, Json]) -> None:
    """Put things whose name is in the path, unless they are there."""
    listed = guide.call("GET", f"/{kind}")
    rows = listed["items"] if isinstance(listed, dict) else listed
    there = {row["name"] for row in rows if row.get("description") or kind != "queues"}
    for name, body in wanted.items():
        if name not in there:
            guide.call("PUT", f"/{kind}/{name}", body)
    say(f"{kind}: {len(wanted)}")


def _every(guide: Guide, path: str) -> list[Json]:
    """Read a list page by page."""
    rows: list[Json] = []
    cursor = ""
    while True:
        page = guide.call("GET", f"{path}?limit=100&cursor={cursor}")
        rows += page["items"]
        if not page["next"]:
            return rows
        cursor = page["next"]


def _scripts(guide: Guide) -> None:
    there = {row["script_id"] for row in _every(guide, "/scripts")}
    for script_id, (name, description, texts, decisions) in things.SCRIPTS.items():
        if script_id in there:
            continue
        body = {"script_id": script_id, "name": name, "description": description}
        first, *later = texts
        guide.call("POST", "/scripts", {**body, "yaml_content": first}, expect=201)
        for text in later:
            change = {"yaml_content": text, "change_summary": "調整用詞，加入第二步"}
            guide.call("PUT", f"/scripts/{script_id}", change)
        for decision in decisions:
            guide.call("POST", f"/scripts/{script_id}/{decision}", {"comment": f"demo: {decision}"})
    say(f"scripts: {len(things.SCRIPTS)}")


def _rules(guide: Guide) -> None:
    there = {row["name"] for row in _every(guide, "/alert-rules")}
    for rule in things.RULES:
        if rule["name"] not in there:
            guide.call("POST", "/alert-rules", rule, expect=201)
    say(f"alert rules: {len(things.RULES)}")


def _accounts(guide: Guide) -> bool:
    """Create the accounts; return whether any was missing."""
    there = {row["account_id"] for row in _every(guide, "/accounts")}
    missing = {name: body for name, body in things.ACCOUNTS.items() if name not in there}
    for account_id, body in missing.items():
        guide.call("POST", "/accounts", {"account_id": account_id, **body}, expect=201)
    say(f"accounts: {len(things.ACCOUNTS)}")
    return bool(missing)


def _known_tasks(guide: Guide) -> dict[str, str]:
    """Return the ids of all tasks by name."""
    known: dict[str, str] = {}
    number = 1
    while rows := guide.call("GET", f"/automation-tasks?page={number}&page_size=100"):
        known |= {row["name"]: row["id"] for row in rows}
        number += 1
    return known


def _tasks(guide: Guide) -> None:
    api = guide.state["api_url"]
    known = _known_tasks(guide)
    ids = {task.key: known[task.body["name"]] for task in TASKS if task.body["name"] in known}
    new = [task for task in TASKS if task.key not in ids]
    for task in _in_order(new, set(ids)):
        body = dict(task.body)
        if url := body.get("action_config", {}).get("url"):
            body["action_config"] = {**body["action_config"], "url": url.replace("{api}", api)}
        if task.upstream:
            upstream = [ids[key] for key in task.upstream]
            body["depends_on"] = {"tasks": upstream, "rule": task.rule}
        if task.dependents:
            body["dependent_tasks"] = [ids[key] for key in task.dependents]
        ids[task.key] = guide.call("POST", "/automation-tasks", body, expect=201)["id"]
    for task in new:
        for _ in range(task.runs):
            guide.run(ids[task.key])
    say(f"tasks: {len(TASKS)}, {len(new)} of them new")


def _in_order(wanted: list[DemoTask], there: set[str]) -> list[DemoTask]:
    """Return tasks so that each comes after those it names."""
    ordered: list[DemoTask] = []
    left = list(wanted)
    while left:
        task = next(each for each in left if there.issuperset({*each.upstream, *each.dependents}))
        left.remove(task)
        ordered.append(task)
        there = there | {task.key}
    return ordered


def _events(guide: Guide) -> None:
    """Say some events; those of a minute are said once."""
    minute = datetime.now(UTC).strftime("%H%M")
    said = [
        *(("monitor", "metric", {"host": f"web-{n}", "error_rate": n * 4.5}) for n in range(5)),
        *(("shop", "order.paid", {"order_id": f"A{n}", "amount": 400 * n}) for n in range(1, 6)),
        *(("shop", "login.failed", {"user": name}) for name in ("ann", "bob", "ann", "ann")),
        *(("shop", "stock.changed", {"sku": f"SKU-{n}", "left": 12 - n}) for n in range(6)),
    ]
    events = [
        {"id": f"demo-{minute}-{number}", "source": source, "type": kind, "data": data}
        for number, (source, kind, data) in enumerate(said)
    ]
    guide.call("POST", "/events", events, expect=202)
    say(f"events: {len(events)}")


def _start(guide: Guide) -> None:
    """Start some accounts once their script is published; hold one down."""
    deadline = time.monotonic() + PUBLISHED_WITHIN
    wanted = ("morning-chat", "customer-care")
    while time.monotonic() < deadline:
        if all(guide.call("GET", f"/scripts/{script}/pointers") for script in wanted):
            break
        time.sleep(0.5)
    for account_id in (*things.STARTED, *things.STARTED_BADLY):
        guide.call("POST", f"/accounts/{account_id}/start", {})
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    for account_id in things.HELD_DOWN:
        guide.call("PUT", f"/accounts/{account_id}/hold", {"state": "stopped", "until": until})
    say(f"accounts started: {len(things.STARTED) + len(things.STARTED_BADLY)}")
