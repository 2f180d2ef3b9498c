"""`automation event`: what somebody says has happened."""

from __future__ import annotations

import json
from typing import Any

from services.cli import finding, kinds_platform
from services.cli.bodies import fields_of, read_text, read_value
from services.cli.cells import harmless
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.printer import Item
from services.cli.tree import Branch, argument, option

event = Branch("event", both("What has happened.", "事件。"))

_SUBJECT = option("--subject", metavar="SUBJECT", help=both("Like alerts.>", "例如 alerts.>"))
_SOURCE = option("--source", metavar="SOURCE", help=both("Who said it.", "事件來源。"))
_TYPE = option("--type", "type_", metavar="TYPE", help=both("What happened.", "事件類型。"))
_PAUSE_SECONDS = 1.0


@event.leaf(
    "list",
    both("List stored events, newest first.", "列出已儲存的事件，由新到舊。"),
    _SUBJECT,
    _SOURCE,
    _TYPE,
    takes={"query", "web"},
)
def list_events(desk: Desk, *, subject: str | None, source: str | None, type_: str | None) -> None:
    desk.list(kinds_platform.EVENT, subject=subject, source=source, type_=type_)


@event.leaf(
    "get",
    both("Show a stored event, whole.", "顯示完整的事件。"),
    argument("sequence", metavar="PLACE"),
)
def get(desk: Desk, *, sequence: str) -> None:
    desk.out.one(kinds_platform.EVENT, desk.client.get("/events" + path(sequence)).body)


@event.leaf(
    "tail",
    both("Print events as they come, until Ctrl-C.", "持續顯示新事件，直到按下 Ctrl-C。"),
    _SUBJECT,
    _SOURCE,
    _TYPE,
    takes={"query"},
)
def tail(desk: Desk, *, subject: str | None, source: str | None, type_: str | None) -> None:
    chosen: dict[str, Any] = {
        "subject": subject,
        "source": source,
        "type_": type_,
        "q": desk.wishes.query,
    }
    page = desk.client.get("/events/recent", limit=1, **chosen).body
    last = page["last"] or 0
    while True:
        page = desk.client.get("/events/recent", after=last, limit=100, **chosen).body
        for each in reversed(page["items"]):
            _show(desk, each)
        desk.out.flush()
        last = page["last"] or last
        if page["complete"]:
            desk.deadline.rest(_PAUSE_SECONDS)


def _show(desk: Desk, item: Item) -> None:
    if not desk.out.is_for_people:
        desk.out.document(item)
        return
    data = json.dumps(item["data"], ensure_ascii=False, separators=(",", ":"))
    parts = (
        str(item["sequence"]),
        desk.out.instant(item["stored_at"]),
        item["source"],
        item["type"],
        data,
    )
    desk.out.line(harmless("  ".join(parts)))


@event.leaf(
    "publish",
    both(
        "Say that something has happened.\n\n"
        "Example: automation event publish --source shop --type order.paid --data amount=42",
        "發布事件。\n\n"
        "例如：automation event publish --source shop --type order.paid --data amount=42",
    ),
    _SOURCE,
    _TYPE,
    option(
        "--data",
        "data",
        multiple=True,
        metavar="FIELD=VALUE",
        help=both("A field of its data; or all as JSON.", "資料欄位，或完整的 JSON。"),
    ),
    option(
        "--id",
        "id_",
        metavar="ID",
        help=both("The same id is taken once a day.", "相同識別碼一天內只接受一次。"),
    ),
    option(
        "-f",
        "--file",
        metavar="FILE",
        help=both(
            "Events as YAML or JSON, one or a list; - is stdin.",
            "事件的 YAML 或 JSON 檔案，單筆或清單；- 為標準輸入。",
        ),
    ),
    takes={"dry_run"},
)
def publish(
    desk: Desk,
    *,
    source: str | None,
    type_: str | None,
    data: tuple[str, ...],
    id_: str | None,
    file: str | None,
) -> None:
    if file:
        body = read_value(read_text(file))
        if not isinstance(body, dict | list):
            raise Misused(both(f"{file} holds no event.", f"{file} 沒有事件。"))
    else:
        if not (source and type_):
            raise Misused(
                both(
                    "Say --source and --type, or --file.", "請指定 --source 與 --type，或 --file。"
                )
            )
        body = {"source": source, "type": type_, "data": _data(data)} | ({"id": id_} if id_ else {})
    answer = desk.change("POST", "/events", body)
    if answer is not None:
        desk.out.rows(kinds_platform.TAKEN, answer.body["events"])


@event.leaf(
    "replay",
    both("Put stored events before a task once more.", "將已儲存的事件重新交給任務判斷。"),
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
    option("--again", is_flag=True, help=both("Also what has run already.", "包含已執行過的。")),
    takes={"dry_run"},
)
def replay(desk: Desk, *, task: str, from_: str, to: str, again: bool) -> None:
    where = TASKS + path(finding.task_id(desk, task), "trigger", "replay")
    if again:
        desk.confirm(
            both("Start runs again for what has run already?", "要重新執行已經執行過的事件嗎？")
        )
    body = {"from": desk.instant(from_), "to": desk.instant(to), "again": again}
    answer = desk.change("POST", where, body)
    if answer is not None:
        desk.out.document(answer.body)


def _data(data: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    if len(data) == 1 and data[0].lstrip().startswith(("{", "[")):
        return read_value(data[0])
    return fields_of(None, data) if data else None
