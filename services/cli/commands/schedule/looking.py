"""`automation schedule preview`, `explain`, `matching`: told by the functions that decide it."""

from __future__ import annotations

import sys
from typing import Any

from services.cli import finding, kinds
from services.cli.bodies import fields_of
from services.cli.cells import harmless
from services.cli.commands.schedule.branch import SET, ZONE, schedule
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.language import both, chosen
from services.cli.options import Duration, Number
from services.cli.tree import argument, option

_MOST_FIRES = 100
_CRON = argument("cron", required=False, metavar="CRON")


@schedule.leaf(
    "preview",
    both(
        "Show the next times: of a cron expression in quotes, or of a task.",
        "顯示接下來的執行時間：以引號括住的 cron 運算式，或既有任務。",
    ),
    _CRON,
    option("--task", metavar="TASK", help=both("The schedule of this task.", "此任務的排程。")),
    option(
        "--every",
        type=Duration(),
        metavar="DURATION",
        help=both("A fixed interval instead.", "改用固定間隔。"),
    ),
    ZONE,
    option("--after", metavar="TIME", help=both("Behind this time.", "此時刻之後。")),
    option(
        "--count",
        type=Number(1, _MOST_FIRES),
        default=10,
        metavar="N",
        help=both("So many; default 10.", "筆數，預設 10。"),
    ),
    SET,
)
def preview(
    desk: Desk,
    *,
    cron: str | None,
    task: str | None,
    every: Any,  # noqa: ANN401 - a duration
    timezone: str | None,
    after: str | None,
    count: int,
    changes: tuple[str, ...],
) -> None:
    body = _asked(desk, cron=cron, task=task, every=every, timezone=timezone, changes=changes)
    body |= {"count": count}
    if after:
        body["after"] = desk.instant(after, ahead=True)
    told = desk.client.call("POST", "/schedules/preview", body=body).body
    if not desk.out.is_for_people:
        desk.out.document(told)
        return
    desk.say(told["description"][chosen()])
    for warning in told["warnings"]:
        desk.say(both("Warning: ", "警告：") + warning["detail"])
    if not desk.out.rows(kinds.FIRE, told["fires"]):
        desk.say(both("It never fires.", "不會執行。"))


@schedule.leaf(
    "explain",
    both("Say in a sentence what a cron expression means.", "以一句話說明 cron 運算式。"),
    argument("cron", metavar="CRON"),
)
def explain(desk: Desk, *, cron: str) -> None:
    told = desk.client.call("POST", "/schedules/explain", body={"cron": cron}).body
    if desk.out.is_for_people:
        desk.out.line(harmless(told["description"][chosen()]))
    else:
        desk.out.document(told)


@schedule.leaf(
    "matching",
    both("List the times of a schedule between two times.", "列出兩個時刻之間的執行時間。"),
    _CRON,
    option("--task", metavar="TASK", help=both("The schedule of this task.", "此任務的排程。")),
    option(
        "--from", "from_", required=True, metavar="TIME", help=both("Included.", "起始時間（含）。")
    ),
    option("--to", required=True, metavar="TIME", help=both("Excluded.", "截止時間（不含）。")),
    ZONE,
    SET,
)
def matching(
    desk: Desk,
    *,
    cron: str | None,
    task: str | None,
    from_: str,
    to: str,
    timezone: str | None,
    changes: tuple[str, ...],
) -> None:
    from datetime import datetime, timedelta  # noqa: PLC0415

    body = _asked(desk, cron=cron, task=task, every=None, timezone=timezone, changes=changes)
    end = datetime.fromisoformat(str(desk.instant(to)))
    # Fires strictly after an instant are told; the first one asked for may be at it.
    after = datetime.fromisoformat(str(desk.instant(from_))) - timedelta(microseconds=1)
    found: list[dict[str, Any]] = []
    limit = desk.wishes.limit or sys.maxsize
    while len(found) <= limit:
        body |= {"after": after.isoformat(), "count": _MOST_FIRES}
        fires = desk.client.call("POST", "/schedules/preview", body=body).body["fires"]
        inside = [each for each in fires if datetime.fromisoformat(each["at"]) < end]
        found += inside
        if len(inside) < _MOST_FIRES:
            break
        after = datetime.fromisoformat(fires[-1]["at"])
    desk.print(kinds.FIRE, iter(found))


def _asked(
    desk: Desk,
    *,
    cron: str | None,
    task: str | None,
    every: Any,  # noqa: ANN401 - a duration
    timezone: str | None,
    changes: tuple[str, ...],
) -> dict[str, Any]:
    if sum(map(bool, (cron, task, every))) != 1:
        raise Misused(
            both(
                "A cron expression, --every, or --task.",
                "請指定 cron 運算式、--every 或 --task 其中之一。",
            )
        )
    if task:
        found = finding.task(desk, task).body
        if found["schedule_config"] is None:
            raise Misused(
                both(f"{found['name']} has no schedule.", f"「{found['name']}」沒有排程。")
            )
        config = fields_of(None, changes, onto=found["schedule_config"], whole=True)
        return {"schedule_config": config, "task_id": found["id"], "blackout": found["blackout"]}
    config = {"cron": cron} if cron else {"interval_seconds": int(every.total_seconds())}
    zone = timezone or desk.wishes.tz
    if zone:
        config["timezone"] = zone
    return {"schedule_config": {**config, **fields_of(None, changes)}}
