"""`automation schedule backfill`: past times, run again."""

from __future__ import annotations

from services.cli import finding, kinds
from services.cli.client import path
from services.cli.commands.schedule.branch import schedule
from services.cli.desk import Desk
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.tree import argument, option


@schedule.leaf(
    "backfill",
    both("Run the past times of a task again.", "補跑任務過去的執行時間。"),
    argument("task", metavar="TASK"),
    option(
        "--from", "from_", required=True, metavar="TIME", help=both("Included.", "起始時間（含）。")
    ),
    option(
        "--to",
        default="now",
        metavar="TIME",
        help=both("Excluded; default: now.", "截止時間（不含），預設為現在。"),
    ),
    option(
        "--overlap",
        metavar="RULE",
        default="buffer_all",
        help=both("Default: buffer_all, one after the other.", "預設 buffer_all，依序執行。"),
    ),
    option(
        "--ignore-blackout",
        is_flag=True,
        help=both("Also what calendars keep clear.", "包含行事曆停用的時段。"),
    ),
    takes={"dry_run"},
)
def backfill(
    desk: Desk, *, task: str, from_: str, to: str, overlap: str, ignore_blackout: bool
) -> None:
    where = TASKS + path(finding.task_id(desk, task), "backfills")
    body = {
        "from": desk.instant(from_),
        "to": desk.instant(to),
        "overlap": overlap,
        "ignore_blackout": ignore_blackout,
    }
    planned = desk.client.call("POST", where, body={**body, "dry_run": True}).body
    if desk.wishes.dry_run:
        desk.say(both("Nothing was changed. This would run:", "未做任何變更。以下將會執行："))
        desk.out.one(_BACKFILL, planned)
        return
    fires = planned["fires"]
    desk.confirm(both(f"Run {fires} past times again?", f"要補跑 {fires} 次嗎？"))
    desk.out.one(_BACKFILL, desk.client.call("POST", where, body=body).body)


_BACKFILL = kinds.Kind(
    name="backfill",
    path="",
    columns=(
        kinds.ID,
        kinds.Column(both("FIRES", "次數"), "fires", "count"),
        kinds.Column(both("FIRST", "最早"), "first", "time"),
        kinds.Column(both("LAST", "最晚"), "last", "time"),
        kinds.Column(both("LEFT OUT", "排除"), "left_out", "count"),
    ),
)
