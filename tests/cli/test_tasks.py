"""`automation task`: list, change and run tasks over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell


def test_the_life_of_a_task(shell: Shell) -> None:
    made = shell.ok(
        *("task", "create", "life", "--action", "noop", "--cron", "0 3 * * *"),
        *("--timezone", "Asia/Taipei", "--set", "retry.max_attempts=2", "-o", "json"),
    ).json

    assert made["task_type"] == "scheduled"
    assert made["schedule_config"] == {"cron": "0 3 * * *", "timezone": "Asia/Taipei"}
    assert made["retry"]["max_attempts"] == 2
    assert shell.ok("task", "get", "life", "-o", "json").json["id"] == made["id"]
    assert shell.ok("task", "get", made["id"][:8], "-o", "name").out.strip() == made["id"]
    shell.ok("task", "edit", "life", "--set", "retry.max_attempts=5", "--set", "priority=1")
    edited = shell.ok("task", "get", "life", "-o", "json").json
    assert (edited["retry"]["max_attempts"], edited["priority"]) == (5, 1)
    assert edited["retry"]["backoff"] == made["retry"]["backoff"], "the rest of the field stays"
    shell.ok("task", "disable", "life")
    assert shell.ok("task", "get", "life", "-o", "json").json["enabled"] is False
    shell.ok("task", "enable", "life")
    shell.ok("task", "delete", "life", "--yes")
    assert shell("task", "get", "life").code == 3


def test_data_is_on_stdout_and_words_on_stderr(shell: Shell) -> None:
    shell.task("split")
    listed = shell.ok("task", "list", "-q", "name:split", "-o", "json")
    disabled = shell.ok("task", "disable", "split")

    assert [each["name"] for each in listed.json] == ["split"]
    assert listed.err == ""
    assert (disabled.out, disabled.err) == ("", "split is off.\n")
    assert shell.ok("task", "list", "-q", "name:nobody").err == "Nothing found.\n"
    assert shell.ok("task", "list", "-q", "name:nobody", "-o", "json").out == "[]\n"


def test_every_output(shell: Shell) -> None:
    id_ = shell.task("outputs")
    words = ("task", "list", "-q", "name:outputs")

    assert shell.ok(*words, "-o", "name").lines == [id_]
    assert json.loads(shell.ok(*words, "-o", "jsonl").lines[0])["id"] == id_
    assert shell.ok(*words, "-o", "yaml").lines[0] == f"- id: {id_}"
    assert shell.ok(*words, "-o", "json", "--fields", "name,last_run.status").json == [
        {"name": "outputs", "last_run.status": None}
    ]
    assert shell.ok(*words, "--fields", "name,task_type").lines == [
        "NAME     TYPE",
        "outputs  manual",
    ]
    assert shell.ok("-o", "name", *words).lines == [id_], "options stand before the words, too"
    assert "PRIORITY" in shell.ok(*words, "-o", "wide").out
    assert "PRIORITY" not in shell.ok(*words).out


def test_a_limit_is_kept_and_told_and_pages_are_followed(shell: Shell) -> None:
    ids = {shell.task(f"page-{number:03}") for number in range(7)}

    few = shell.ok("task", "list", "-q", "name:page-*", "--limit", "3", "-o", "name")
    assert len(few.lines) == 3
    assert "--limit 0 shows all" in few.err
    assert (
        set(shell.ok("task", "list", "-q", "name:page-*", "--limit", "0", "-o", "name").lines)
        == ids
    )


def test_a_dry_run_tells_and_changes_nothing(shell: Shell) -> None:
    id_ = shell.task("dry")
    told = shell.ok(
        "task",
        "edit",
        "dry",
        "--set",
        "task_type=scheduled",
        "--set",
        "schedule_config.cron=0 1 * * *",
        "--dry-run",
    )

    assert "7 fires more" in told.out
    assert "Nothing was changed" in told.err
    assert shell.ok("task", "get", id_, "-o", "json").json["task_type"] == "manual"
    plan = shell.ok("task", "delete", "dry", "--dry-run", "-o", "json").json
    assert plan["dry_run"] is True
    assert shell("task", "get", id_).code == 0


def test_what_cannot_be_rehearsed_is_not_done(shell: Shell) -> None:
    id_ = shell.task("not rehearsed")
    said = shell("task", "run", "not rehearsed", "--dry-run")

    assert said.code == 2
    assert "--dry-run makes no sense" in said.err
    assert shell.ok("run", "list", "--task", id_, "-o", "json").json == []


def test_two_of_the_same_name_are_told_apart_by_their_ids(shell: Shell) -> None:
    ids = [shell.task("twin"), shell.task("twin")]
    said = shell("task", "get", "twin")

    assert said.code == 5
    assert all(id_ in said.err for id_ in ids)


def test_an_edit_goes_only_to_the_version_that_was_looked_at(shell: Shell, tmp_path: Path) -> None:
    shell.task("contended")
    rival = tmp_path / "rival"
    rival.write_text(
        # An editor gets no token from us; the rival has one of their own.
        f"#!/bin/sh\nexport AUTOMATION_TOKEN={shell.env['AUTOMATION_TOKEN']}\n"
        "automation task edit contended --set description=theirs >/dev/null\n"
        'echo "description: mine" >> "$1"\n'
    )
    rival.chmod(0o755)
    said = shell("task", "edit", "contended", EDITOR=str(rival))

    assert said.code == 5
    assert "Somebody has changed it" in said.err
    kept = Path(said.err.split("Your text: ")[1].strip())
    assert "description: mine" in kept.read_text()
    kept.unlink()
    assert shell.ok("task", "get", "contended", "-o", "json").json["description"] == "theirs"


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("true", 0, "Nothing was changed."),
        ("false", 1, "nothing was saved"),
        ("sed -i s/noop/nope/", 2, "Your text: "),
        ("sed -i s/task_action/task_aktion/", 2, "unknown: task_aktion"),
    ],
)
def test_what_an_editor_leaves(shell: Shell, script: str, code: int, words: str) -> None:
    id_ = shell.task(f"editor {code} {script[:8]}")
    said = shell("task", "edit", id_, EDITOR=script)

    assert said.code == code, said
    assert words in said.err
    assert shell.ok("task", "get", id_, "-o", "json").json["version"] == 1


def test_a_field_taken_out_in_the_editor_is_as_never_set(shell: Shell) -> None:
    id_ = shell.task("taken out", retry={"max_attempts": 4}, priority=1)
    shell.ok("task", "edit", id_, EDITOR="sed -i -e /priority/d -e /^retry/,/retry_on/d")
    found = shell.ok("task", "get", id_, "-o", "json").json

    assert (found["retry"], found["priority"]) == (None, 3)


def test_without_a_terminal_nothing_is_asked(shell: Shell) -> None:
    id_ = shell.task("unasked")
    said = shell("task", "delete", id_)

    assert said.code == 2
    assert said.err == "Delete unasked? Say so with --yes.\n"
    assert shell("task", "get", id_).code == 0


def test_many_are_switched_by_a_query(shell: Shell) -> None:
    for number in range(3):
        shell.task(f"flock-{number}")
    planned = shell.ok("task", "disable", "-q", "name:flock-*", "--dry-run", "-o", "json").json
    assert planned["total"] == 3
    shell.ok("task", "disable", "-q", "name:flock-*", "--yes")

    listed = shell.ok("task", "list", "-q", "name:flock-*", "-o", "json").json
    assert [each["enabled"] for each in listed] == [False] * 3


def test_history_figures_and_graph(shell: Shell) -> None:
    first = shell.task("up")
    shell.task("down", depends_on={"tasks": [first]})
    shell.ok("task", "run", "up", "--wait")

    (fire,) = shell.ok("task", "history", "up", "-o", "json").json
    assert fire["outcome"] == "fired"
    figures = shell.ok("task", "stats", "up").lines
    assert figures[0].split()[:3] == ["WINDOW", "RUNS", "SUCCESS"]
    assert figures[1].split()[:4] == ["24h", "1", "100.0", "%"]
    edges = shell.ok("task", "graph", "down").lines
    assert edges[1].split()[:3] == ["up", "down", "all_success"]


def test_the_page_of_a_task(shell: Shell, alone: Shell) -> None:
    id_ = shell.task("on the page")

    assert shell.ok("task", "get", id_, "--web").out.endswith(f"/tasks/{id_}\n")
    assert (
        alone.ok("task", "list", "--web", "--server", "https://a.example").out
        == "https://a.example/tasks\n"
    )
