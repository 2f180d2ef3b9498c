"""`automation schedule import-crontab`: lines of a crontab as tasks.

A command becomes what crond would run: with the shell and the variables of the lines above it, and
with what stands behind a `%` as its standard input.
"""

from __future__ import annotations

import re
import sys
import uuid
from collections.abc import Iterator
from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import read_text
from services.cli.commands.schedule.branch import ZONE, schedule
from services.cli.desk import Desk
from services.cli.failures import Failed
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.tree import argument, option

#: Notes of the API on what a schedule cannot say; the action says it.
_CARRIED_OVER = frozenset({"crontab.variable", "crontab.percent"})
#: Variables that speak to crond and not to its commands.
_OF_CROND = frozenset({"CRON_TZ", "MAILTO", "MAILFROM", "RANDOM_DELAY"})
_WHERE_THEY_RUN = both(
    "They run on executors with AUTOMATION_SHELL=on, as the executor's account and within the"
    " limits of the action (action_config.limits; by default 60 s of CPU, files of 64 MiB). Who may"
    " see a task sees its variables: a password belongs into a secret (action_config.secret_env).",
    "這些任務會在 AUTOMATION_SHELL=on 的執行器上、以執行器的帳號執行，並受動作的限制"
    "（action_config.limits，預設 CPU 60 秒、檔案 64 MiB）。看得到任務的人也看得到其中的變數，"
    "密碼請改存為機密（action_config.secret_env）。",
)


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
    for line, text in _remarks(read):
        desk.say(both(f"line {line}: ", f"第 {line} 行：") + text)
    good = [each for each in jobs if each["schedule_config"] is not None]
    around = _variables(read)
    tasks = [_task_of(each, around[each["line"]], enabled=not disabled) for each in good]
    failed = len(jobs) - len(good)
    if as_yaml:
        from services.cli.manifests.writing import text_of  # noqa: PLC0415 - heavy

        sys.stdout.write(text_of([_document(each) for each in tasks]))
        return Failed.exit_code if failed else 0
    desk.confirm(both(f"Create {len(tasks)} tasks?", f"要建立 {len(tasks)} 個任務嗎？"))
    made = [
        answer
        for line, task in zip(good, tasks, strict=True)
        if (answer := _make(desk, line, task)) is not None
    ]
    if desk.wishes.dry_run:
        desk.say(both("Nothing was changed. These would be made:", "未做任何變更。將會建立："))
    elif made:
        desk.say(_WHERE_THEY_RUN)
    desk.out.rows(kinds.TASK, made)
    return Failed.exit_code if failed else 0


def _make(desk: Desk, line: dict[str, Any], task: dict[str, Any]) -> dict[str, Any] | None:
    """Make a task, or see that it could be made; None: it is there already."""
    name = task["name"]
    if finding.named_tasks(desk, name):
        desk.say(both(f"There is a task {name} already.", f"「{name}」已經存在。"))
        return None
    asked = {"dry_run": True} if desk.wishes.dry_run else {}
    answer: dict[str, Any] = desk.client.call("POST", TASKS, body=task, params=asked).body
    told = line["description"]
    return {**task, "when": both(told["en"], told["zh-TW"])} if asked else answer


def _remarks(read: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield what is not carried over, and what cannot be."""
    for line in read:
        for each in (*line["problems"], *line["notes"]):
            if each["code"] not in _CARRIED_OVER or _name_and_value(line["text"])[0] in _OF_CROND:
                yield line["line"], each["detail"]


def _variables(read: list[dict[str, Any]]) -> dict[int, dict[str, str]]:
    """Return for each job, by its line, what the lines above it have set."""
    found: dict[int, dict[str, str]] = {}
    so_far: dict[str, str] = {}
    for line in read:
        name, value = _name_and_value(line["text"])
        if line["kind"] == "variable" and name not in _OF_CROND:
            so_far = {**so_far, name: value}
        found[line["line"]] = so_far
    return found


def _name_and_value(text: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in text.partition("="))
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return name.strip("\"'"), value[1:-1] if quoted else value


def command_and_input(command: str) -> tuple[str, str | None]:
    r"""Part a command as crond does: `%` ends it, further ones are line breaks, `\%` is one."""
    first, *rest = re.split(r"(?<!\\)%", command)
    lines = [part.replace(r"\%", "%") for part in rest]
    fed = "".join(f"{line}\n" for line in lines) if lines else None
    return first.replace(r"\%", "%").strip(), fed


def _task_of(line: dict[str, Any], variables: dict[str, str], *, enabled: bool) -> dict[str, Any]:
    command, fed = command_and_input(str(line["command"]))
    env = {name: value for name, value in variables.items() if name != "SHELL"}
    # The same line is the same task, whenever it is imported.
    mark = uuid.uuid5(uuid.NAMESPACE_OID, line["text"]).hex[:6]
    name = (line["comment"] or line["command"]).strip().splitlines()[0][:180]
    return {
        "name": f"{name} ({mark})",
        "description": line["text"][:2000],
        "task_type": "scheduled",
        "task_action": "shell",
        "schedule_config": line["schedule_config"],
        "action_config": {
            "argv": [variables.get("SHELL", "/bin/sh"), "-c", command],
            **({"env": env} if env else {}),
            **({"stdin": fed} if fed is not None else {}),
        },
        "enabled": enabled,
    }


def _document(task: dict[str, Any]) -> dict[str, Any]:
    spec = {key: value for key, value in task.items() if key != "name"}
    return {"kind": "task", "name": task["name"], "spec": spec}
