"""A day on a chat platform, from nothing: `python -m deploy.examples.platform_day`.

On a system that runs (`make run`) it defines three accounts and a script, publishes the script to
them, starts them by cron, checks alerts, stops the account whose alert fires, backs the system up
with a restore drill, and shows the log of each task. The accounts are real processes, kept by the
account runtime; one of them is broken on purpose. Whatever it made is gone at the end.

The schedules are those of real life (every morning, every minute, every night); so that nobody has
to wait for the morning, the start has a second schedule a few seconds ahead, and the others are
also run by hand.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from deploy.examples.guide import Guide, Json, check, say

ZONE = "Asia/Taipei"
#: Longer than an API, a scheduler, an executor and a runtime need for each other.
SOON = timedelta(seconds=5)

SCRIPT = """\
name: 早安互動
variables:
  city: {type: string, default: 台北}
steps:
  - id: hello
    reply: ["早安，{{city}}！", 大家早！]
  - id: bye
    reply: 今天也請多指教。
"""


class Day:
    """What the parts of the day share."""

    def __init__(self, guide: Guide) -> None:
        self.guide = guide
        self.name = guide.unique()[:8]
        self.accounts = {each: f"{each}-{self.name}" for each in ("mina", "jun", "broken")}
        self.script = f"morning-{self.name}"
        self.tasks: dict[str, str] = {}

    def task(self, name: str, action: str, config: Json, **fields: Json) -> str:
        """Define a task; return its id."""
        body = {"name": f"{name} {self.name}", "task_action": action, "action_config": config}
        task_id: str = self.guide.call(
            "POST", "/automation-tasks", {"task_type": "manual", **body, **fields}, expect=201
        )["id"]
        self.guide.tidy(f"/automation-tasks/{task_id}")
        self.tasks[name] = task_id
        return task_id

    def account(self, who: str) -> Json:
        """Read an account."""
        return self.guide.call("GET", f"/accounts/{self.accounts[who]}")

    def wait_for_state(self, who: str, *states: str) -> Json:
        """Wait until an account is in one of these states; return it."""
        return self.guide.until(
            f"{who} is {' or '.join(states)}",
            lambda: found if (found := self.account(who))["state"] in states else None,
        )


def show(guide: Guide) -> None:
    """Walk through the day."""
    day = Day(guide)
    _define(day)
    _publish(day)
    _start_by_cron(day)
    _watch(day)
    _back_up(day)
    _tell(day)


def _define(day: Day) -> None:
    say("\n== three accounts and a script")
    script = {"script_id": day.script, "name": "早安互動", "yaml_content": SCRIPT}
    day.guide.call("POST", "/scripts", script, expect=201)
    day.guide.tidy(f"/scripts/{day.script}")
    for who, account_id in day.accounts.items():
        command = ["demo-account", "--id", "{account_id}", "--port", "{port}"]
        command += ["--script", "{script}"]
        if who == "broken":
            command += ["--crash-after", "2"]
        runtime = {
            "command": command,
            "ready": {"kind": "http"},
            "restart": {"max": 1, "backoff_seconds": 0.1},
        }
        account = {
            "account_id": account_id,
            "display_name": who.title(),
            "script_id": day.script,
            "tags": [day.name],
            "config": {"runtime": runtime},
        }
        day.guide.call("POST", "/accounts", account, expect=201)
        day.guide.tidy(f"/accounts/{account_id}")
    check(day.account("mina")["desired"] == "stopped", "they are there, and nothing runs yet")


def _publish(day: Day) -> None:
    say("\n== the script is approved and published")
    path = f"/scripts/{day.script}"
    broken = SCRIPT.replace("id: bye", "id: bye\n    goto: nowhere")
    judged = day.guide.call("POST", "/scripts/validate", {"yaml_content": broken})
    check(not judged["valid"], f"a step that leads nowhere is found: {judged['errors'][0]}")
    for decision in ("submit", "approve"):
        day.guide.call("POST", f"{path}/{decision}", {})
    task = day.task("publish", "script_publish", {"script_id": day.script})
    _succeeds(day, task)
    again = _succeeds(day, task)
    check("noop" in str(again["execution_data"]), "the same version again: nothing to do")


def _start_by_cron(day: Day) -> None:
    say("\n== they are started every morning")
    config: Json = {
        "tags": [day.name],
        "ready": {"timeout_seconds": 20, "stable_for_seconds": 0.5},
        "accept_partial": True,
    }
    morning = {"cron": "0 8 * * 1-5", "timezone": ZONE}
    task = day.task(
        "start", "account_start", config, task_type="scheduled", schedule_config=morning
    )
    told = day.guide.call("GET", f"/automation-tasks/{task}")
    say(f"   next: {told['next_run_at']}")
    soon = datetime.now(ZoneInfo(ZONE)) + SOON
    shortly = {"cron": f"{soon.second} {soon.minute} {soon.hour} * * *", "timezone": ZONE}
    day.guide.call("PUT", f"/automation-tasks/{task}", {"schedule_config": shortly})
    log = day.guide.until("its run is in the log", lambda: _ended(day, task))
    said = log["result"] or log["error_message"]
    check((log["trigger"], log["status"]) == ("schedule", "success"), f"the cron did it: {said}")
    for who in ("mina", "jun"):
        _answers(day, day.wait_for_state(who, "working"), who)
    day.guide.call("PUT", f"/automation-tasks/{task}", {"schedule_config": morning})


def _answers(day: Day, account: Json, who: str) -> None:
    """See that there is a process, and that it plays what was published."""
    version = day.guide.call("GET", f"/scripts/{day.script}/pointers")[0]["sha256"]
    check(
        account["pid"] and account["running_script_version"] == version,
        f"{who} is process {account['pid']} and plays {version[:8]}",
    )


def _watch(day: Day) -> None:
    say("\n== alerts are checked every minute; whose alert fires is stopped")
    rule = {
        "name": f"account down {day.name}",
        "rule_type": "account_offline",
        "alert_level": "error",
        "threshold_operator": ">=",
        "threshold_value": 1,
        "rule_conditions": {"tags": [day.name]},
    }
    made = day.guide.call("POST", "/alert-rules", rule, expect=201)
    day.guide.tidy(f"/alert-rules/{made['id']}")
    day.task(
        "stop what is down",
        "account_stop",
        {"account_ids": ["none"]},
        task_type="triggered",
        trigger_config={
            "subject": "event.alert.firing",
            "condition": f"rule == '{rule['name']}'",
            "map": {"account_ids": ["{{ event.data.labels.account_id }}"]},
        },
    )
    every_minute = {"cron": "* * * * *"}
    checking = day.task(
        "check",
        "alert_check",
        {"rules": [rule["name"]]},
        task_type="scheduled",
        schedule_config=every_minute,
    )
    day.wait_for_state("broken", "quarantined", "failed")
    found = day.guide.until(
        "an alert is found",
        lambda: (
            row if (row := _succeeds(day, checking))["execution_data"] and _alerts(row) else None
        ),
    )
    check(True, f"a check that finds something is a success: {found['result']}")
    day.guide.until(
        "the broken one is to stop", lambda: day.account("broken")["desired"] == "stopped"
    )
    day.wait_for_state("broken", "stopped")
    check(day.account("mina")["state"] == "working", "the broken one was stopped, and no other")


def _back_up(day: Day) -> None:
    say("\n== every night a backup that was restored once")
    nightly = {"cron": "30 2 * * *", "timezone": ZONE}
    config = {"folder": f"night-{day.name}", "verify": "restore", "keep_daily": 7}
    task = day.task(
        "backup",
        "data_backup",
        config,
        task_type="scheduled",
        schedule_config=nightly,
        timeout_seconds=300,
    )
    _succeeds(day, task)
    (backup,) = day.guide.call("GET", f"/backups?task_id={task}")["items"]
    check(backup["state"] == "verified", f"{backup['size']:,} bytes, restored and counted")


def _tell(day: Day) -> None:
    say("\n== the log of each task")
    for name, task in day.tasks.items():
        for row in day.guide.call("GET", f"/automation-tasks/{task}/logs?limit=2"):
            say(f"   {name:18} {row['status']:8} {row['result'] or row['error_message']}")
    stop = day.task("stop all", "account_stop", {"tags": [day.name], "drain": {"mode": "now"}})
    _succeeds(day, stop)
    for who in ("mina", "jun"):
        day.wait_for_state(who, "stopped")
    check(True, "and in the evening all of them are stopped")


def _succeeds(day: Day, task: str) -> Json:
    """Run a task by hand; return its row once it has ended well."""
    row = day.guide.ended(day.guide.run(task))
    check(row["status"] == "success", row["result"] or row["error_message"])
    return row


def _ended(day: Day, task: str) -> Json | None:
    rows = day.guide.call("GET", f"/automation-tasks/{task}/logs?limit=1")
    return rows[0] if rows and rows[0]["completed_at"] else None


def _alerts(row: Json) -> int:
    return int(row["execution_data"]["result"]["alerts_found"])


def main() -> int:
    """Show the day; return 1 at the first thing that is not as it should be."""
    try:
        with Guide() as guide:
            show(guide)
    except httpx.HTTPError as error:
        say(f"the system does not answer: {error!r}")
        return 1
    say("\nEverything was as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
