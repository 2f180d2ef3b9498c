"""`automation run list`, `get`, `watch`, `wait`: how runs stand, and how they ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.cli import finding, kinds, watching
from services.cli.client import path
from services.cli.commands.run.branch import RUN, meant, run
from services.cli.desk import Desk
from services.cli.finding import RUNS
from services.cli.language import both
from services.cli.printer import Item
from services.cli.tree import argument, option

_TASK = option("--task", metavar="TASK", help=both("Of this task.", "此任務的執行。"))


@run.leaf(
    "list",
    both("List runs, newest first.", "列出執行紀錄，由新到舊。"),
    _TASK,
    option(
        "--status",
        multiple=True,
        metavar="STATUS",
        help=both("Only these; may be repeated.", "只列出這些狀態，可重複。"),
    ),
    option("--queue", metavar="QUEUE", help=both("Of this queue.", "此佇列的執行。")),
    option("--executor", metavar="EXECUTOR", help=both("Of this executor.", "此執行器的執行。")),
    option(
        "--since",
        metavar="TIME",
        help=both("From then on: 2h, or a time.", "起始時間：2h 或時刻。"),
    ),
    option("--until", metavar="TIME", help=both("Up to then.", "截止時間。")),
    takes={"query", "web"},
)
def list_runs(
    desk: Desk,
    *,
    task: str | None,
    status: tuple[str, ...],
    queue: str | None,
    executor: str | None,
    since: str | None,
    until: str | None,
) -> None:
    if desk.wishes.web:
        desk.show_page(kinds.RUN)
        return
    params: dict[str, Any] = {
        "task_id": finding.task_id(desk, task) if task else None,
        "status": ",".join(status) or None,
        "queue": queue,
        "executor": executor,
        "from": desk.instant(since),
        "to": desk.instant(until),
        "q": desk.wishes.query,
    }
    limit = desk.wishes.limit
    found = desk.client.pages(RUNS, limit=limit + 1 if limit else 0, **params)
    desk.print(kinds.RUN, _shown(desk, found))


def _shown(desk: Desk, found: Iterator[Item]) -> Iterator[Item]:
    return (watching.told_run(each) if desk.out.is_for_people else each for each in found)


@run.leaf(
    "get",
    both("Show a run: state, cause, what it waits for.", "顯示執行：狀態、起因、等候原因。"),
    RUN,
    takes={"web"},
)
def get(desk: Desk, *, run: str) -> None:
    run = meant(desk, run)
    if desk.wishes.web:
        desk.show_page(kinds.RUN, run)
        return
    found = desk.client.get(RUNS + path(run)).body
    desk.out.one(kinds.RUN, watching.told_run(found) if desk.out.is_for_people else found)


@run.leaf(
    "watch",
    both(
        "Tell how a run stands until it ends. Ctrl-C leaves it running.",
        "持續回報執行狀態直到結束；按 Ctrl-C 不會停止該執行。",
    ),
    RUN,
    option(
        "--exit-status",
        is_flag=True,
        help=both("Exit code 1 if it ends without success.", "未成功時結束代碼為 1。"),
    ),
    takes={"web"},
)
def watch(desk: Desk, *, run: str, exit_status: bool) -> int:
    return watching.result(desk, meant(desk, run), tell=True, fail=exit_status)


@run.leaf(
    "wait",
    both(
        "Wait for the end of runs; exit code 1 if one ends without success.",
        "等候執行結束；任一未成功時結束代碼為 1。",
    ),
    argument("runs", many=True, metavar="RUN"),
)
def wait(desk: Desk, *, runs: tuple[str, ...]) -> int:
    ended = [watching.watched(desk, meant(desk, each)) for each in runs]
    desk.out.rows(kinds.RUN, [*_shown(desk, iter(ended))])
    return int(any(each["status"] != watching.SUCCESS for each in ended))
