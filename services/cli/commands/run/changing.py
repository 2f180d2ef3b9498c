"""`automation run cancel` and `retry`."""

from __future__ import annotations

from typing import Any

from services.cli import finding, kinds, watching
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.commands.run.branch import RUN, meant, run
from services.cli.desk import Desk
from services.cli.failures import Misused, NotFound
from services.cli.finding import RUNS
from services.cli.language import both
from services.cli.tree import argument, option


@run.leaf(
    "cancel",
    both("Cancel runs; they stop within seconds.", "取消執行，數秒內停止。"),
    argument("runs", many=True, required=False, metavar="RUN"),
    option(
        "--task",
        metavar="TASK",
        help=both("All of this task that have not ended.", "此任務所有未結束的執行。"),
    ),
    option(
        "--queue",
        metavar="QUEUE",
        help=both("All of this queue that have not ended.", "此佇列所有未結束的執行。"),
    ),
    option(
        "--waiting-only",
        is_flag=True,
        help=both("Leave alone what has begun.", "不影響已開始的執行。"),
    ),
    takes={"reason"},
)
def cancel(
    desk: Desk, *, runs: tuple[str, ...], task: str | None, queue: str | None, waiting_only: bool
) -> int:
    if sum(map(bool, (runs, task, queue))) != 1:
        raise Misused(both("Name runs, or a task, or a queue.", "請指定執行、任務或佇列其中之一。"))
    if runs:
        body: dict[str, Any] = {"run_ids": [meant(desk, each) for each in runs]}
    elif task:
        body = {"task_id": finding.task_id(desk, task)}
    else:
        body = {"queue": queue}
    if not runs:
        what = task or queue
        desk.confirm(both(f"Cancel all runs of {what}?", f"要取消 {what} 的所有執行嗎？"))
    body |= {"reason": desk.wishes.reason, "waiting_only": waiting_only}
    count, missing = 0, False
    while True:
        answer = desk.client.call("POST", f"{RUNS}/cancel", body=body).body
        desk.out.rows(_CANCELLED, answer["items"])
        count += len(answer["items"])
        missing |= any(each["state"] == "unknown" for each in answer["items"])
        if not answer["more"] or not answer["items"]:
            break
    if not count:
        desk.say(both("Nothing to cancel.", "沒有可取消的執行。"))
    return NotFound.exit_code if missing else 0


@run.leaf(
    "retry",
    both("Run again what ended, as it was.", "以相同內容重新執行。"),
    RUN,
    option(
        "--param",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        help=both("Instead of what it ran with.", "改用的參數。"),
    ),
    option("--wait", is_flag=True, help=both("Wait for its end.", "等候結束。")),
    takes={"dry_run"},
)
def retry(desk: Desk, *, run: str, changes: tuple[str, ...], wait: bool) -> int | None:
    run = meant(desk, run)
    body: dict[str, Any] = {}
    if changes:
        found = desk.client.get(RUNS + path(run)).body
        data = found.get("execution_data") or {}
        params = found.get("params") or data.get("params") or {}
        body = {"params": fields_of(None, changes, onto=params, whole=True)}
    answer = desk.change("POST", RUNS + path(run, "retry"), body)
    if answer is None:
        return None
    if wait:
        return watching.result(desk, answer.body["run_id"])
    desk.out.one(_RETRIED, answer.body)
    return None


_CANCELLED = kinds.Kind(
    name="run",
    path="",
    id="run_id",
    columns=(kinds.Column("ID", "run_id"), kinds.STATE, kinds.STATUS),
)
_RETRIED = kinds.Kind(
    name="run",
    path="",
    id="run_id",
    columns=(
        kinds.Column(both("RUN", "執行"), "run_id"),
        kinds.Column(both("AGAIN", "重新執行"), "retry_of"),
    ),
)
