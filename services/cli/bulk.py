"""One change of all tasks that a query finds: told first, asked, carried out, counted."""

from __future__ import annotations

from typing import Any

from services.cli import kinds
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Failed
from services.cli.language import both

_PAUSE = 0.3
_BULK = "/task-bulk"


def change_found(desk: Desk, query: str, action: str) -> None:
    """Carry out *action* on all tasks that *query* finds, and wait until that is done.

    Raises:
        Failed: some could not be changed; the others are.
    """
    body = {"action": action, "q": query, "timezone": desk.wishes.tz or "UTC"}
    planned = desk.client.call("POST", _BULK, body=body, params={"dry_run": True}).body["answer"]
    total = planned["total"]
    if not total:
        desk.say(both("Nothing found.", "沒有符合的項目。"))
        return
    names = ", ".join(str(each.get("name") or each.get("task_name")) for each in planned["sample"])
    if desk.wishes.dry_run:
        desk.say(
            both("Nothing was changed. This would happen:", "未做任何變更。以下是將會發生的事：")
        )
        desk.out.document(planned)
        return
    desk.confirm(
        both(
            f"{action} {total} tasks ({names})?",
            f"要對 {total} 個任務執行 {action} 嗎（{names}）？",
        )
    )
    bulk: dict[str, Any] = desk.client.call("POST", _BULK, body=body).body
    while bulk["state"] == "running":
        desk.deadline.rest(_PAUSE)
        bulk = desk.client.get(_BULK + path(bulk["id"])).body
    desk.out.one(_DONE, bulk)
    failed = bulk["counts"].get("failed", 0)
    if failed:
        raise Failed(
            both(
                f"{failed} of {total} could not be changed.",
                f"{total} 個中有 {failed} 個無法變更。",
            )
        )


_DONE = kinds.Kind(
    name="bulk change",
    path="",
    columns=(
        kinds.ID,
        kinds.STATE,
        kinds.Column(both("TASKS", "任務"), "total", "count"),
        kinds.Column(both("COUNTS", "統計"), "counts", "json"),
    ),
)
