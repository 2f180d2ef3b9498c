"""`apply`, `diff`, `validate`, `export`: things as files say, and files as things are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.cli.client import Client
from services.cli.contexts import Place
from services.cli.deadline import Deadline
from services.cli.desk import Desk
from services.cli.failures import Conflicting
from services.cli.language import speak
from services.cli.manifests.applying import carry_out
from services.cli.manifests.documents import read
from services.cli.manifests.ownership import marked, owner_of, unmarked
from services.cli.manifests.planning import Planner
from services.cli.manifests.resources import RESOURCES
from services.cli.manifests.writing import text_of
from services.cli.options import Wishes
from tests.cli.shell import Shell
from tests.support.system import System

OPENAPI = Path(__file__).parents[2] / "services/api/openapi.json"
#: The model that the API takes, per kind, and what of it is no declaration.
TAKEN = {
    "task": ("TaskCreate", {"name"}),
    "calendar": ("CalendarPut", set[str]()),
    "queue": ("QueuePut", {"paused"}),
    "channel": ("ChannelPut", {"secret"}),
    "alert-rule": ("AlertRuleCreate", {"name"}),
}

SET = """\
# What payments runs at night.
kind: channel
name: {p}-desk
owner: {p}
spec:
  kind: email   # no secret in here
  config: {{to: [desk@example.com]}}
---
kind: calendar
name: {p}-days   # national days
owner: {p}
spec:
  timezone: Asia/Taipei
  holidays: [2030-10-10, 2031-01-01]
---
kind: queue
name: {p}-slow
owner: {p}
spec: {{concurrency: 3}}
---
kind: alert-rule
name: {p}-errors
owner: {p}
spec:
  rule_type: error_rate
  threshold_value: 10
---
kind: task
name: {p}-mail
owner: {p}
spec:
  task_type: manual
  task_action: noop
  # Named before it is made:
  depends_on:
    tasks: [{p}-report]
---
kind: task
name: {p}-report
owner: {p}
spec:
  task_type: scheduled
  # When accounting has closed its books.
  schedule_config:
    cron: "0 3 * * *"   # three in the morning
    timezone: Asia/Taipei
  task_action: noop
  queue: {p}-slow
  retry: {{max_attempts: 5}}
  blackout:
    calendars: [{p}-days]
  notify_recipients: [{p}-desk]
"""


BAD_CRON = """\
kind: task
name: x
spec:
  task_type: scheduled
  task_action: noop
  schedule_config:
    cron: 99 * * * *
"""


def manual(name: str, more: str) -> str:
    """Return a document of a task that is run by hand."""
    return f"kind: task\nname: {name}\nspec: {{task_type: manual, task_action: noop, {more}}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file with one of each kind, under names of this test alone."""
    made = tmp_path / "payments.yaml"
    made.write_text(SET.format(p=f"p{abs(hash(tmp_path)) % 10**8}"))
    return made


def test_the_fields_are_those_that_the_api_takes() -> None:
    schemas = json.loads(OPENAPI.read_text())["components"]["schemas"]

    assert {kind: set(resource.fields) for kind, resource in RESOURCES.items()} == {
        kind: set(schemas[model]["properties"]) - others for kind, (model, others) in TAKEN.items()
    }


def test_applied_twice_it_changes_nothing(shell: Shell, file: Path) -> None:
    assert shell("diff", "-f", str(file)).code == 1
    first = shell.ok("apply", "-f", str(file))
    second = shell.ok("apply", "-f", str(file), "-o", "json")

    assert "6 to create, 0 to change" in first.err
    assert second.json == []
    compared = shell("diff", "-f", str(file))
    assert (compared.code, compared.out) == (0, "")
    shell.ok("validate", "-f", str(file))


def test_the_plan_is_shown_and_a_dry_run_stops_there(shell: Shell, file: Path) -> None:
    planned = shell.ok("apply", "-f", str(file), "--dry-run")

    assert [line[0] for line in planned.lines if line[0] != " "] == ["+"] * 6
    assert "7 fires more" in planned.out
    assert shell("diff", "-f", str(file)).code == 1, "nothing was made"
    kinds = [each["kind"] for each in shell("diff", "-f", str(file), "-o", "json").json]
    assert kinds == ["channel", "calendar", "queue", "alert-rule", "task", "task"]


def test_drift_is_told_field_by_field_and_mended(shell: Shell, file: Path) -> None:
    shell.ok("apply", "-f", str(file))
    name = file.read_text().split("name: ")[-1].split("\n")[0]
    shell.ok("task", "edit", name, "--set", "schedule_config.cron=0 4 * * *", "--set", "priority=1")
    drift = shell("diff", "-f", str(file))

    assert drift.code == 1
    assert '    schedule_config.cron: "0 4 * * *" → "0 3 * * *"' in drift.lines
    assert "priority" not in drift.out, "what the document does not say stays as it is"
    shell.ok("apply", "-f", str(file))
    found = shell.ok("task", "get", name, "-o", "json").json
    assert (found["schedule_config"]["cron"], found["priority"]) == ("0 3 * * *", 1)


def test_what_is_exported_is_what_is_applied(shell: Shell, file: Path, tmp_path: Path) -> None:
    shell.ok("apply", "-f", str(file))
    exported = tmp_path / "exported.yaml"
    exported.write_text(shell.ok("export").out)

    compared = shell("diff", "-f", str(exported))
    assert (compared.code, compared.out) == (0, ""), compared
    assert "secret" not in exported.read_text()


def test_a_file_is_brought_up_to_date_with_its_comments(shell: Shell, file: Path) -> None:
    shell.ok("apply", "-f", str(file))
    name = file.read_text().split("name: ")[-1].split("\n")[0]
    shell.ok("task", "edit", name, "--set", "schedule_config.cron=0 4 * * *", "--set", "priority=1")
    before = file.read_text()
    shell.ok("export", "--into", str(file))
    after = file.read_text()

    assert [line for line in before.splitlines() if "#" in line and "cron" not in line] == [
        line for line in after.splitlines() if "#" in line and "cron" not in line
    ], "comments stay, and so do the lines that bear them"
    assert 'cron: "0 4 * * *"   # three in the morning' in after
    assert "priority: 1" in after
    id_ = shell.ok("task", "get", name, "-o", "name").out.strip()
    assert f"id: {id_}" in after
    assert shell("diff", "-f", str(file)).code == 0
    shell.ok("export", "--into", str(file))
    assert file.read_text() == after, "the second time nothing changes"


def test_an_id_outlives_a_name(shell: Shell, file: Path) -> None:
    shell.ok("apply", "-f", str(file))
    shell.ok("export", "--into", str(file))
    name = file.read_text().split("name: ")[-1].split("\n")[0]
    file.write_text(file.read_text().replace(f"name: {name}", f"name: {name}-renamed"))
    changed = shell("diff", "-f", str(file), "-o", "json").json

    assert [each["path"] for step in changed for each in step["changes"]] == ["name"]


def test_only_what_bears_the_mark_is_pruned_and_only_if_somebody_says_so(
    shell: Shell, file: Path
) -> None:
    shell.ok("apply", "-f", str(file))
    owner = file.read_text().split("owner: ")[1].split("\n")[0]
    stranger = shell.task(f"{owner}-stranger")
    kept, gone = file.read_text().split("---\n")[:5], f"{owner}-report"
    file.write_text("---\n".join(kept[:4]))
    words = ("apply", "-f", str(file), "--prune", "--owner", owner)

    assert shell("apply", "-f", str(file), "--prune").code == 2
    unasked = shell(*words)
    assert unasked.code == 2
    assert gone in unasked.err
    assert shell("task", "get", gone).code == 0
    shell.ok(*words, "--yes")
    assert shell("task", "get", gone).code == 3
    assert shell("task", "get", stranger).code == 0
    assert shell("diff", "-f", str(file), "--prune", "--owner", owner).code == 0


def test_what_has_no_id_is_pruned_beside_what_stays(shell: Shell, file: Path) -> None:
    shell.ok("apply", "-f", str(file))
    owner = file.read_text().split("owner: ")[1].split("\n")[0]
    stays, goes = (shell.folder / name for name in ("stays.yaml", "goes.yaml"))
    for each in (stays, goes):
        each.write_text(
            f"kind: queue\nname: {owner}-{each.stem}\nowner: {owner}\nspec: {{concurrency: 1}}\n"
        )
    shell.ok("apply", "-f", str(stays), "-f", str(goes))

    words = ("--prune", "--owner", owner, "--yes")
    said = shell.ok("apply", "-f", str(file), "-f", str(stays), *words, "-o", "json")

    assert [(each["action"], each["name"]) for each in said.json] == [("delete", f"{owner}-goes")]
    assert shell("queue", "get", f"{owner}-goes").code == 3


def test_what_changed_after_the_plan_is_not_deleted(shell: Shell, system: System) -> None:
    owner = "raced"
    id_ = shell.task("raced", description="[owner:raced]")
    place = Place(server=system.api_url, source="test", token=system.token)
    desk = Desk(Wishes())
    desk.client = Client(place, deadline=Deadline(30))
    steps = [each for each in Planner(desk, []).surplus(owner) if each.key == id_]
    shell.ok("task", "edit", id_, "--set", "description=mine now")

    with pytest.raises(Conflicting, match="0 of the planned changes"):
        list(carry_out(desk, steps, []))
    desk.client.close()

    assert shell("task", "get", id_).code == 0


def test_each_fault_is_told_with_its_line(shell: Shell, tmp_path: Path) -> None:
    circle = [manual("a", "depends_on: {tasks: [b]}"), manual("b", "depends_on: {tasks: [a]}")]
    faults = {
        "kind: task\nname: x\nspec:\n  task_type: manual\n  task_aktion: noop\n": (
            ":1: a task has no: task_aktion"
        ),
        "kind: tusk\nname: x\n": ":1: There is no kind 'tusk'",
        "kind: task\nspec: {}\n": ":1: a name is missing",
        "kind: task\nname: x\nname: y\n": ':3: found duplicate key "name"',
        "kind: task\nname: [\n": ":3: ",
        "- 1\n": ":1: a document is a mapping",
        BAD_CRON: ":7: task x: schedule_config.cron: ",
        "---\n".join(circle): "A circle of dependencies",
        manual("a", "dependent_tasks: [nobody]"): "0 tasks are named 'nobody'",
        "kind: queue\nname: q\n---\nkind: queue\nname: q\n": ":4: queue q: is in",
    }
    wrong = tmp_path / "wrong.yaml"
    for text, told in faults.items():
        wrong.write_text(text)
        for command in ("validate", "diff", "apply"):
            said = shell(command, "-f", str(wrong))
            assert (said.code, told in said.err) == (2, True), said


def test_all_faults_are_told_at_once_and_nothing_is_made(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "below").mkdir(parents=True)
    good = "kind: queue\nname: made-too-early\nspec: {concurrency: 1}\n"
    (folder / "good.yaml").write_text(good)
    (folder / "below" / "one.yaml").write_text(
        "kind: task\nname: x\nspec: {task_type: manual, task_action: nope}\n"
    )
    (folder / "below" / "two.yml").write_text("kind: queue\nname: q\nspec: {concurrency: -1}\n")
    said = shell("apply", "-f", str(folder))

    assert said.code == 2
    assert "one.yaml:3: task x" in said.err
    assert "two.yml:3: queue q" in said.err
    assert shell("queue", "get", "made-too-early").code == 3
    assert shell.ok("apply", "-f", "-", stdin=good).code == 0


def test_the_mark_of_an_owner() -> None:
    assert marked("nightly", "payments") == "nightly [owner:payments]"
    assert marked(None, "payments") == "[owner:payments]"
    assert unmarked("nightly [owner:payments]") == "nightly"
    assert owner_of("nightly [owner:payments]") == "payments"
    assert owner_of("about [owner:payments] things") is None
    assert marked("nightly [owner:old]", "new") == "nightly [owner:new]"


def test_a_document_is_written_as_it_was_read() -> None:
    speak("en")
    text = SET.format(p="x")

    assert text_of([each.source for each in read("f", text)]) == text
