"""`automation task run`: now, once."""

from __future__ import annotations

from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.commands.task.branch import TASK, task
from services.cli.desk import Desk
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.tree import option


@task.leaf(
    "run",
    both(
        "Run a task now. A broken connection does not start it twice.",
        "立即執行任務；連線中斷後重試不會重複啟動。",
    ),
    TASK,
    option(
        "--param",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        help=both("Instead of what the task says, for this run.", "僅此次執行改用的參數。"),
    ),
    option(
        "--wait",
        is_flag=True,
        help=both("Wait for its end; exit code 1: no success.", "等候結束；未成功時結束代碼為 1。"),
    ),
    option("--logs", is_flag=True, help=both("Show its log until its end.", "顯示日誌直到結束。")),
    option(
        "--overlap",
        metavar="RULE",
        help=both("If another run is live.", "已有執行中的執行時的處理方式。"),
    ),
)
def run(
    desk: Desk, *, task: str, changes: tuple[str, ...], wait: bool, logs: bool, overlap: str | None
) -> int | None:
    found = finding.task(desk, task).body
    params = fields_of(None, changes, onto=found["action_config"], whole=True)
    body: dict[str, Any] = {"params": params if changes else None, "overlap": overlap}
    given = {key: value for key, value in body.items() if value is not None}
    started = desk.client.call("POST", TASKS + path(found["id"], "run"), body=given).body
    if started.get("conflict"):
        desk.say(both("The same run is there already.", "相同的執行已經存在。"))
    if not (wait or logs):
        desk.out.one(_STARTED, started)
        return None
    from services.cli import watching  # noqa: PLC0415 - only if one waits

    desk.say(both(f"Run {started['run_id']}", f"執行 {started['run_id']}"))
    if logs:
        watching.follow_log(desk, started["run_id"])
    return watching.result(desk, started["run_id"])


_STARTED = kinds.Kind(
    name="run",
    path="",
    id="run_id",
    columns=(
        kinds.Column(both("RUN", "執行"), "run_id"),
        kinds.Column(both("MESSAGE", "訊息"), "message"),
    ),
)
