"""`automation task list`, `get`, `history`, `stats`, `graph`: what there is, and how it went."""

from __future__ import annotations

from typing import Any

from services.cli import finding, kinds
from services.cli.client import path
from services.cli.commands.task.branch import TASK, task
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.options import Number
from services.cli.tree import argument, option


@task.leaf(
    "list",
    both(
        "List tasks. --query takes the language of the page: type:scheduled failing:true"
        " name:night*",
        "列出任務。--query 與網頁使用相同的查詢語言：type:scheduled failing:true name:night*",
    ),
    option(
        "--sort",
        metavar="FIELD",
        help=both("Order by; - turns it around.", "排序欄位；加 - 為反向。"),
    ),
    takes={"query", "web"},
)
def list_tasks(desk: Desk, *, sort: str | None) -> None:
    desk.list(kinds.TASK, sort=sort, timezone=desk.wishes.tz)


@task.leaf(
    "get",
    both(
        "Show a task: by its name, its id, or the beginning of its id.",
        "顯示任務：可用名稱、識別碼，或識別碼的開頭。",
    ),
    TASK,
    takes={"web"},
)
def get(desk: Desk, *, task: str) -> None:
    answer = finding.task(desk, task)
    if desk.wishes.web:
        desk.show_page(kinds.TASK, answer.body["id"])
    else:
        desk.out.one(kinds.TASK, answer.body)


@task.leaf(
    "history",
    both("What became of each fire, with the reason.", "每次觸發的結果與原因。"),
    TASK,
    option("--outcome", metavar="WORD", help=both("Only these.", "只列出此結果。")),
    option(
        "--since",
        metavar="TIME",
        help=both("From then on: 2h, or a time.", "起始時間：2h 或時刻。"),
    ),
    option("--until", metavar="TIME", help=both("Up to then.", "截止時間。")),
)
def history(
    desk: Desk, *, task: str, outcome: str | None, since: str | None, until: str | None
) -> None:
    where = TASKS + path(finding.task_id(desk, task), "occurrences")
    span = {"from": desk.instant(since), "to": desk.instant(until)}
    desk.list(kinds.OCCURRENCE, where, outcome=outcome, **span)


@task.leaf("stats", both("Figures of a task.", "任務的統計數字。"), TASK)
def stats(desk: Desk, *, task: str) -> None:
    where = TASKS + path(finding.task_id(desk, task), "statistics")
    answer = desk.client.get(where, timezone=desk.wishes.tz or "UTC").body
    if desk.out.is_for_people:
        desk.out.rows(kinds.STATISTICS, answer["windows"])
    else:
        desk.out.document(answer)


@task.leaf(
    "graph",
    both(
        "What comes before and after a task; without one, all.",
        "任務的上下游；不指定任務則顯示全部。",
    ),
    argument("task", required=False, metavar="TASK"),
    option("--depth", type=Number(1, 50), metavar="N", help=both("So far away.", "顯示的層數。")),
    takes={"query", "web"},
)
def graph(desk: Desk, *, task: str | None, depth: int | None) -> None:
    focus = finding.task_id(desk, task) if task else None
    query = desk.wishes.query
    if query and focus:
        raise Misused(both("A task, or a query, not both.", "任務與查詢請擇一。"))
    if desk.wishes.web:
        desk.out.line(desk.place.server.rstrip("/") + "/graph")
        return
    if focus and depth is None:
        answer = desk.client.get(TASKS + path(focus, "graph")).body
    else:
        answer = desk.client.get("/graph", focus=focus, q=query, depth=depth).body
    if not desk.out.is_for_people:
        desk.out.document(answer)
        return
    nodes = {each["id"]: each for each in answer["nodes"]}
    edges = [
        {**edge, **_end("from", nodes.get(edge["from"])), **_end("to", nodes.get(edge["to"]))}
        for edge in answer["edges"]
    ]
    if not desk.out.rows(kinds.EDGE, edges):
        desk.say(both("No dependencies.", "沒有相依關係。"))


def _end(side: str, node: dict[str, Any] | None) -> dict[str, Any]:
    node = node or {}
    status = node.get("last_status") or (node.get("last_run") or {}).get("status")
    return {f"{side}_name": node.get("name"), f"{side}_status": status}
