"""`automation task create`, `edit`, `delete`, `enable`, `disable`."""

from __future__ import annotations

from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.commands.task.branch import FILE, SET, TASK, task
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.tree import argument, option


@task.leaf(
    "create",
    both(
        "Create a task.\n\nExample: automation task create nightly --action http_request"
        ' --set action_config.url=http://10.0.0.5/ --cron "0 3 * * *" --timezone Asia/Taipei',
        "建立任務。\n\n例如：automation task create nightly --action http_request"
        ' --set action_config.url=http://10.0.0.5/ --cron "0 3 * * *" --timezone Asia/Taipei',
    ),
    argument("name", required=False),
    option("--action", metavar="ACTION", help=both("What it does.", "要執行的動作。")),
    option("--cron", metavar="CRON", help=both("When: a cron expression.", "時間：cron 運算式。")),
    option("--every", metavar="DURATION", help=both("When: again and again.", "時間：固定間隔。")),
    option("--timezone", metavar="ZONE", help=both("Of the schedule.", "排程的時區。")),
    FILE,
    SET,
    takes={"dry_run"},
)
def create(
    desk: Desk,
    *,
    name: str | None,
    action: str | None,
    cron: str | None,
    every: str | None,
    timezone: str | None,
    file: str | None,
    changes: tuple[str, ...],
) -> None:
    body = fields_of(file, changes)
    if name:
        body["name"] = name
    if action:
        body["task_action"] = action
    schedule = _schedule(cron, every, timezone)
    if schedule:
        body["schedule_config"] = {**(body.get("schedule_config") or {}), **schedule}
    kind = "triggered" if body.get("trigger_config") else "manual"
    body.setdefault("task_type", "scheduled" if body.get("schedule_config") else kind)
    answer = desk.change("POST", TASKS, body)
    if answer is not None:
        desk.out.one(kinds.TASK, answer.body)


@task.leaf(
    "edit",
    both(
        "Change a task in your editor ($VISUAL, $EDITOR), or with --set and --file.",
        "以編輯器（$VISUAL、$EDITOR）修改任務，或使用 --set 與 --file。",
    ),
    TASK,
    FILE,
    SET,
    takes={"dry_run"},
)
def edit(desk: Desk, *, task: str, file: str | None, changes: tuple[str, ...]) -> None:
    found = finding.task(desk, task)
    if not file and not changes:
        from services.cli.editing import edit_task  # noqa: PLC0415 - heavy

        edit_task(desk, found)
        return
    body = fields_of(file, changes, onto=found.body)
    answer = desk.change("PUT", TASKS + path(found.body["id"]), body, etag=found.etag)
    if answer is not None:
        desk.out.one(kinds.TASK, answer.body)


@task.leaf(
    "delete",
    both("Delete tasks.", "刪除任務。"),
    argument("tasks", many=True, metavar="TASK"),
    takes={"dry_run"},
)
def delete(desk: Desk, *, tasks: tuple[str, ...]) -> None:
    found = [finding.task(desk, each) for each in tasks]
    names = ", ".join(each.body["name"] for each in found)
    desk.confirm(both(f"Delete {names}?", f"要刪除 {names} 嗎？"))
    for each in found:
        if desk.change("DELETE", TASKS + path(each.body["id"]), etag=each.etag) is not None:
            desk.say(both(f"Deleted {each.body['name']}.", f"已刪除 {each.body['name']}。"))


_QUERY_TOO = argument("tasks", many=True, required=False, metavar="TASK")


@task.leaf(
    "enable",
    both("Switch tasks on; with --query all that it finds.", "啟用任務；可用 --query 指定一批。"),
    _QUERY_TOO,
    takes={"dry_run", "query"},
)
def enable(desk: Desk, *, tasks: tuple[str, ...]) -> None:
    _switch(desk, tasks, on=True)


@task.leaf(
    "disable",
    both("Switch tasks off; with --query all that it finds.", "停用任務；可用 --query 指定一批。"),
    _QUERY_TOO,
    takes={"dry_run", "query"},
)
def disable(desk: Desk, *, tasks: tuple[str, ...]) -> None:
    _switch(desk, tasks, on=False)


def _schedule(cron: str | None, every: str | None, timezone: str | None) -> dict[str, Any]:
    from services.cli.times import read_duration  # noqa: PLC0415

    schedule: dict[str, Any] = {}
    if cron and every:
        raise Misused(both("--cron or --every, not both.", "--cron 與 --every 請擇一。"))
    if cron:
        schedule["cron"] = cron
    if every:
        schedule["interval_seconds"] = int(read_duration(every).total_seconds())
    if timezone:
        schedule["timezone"] = timezone
    return schedule


def _switch(desk: Desk, tasks: tuple[str, ...], *, on: bool) -> None:
    if bool(tasks) == bool(desk.wishes.query is not None):
        raise Misused(both("Name tasks, or give a query.", "請指定任務，或以 --query 查詢。"))
    if desk.wishes.query is not None:
        from services.cli.bulk import change_found  # noqa: PLC0415

        change_found(desk, desk.wishes.query, "enable" if on else "disable")
        return
    for each in tasks:
        found = finding.task(desk, each)
        name = found.body["name"]
        answer = desk.change(
            "PUT", TASKS + path(found.body["id"]), {"enabled": on}, etag=found.etag
        )
        if answer is not None:
            word = both("on", "已啟用") if on else both("off", "已停用")
            desk.say(both(f"{name} is {word}.", f"{name} {word}。"))
