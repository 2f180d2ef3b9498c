"""`automation trigger`: which events start a task. A trigger is a field of its task."""

from __future__ import annotations

from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import fields_of, read_mapping
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.options import Number
from services.cli.tree import Branch, argument, option

trigger = Branch("trigger", both("Which events start a task.", "觸發條件：哪些事件會啟動任務。"))

_TASK = argument("task", metavar="TASK")
_SUBJECT = option(
    "--subject", metavar="SUBJECT", help=both("Of the events: alerts.>", "事件主題：alerts.>")
)
_TYPE = option("--type", "type_", metavar="TYPE", help=both("Of the events.", "事件類型。"))
_CONDITION = option(
    "--condition",
    metavar="CEL",
    help=both('Over their data: "error_rate > 10".', '對資料的條件："error_rate > 10"。'),
)
_SET = option(
    "--set",
    "changes",
    multiple=True,
    metavar="FIELD=VALUE",
    help=both("Another field: debounce_seconds=60.", "其他欄位，例如 debounce_seconds=60。"),
)
_FILE = option(
    "-f",
    "--file",
    metavar="FILE",
    help=both("The trigger as YAML or JSON.", "觸發條件的 YAML 或 JSON 檔案。"),
)
_MOST = 1000


@trigger.leaf(
    "list",
    both("List the tasks that events start.", "列出由事件啟動的任務。"),
    takes={"query", "web"},
)
def list_triggers(desk: Desk) -> None:
    if desk.wishes.web:
        desk.show_page(kinds.TASK)
        return
    query = f"has:trigger {desk.wishes.query or ''}".strip()
    limit = desk.wishes.limit
    found = desk.client.pages("/task-list", limit=limit + 1 if limit else 0, q=query)
    desk.print(_TRIGGER, found)


@trigger.leaf("get", both("Show the trigger of a task.", "顯示任務的觸發條件。"), _TASK)
def get(desk: Desk, *, task: str) -> None:
    found = _with_trigger(finding.task(desk, task).body)
    if desk.out.is_for_people:
        desk.out.one(
            _TRIGGER, {key: found[key] for key in ("id", "name", "enabled", "trigger_config")}
        )
    else:
        desk.out.document(found["trigger_config"])


@trigger.leaf(
    "create",
    both("Let events start a task.", "設定由事件啟動任務。"),
    _TASK,
    _SUBJECT,
    _TYPE,
    _CONDITION,
    _SET,
    _FILE,
    takes={"dry_run"},
)
def create(
    desk: Desk,
    *,
    task: str,
    subject: str | None,
    type_: str | None,
    condition: str | None,
    changes: tuple[str, ...],
    file: str | None,
) -> None:
    config = _config(subject, type_, condition, changes, file)
    found = finding.task(desk, task)
    if found.body["trigger_config"] and not desk.wishes.dry_run:
        desk.confirm(
            both(
                f"Replace the trigger of {found.body['name']}?",
                f"要取代「{found.body['name']}」的觸發條件嗎？",
            )
        )
    body = {"task_type": "triggered", "trigger_config": config}
    answer = desk.change("PUT", TASKS + path(found.body["id"]), body, etag=found.etag)
    if answer is not None:
        desk.out.one(kinds.TASK, answer.body)


@trigger.leaf(
    "delete",
    both(
        "Let no event start a task any more; it stays, run by hand.",
        "移除觸發條件；任務保留，改為手動。",
    ),
    _TASK,
    takes={"dry_run"},
)
def delete(desk: Desk, *, task: str) -> None:
    found = finding.task(desk, task)
    name = _with_trigger(found.body)["name"]
    desk.confirm(both(f"Delete the trigger of {name}?", f"要移除「{name}」的觸發條件嗎？"))
    body = {"task_type": "manual", "trigger_config": None}
    if desk.change("PUT", TASKS + path(found.body["id"]), body, etag=found.etag) is not None:
        desk.say(both(f"{name} is run by hand only.", f"「{name}」改為只能手動執行。"))


@trigger.leaf(
    "test",
    both(
        "Try a trigger on stored events, or on one of yours; starts nothing."
        " Without a task: the trigger given.",
        "以已儲存的事件或自備事件試驗觸發條件，不會啟動任何東西。未指定任務時試驗所給的條件。",
    ),
    argument("task", required=False, metavar="TASK"),
    option(
        "--last",
        type=Number(1, _MOST),
        metavar="N",
        help=both("The newest events; default 20.", "最新的事件，預設 20 筆。"),
    ),
    option(
        "--event",
        metavar="FILE",
        help=both(
            "An event as YAML or JSON; - is stdin.", "事件的 YAML 或 JSON 檔案；- 為標準輸入。"
        ),
    ),
    _SUBJECT,
    _TYPE,
    _CONDITION,
    _SET,
    _FILE,
)
def test(
    desk: Desk,
    *,
    task: str | None,
    last: int | None,
    event: str | None,
    subject: str | None,
    type_: str | None,
    condition: str | None,
    changes: tuple[str, ...],
    file: str | None,
) -> None:
    tried: dict[str, Any] = {"event": read_mapping(event)} if event else {"last": last or 20}
    config = _config(subject, type_, condition, changes, file, may_be_empty=task is not None)
    if task is None:
        told = desk.client.call(
            "POST", "/triggers/test", body={**tried, "trigger_config": config}
        ).body
    else:
        where = TASKS + path(finding.task_id(desk, task), "trigger", "test")
        told = desk.client.call(
            "POST", where, body={**tried, **({"trigger_config": config} if config else {})}
        ).body
    if not desk.out.is_for_people:
        desk.out.document(told)
        return
    rows = [{**each, "failed_clause": _why_not(each)} for each in told["events"]]
    if not desk.out.rows(kinds.TRIED, rows):
        desk.say(both("There are no such events.", "沒有符合的事件。"))
    window = told.get("window") or told.get("last_24_hours")
    if window:
        desk.say(_sum(window))


_TRIGGER = kinds.Kind(
    name="trigger",
    path="",
    columns=(
        kinds.ID,
        kinds.NAME,
        kinds.ENABLED,
        kinds.Column(both("SUBJECT", "主題"), "trigger_config.subject"),
        kinds.Column(both("TYPE", "類型"), "trigger_config.type"),
        kinds.Column(both("CONDITION", "條件"), "trigger_config.condition"),
        kinds.Column(both("ALL OF IT", "完整內容"), "trigger_config", "json", wide=True),
    ),
)


def _with_trigger(task: dict[str, Any]) -> dict[str, Any]:
    if not task["trigger_config"]:
        raise Misused(both(f"{task['name']} has no trigger.", f"「{task['name']}」沒有觸發條件。"))
    return task


def _config(
    subject: str | None,
    type_: str | None,
    condition: str | None,
    changes: tuple[str, ...],
    file: str | None,
    *,
    may_be_empty: bool = False,
) -> dict[str, Any]:
    config = fields_of(file, changes)
    given = {"subject": subject, "type": type_, "condition": condition}
    config |= {key: value for key, value in given.items() if value is not None}
    if not config and not may_be_empty:
        raise Misused(
            both(
                "Say which events: --subject, --type, --condition.",
                "請指定事件：--subject、--type、--condition。",
            )
        )
    return config


def _why_not(event: dict[str, Any]) -> str:
    """Return the first clause that says no, and what it saw instead."""
    for clause in event["clauses"]:
        if not clause["matches"]:
            seen = clause["detail"] or f"{clause['seen']}"
            return f"{clause['clause']}: {clause['wanted']} ≠ {seen}"
    return ""


def _sum(window: dict[str, Any]) -> str:
    hours = window.get("hours", 24)
    return both(
        f"Within {hours} h: {window['events']} events, {window['matches']} fit,"
        f" it would have fired {window['would_have_fired']} times.",
        f"{hours} 小時內：{window['events']} 個事件，{window['matches']} 個符合，"
        f"會觸發 {window['would_have_fired']} 次。",
    )
