"""Schedules, triggers, events, queues, executors, templates, channels, tokens, users, audit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell


def test_the_next_times_and_what_they_mean(shell: Shell) -> None:
    words = ("schedule", "preview", "0 9 * * 1-5", "--timezone", "Asia/Taipei")
    told = shell.ok(*words, "--after", "2026-03-01T00:00Z", "--count", "2")

    assert told.lines[1].split()[0] == "2026-03-02T09:00:00+08:00"
    assert "Monday to Friday at 09:00" in told.err
    assert "週一至週五 09:00" in shell.ok(*words, "--lang", "zh-TW").err
    assert shell.ok("schedule", "explain", "*/5 * * * *").out == "Every 5 minutes\n"
    assert shell("schedule", "preview").code == 2
    assert shell("schedule", "preview", "99 * * * *").code == 2


def test_the_times_between_two_times(shell: Shell) -> None:
    words = ("schedule", "matching", "0 0 * * *", "--tz", "UTC", "-o", "name", "--limit", "0")
    found = shell.ok(*words, "--from", "2026-01-01", "--to", "2026-06-01").lines

    assert len(found) == 151, "more than one page"
    assert (found[0], found[-1]) == ("2026-01-01T00:00:00Z", "2026-05-31T00:00:00Z")


def test_a_backfill_is_told_asked_and_done(shell: Shell) -> None:
    id_ = shell.task(
        "backfilled", task_type="scheduled", schedule_config={"cron": "0 * * * *"}, enabled=False
    )
    words = (
        "schedule",
        "backfill",
        id_,
        "--from",
        "2026-01-01T00:00Z",
        "--to",
        "2026-01-01T03:00Z",
    )

    assert shell.ok(*words, "--dry-run", "-o", "json").json["fires"] == 3
    assert shell(*words).code == 2
    assert shell.ok(*words, "--yes", "-o", "json").json["fires"] == 3


CRONTAB = """\
MAILTO=ops@example.com
CRON_TZ=Asia/Taipei
# nightly report
0 3 * * * /usr/bin/report --all > /dev/null
*/10 * * * * /usr/bin/poll
61 * * * * /usr/bin/broken
"""


def test_a_crontab_becomes_tasks_once(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "crontab"
    file.write_text(CRONTAB)
    words = ("schedule", "import-crontab", str(file), "--disabled")
    rehearsed = shell(*words, "--dry-run")
    assert rehearsed.code == 1, "a line cannot be read"
    assert "line 6: " in rehearsed.err
    first = shell(*words, "--yes", "-o", "json")
    again = shell(*words, "--yes", "-o", "json")

    assert [each["schedule_config"] for each in first.json] == [
        {"cron": "0 3 * * *", "timezone": "Asia/Taipei"},
        {"cron": "*/10 * * * *", "timezone": "Asia/Taipei"},
    ]
    assert first.json[0]["action_config"]["argv"] == [
        "/bin/sh",
        "-c",
        "/usr/bin/report --all > /dev/null",
    ]
    assert again.json == []
    assert "already" in again.err
    assert "MAILTO" in first.err
    assert "AUTOMATION_SHELL" in first.err
    as_yaml = shell(*words, "--yaml")
    assert shell("validate", "-f", "-", stdin=as_yaml.out).code == 0


def test_a_rehearsed_crontab_says_which_tasks(shell: Shell) -> None:
    told = shell.ok("schedule", "import-crontab", "-", "--dry-run", stdin="@daily /opt/rehearsed\n")

    assert "/opt/rehearsed" in told.out
    assert told.lines[1].endswith("Every day at 00:00")
    assert shell.ok("task", "list", "-q", "name:/opt/rehearsed*", "-o", "name").lines == []


def test_a_command_of_a_crontab_does_what_crond_would_do(shell: Shell) -> None:
    crontab = """\
SHELL=/bin/bash
WHO="the day"
0 3 * * * read -r line; echo "$WHO: $(date -u -d @0 "+\\%F") $line ${BASH_VERSION:+bash}"%one%two
"""
    made = shell.ok("schedule", "import-crontab", "-", "--yes", "-o", "json", stdin=crontab)
    (task,) = made.json
    assert task["action_config"]["stdin"] == "one\ntwo\n"

    shell.ok("task", "run", task["id"], "--wait")
    log = shell.ok("run", "logs", f"latest:{task['name']}").out
    assert "the day: 1970-01-01 one bash" in log
    assert made.err.count("\n") == 1, "nothing is left to look at but where it runs"


def test_a_trigger_is_tried_made_and_taken_away(shell: Shell) -> None:
    shell.task("triggered")
    shell.ok(
        "event", "publish", "--source", "cli-shop", "--type", "order.paid", "--data", "amount=42"
    )
    trigger = ("--subject", "event.cli-shop.>", "--condition", "amount > 40")
    tried = shell.ok("trigger", "test", *trigger, "--last", "5")
    assert tried.lines[1].split()[-1] == "yes" or "yes" in tried.lines[1]
    assert "it would have fired 1 times" in tried.err
    refused = shell.ok(
        "trigger", "test", "--subject", "event.cli-shop.>", "--condition", "amount > 99"
    )
    assert "condition: amount > 99" in refused.out

    shell.ok("trigger", "create", "triggered", *trigger)
    assert shell.ok("trigger", "get", "triggered", "-o", "json").json["condition"] == "amount > 40"
    assert "triggered" in shell.ok("trigger", "list", "--fields", "name").lines
    shell.ok("trigger", "delete", "triggered", "--yes")
    assert shell("trigger", "get", "triggered").code == 2


def test_events_are_told_as_they_come(shell: Shell) -> None:
    tail = shell.background("event", "tail", "--source", "cli-tail")
    for number in range(50):
        shell.ok("event", "publish", "--source", "cli-tail", "--type", "x", "--data", f"n={number}")
        if "cli-tail" in tail.out:
            break
    tail.until_said("cli-tail")
    tail.interrupt()

    assert tail.ended().code == 130


def test_the_same_event_is_taken_once(shell: Shell) -> None:
    words = ("event", "publish", "--source", "cli-once", "--type", "x", "--id", "one", "-o", "json")

    assert shell.ok(*words).json[0]["status"] == "accepted"
    assert shell.ok(*words).json[0]["status"] == "duplicate"


def test_a_queue_is_limited_paused_and_resumed(shell: Shell) -> None:
    shell.ok("queue", "limit", "cli-queue", "--concurrency", "3")
    shell.ok(
        "queue", "limit", "cli-queue", "--concurrency", "1", "--for", "1h", "--reason", "night"
    )
    found = shell.ok("queue", "get", "cli-queue", "-o", "json").json
    assert (found["concurrency"], found["override"]["concurrency"]) == (3, 1)
    shell.ok("queue", "limit", "cli-queue", "--reset")
    shell.ok("queue", "limit", "cli-queue", "--concurrency", "none")
    shell.ok("queue", "pause", "cli-queue", "--for", "1h", "--reason", "maintenance")
    paused = shell.ok("queue", "get", "cli-queue", "-o", "json").json
    shell.ok("queue", "resume", "cli-queue")
    found = shell.ok("queue", "get", "cli-queue", "-o", "json").json

    assert paused["pause"]["reason"] == "maintenance"
    assert (found["paused"], found["concurrency"], found["override"]) == (False, None, None)
    assert shell("queue", "pause", "--all").code == 2, "asks before it stops everything"
    assert shell.ok("queue", "dead-letters", "-o", "json").json == []
    assert shell("queue", "dead-letters", "1").code == 2


def test_dead_runs_are_requeued(shell: Shell) -> None:
    shell.task(
        "dies",
        action_config={"fail": True},
        retry={"max_attempts": 2, "initial_interval_seconds": 1},
    )
    shell("task", "run", "dies", "--wait")
    dead = shell.ok("queue", "dead-runs", "--task", "dies", "-o", "name").lines
    assert len(dead) == 1
    shell.ok("queue", "dead-runs", *dead, "--discard", "--yes")

    assert shell.ok("queue", "dead-runs", "--task", "dies", "-o", "name").lines == []


def test_an_executor_is_drained_and_resumed(shell: Shell) -> None:
    (id_,) = shell.ok("executor", "list", "-o", "name").lines
    shell.ok("executor", "drain", id_[:8], "--reason", "kernel", "--wait")
    drained = shell.ok("executor", "get", id_, "-o", "json").json
    shell.ok("executor", "resume", id_)

    assert drained["drain"]["reason"] == "kernel"
    assert shell.ok("executor", "get", id_, "-o", "json").json["drain"] is None
    assert shell("executor", "get", "nobody").code == 3


def test_a_template_is_used(shell: Shell) -> None:
    ids = shell.ok("template", "list", "-o", "name").lines
    shown = shell.ok("template", "show", ids[0], "-o", "json").json
    params = json.dumps(shown["example"])
    words = ("template", "use", ids[0], "-f", "-", "--set", "name=of a template")

    assert shell.ok(*words, "--dry-run", stdin=params).out
    assert shell.ok(*words, "-o", "json", stdin=params).json["name"] == "of a template"


def test_a_channel_keeps_its_secret(shell: Shell, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("url: http://127.0.0.1:1/hook\n")
    shell.ok(
        "notify", "channel", "set", "cli-hook", "--kind", "webhook", "--secret-file", str(secret)
    )
    found = shell.ok("notify", "channel", "get", "cli-hook", "-o", "json")

    assert found.json["has_secret"] is True
    assert "/hook" not in found.out
    assert shell("notify", "channel", "set", "cli-hook", "--set", "secret.url=x").code == 2
    tested = shell("notify", "test", "cli-hook")
    assert tested.code == 1
    assert tested.lines[0].split() == ["ARRIVED", "no"]
    shell.ok("notify", "channel", "delete", "cli-hook", "--yes")


def test_a_calendar(shell: Shell) -> None:
    shell.ok(
        "calendar",
        "set",
        "cli-days",
        "--set",
        'holidays=["2030-10-10"]',
        "--set",
        "timezone=Asia/Taipei",
    )

    assert shell.ok("calendar", "get", "cli-days", "-o", "json").json["holidays"] == ["2030-10-10"]
    shell.ok("calendar", "delete", "cli-days", "--yes")


def test_tokens_over_http(shell: Shell) -> None:
    made = shell.ok("token", "create", "of the cli", "--scope", "tasks:read", "-o", "json").json
    listed = shell.ok("token", "list", "-q", "of the cli", "-o", "json")
    assert [each["id"] for each in listed.json] == [made["id"]]
    assert made["token"] not in listed.out
    shell.ok("token", "revoke", made["id"], "--yes")

    assert shell("task", "list", AUTOMATION_TOKEN=made["token"]).code == 4


def test_users_over_http(shell: Shell) -> None:
    link = shell.ok("user", "create", "cli-ann", "--role", "viewer").out.strip()
    assert link.startswith("http://127.0.0.1:")
    shell.ok("user", "set-role", "cli-ann", "--role", "editor")
    shell.ok("user", "disable", "cli-ann")
    found = shell.ok("user", "get", "cli-ann", "-o", "json").json
    assert (found["role"], found["disabled"]) == ("editor", True)
    refused = shell("user", "unlink", "cli-ann", "--yes")
    assert (refused.code, "linked to no" in refused.err) == (5, True)
    shell.ok("user", "delete", "cli-ann", "--yes")

    assert shell("user", "get", "cli-ann").code == 3


def test_who_changed_what(shell: Shell) -> None:
    id_ = shell.task("audited")
    (entry,) = shell.ok("audit", "list", "--subject", id_, "-o", "json").json
    assert entry["verb"] == "task.created"
    lines = shell.ok("audit", "export", "--subject", id_).lines
    assert json.loads(lines[0])["subject_id"] == id_
    table = shell.ok("audit", "export", "--subject", id_, "--format", "csv").lines
    assert table[0].lstrip("\ufeff").startswith("id,")


def test_any_endpoint(shell: Shell) -> None:
    assert shell.ok("api", "GET", "/queues", "-o", "json").json[0]["name"]
    assert (
        shell.ok("api", "GET", "/task-list", "--query-param", "q=name:nobody", "-o", "json").json[
            "items"
        ]
        == []
    )
    assert shell("api", "GET", "/no-such-thing").code == 3
    assert shell("api", "FETCH", "/queues").code == 2


@pytest.mark.parametrize("word", ["token", "user"])
def test_on_the_host_the_database_is_asked(shell: Shell, word: str) -> None:
    said = shell(
        word, "list", "--local", AUTOMATION_DATABASE_URL="postgresql://127.0.0.1:1/nothing"
    )

    assert said.code == 1, "there is no such database, though there is a server"
