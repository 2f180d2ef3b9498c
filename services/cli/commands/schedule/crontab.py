"""`automation schedule import-crontab`: lines of a crontab as tasks."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import read_text
from services.cli.commands.schedule.branch import ZONE, schedule
from services.cli.desk import Desk
from services.cli.failures import Failed
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.tree import argument, option


@schedule.leaf(
    "import-crontab",
    both(
        "Make tasks of the lines of a crontab; - is stdin. Commands become shell actions.",
        "將 crontab 各行轉為任務；- 為標準輸入。命令會成為 shell 動作。",
    ),
    argument("file", metavar="FILE"),
    ZONE,
    option(
        "--user-column",
        metavar="auto|yes|no",
        default="auto",
        help=both("Whether the sixth field is a user.", "第六欄是否為使用者。"),
    ),
    option("--disabled", is_flag=True, help=both("Create them switched off.", "建立後先停用。")),
    option(
        "--yaml",
        "as_yaml",
        is_flag=True,
        help=both("Print YAML for apply; create nothing.", "只輸出 apply 用的 YAML，不建立。"),
    ),
    takes={"dry_run"},
)
def import_crontab(
    desk: Desk, *, file: str, timezone: str | None, user_column: str, disabled: bool, as_yaml: bool
) -> int:
    body = {
        "text": read_text(file),
        "timezone": timezone or desk.wishes.tz,
        "user_column": user_column,
    }
    read = desk.client.call("POST", "/schedules/parse-crontab", body=body).body["lines"]
    jobs = [each for each in read if each["kind"] == "job"]
    for each in jobs:
        for note in (*each["problems"], *each["notes"]):
            desk.say(both(f"line {each['line']}: ", f"第 {each['line']} 行：") + note["detail"])
    good = [each for each in jobs if each["schedule_config"] is not None]
    tasks = [_task_of(each, enabled=not disabled) for each in good]
    failed = len(jobs) - len(good)
    if as_yaml:
        from services.cli.manifests.writing import text_of  # noqa: PLC0415 - heavy

        sys.stdout.write(text_of([_document(each) for each in tasks]))
        return Failed.exit_code if failed else 0
    desk.confirm(both(f"Create {len(tasks)} tasks?", f"要建立 {len(tasks)} 個任務嗎？"))
    made = []
    for each in tasks:
        if finding.named_tasks(desk, each["name"]):
            desk.say(
                both(f"There is a task {each['name']!r} already.", f"「{each['name']}」已經存在。")
            )
            continue
        answer = desk.change("POST", TASKS, each)
        if answer is not None:
            made.append(answer.body)
    desk.out.rows(kinds.TASK, made)
    return Failed.exit_code if failed else 0


def _task_of(line: dict[str, Any], *, enabled: bool) -> dict[str, Any]:
    command = str(line["command"])
    # The same line is the same task, whenever it is imported.
    mark = uuid.uuid5(uuid.NAMESPACE_OID, line["text"]).hex[:6]
    name = (line["comment"] or command).strip().splitlines()[0][:180]
    return {
        "name": f"{name} ({mark})",
        "description": line["text"][:2000],
        "task_type": "scheduled",
        "task_action": "shell",
        "schedule_config": line["schedule_config"],
        "action_config": {"argv": ["/bin/sh", "-c", command]},
        "enabled": enabled,
    }


def _document(task: dict[str, Any]) -> dict[str, Any]:
    spec = {key: value for key, value in task.items() if key != "name"}
    return {"kind": "task", "name": task["name"], "spec": spec}
