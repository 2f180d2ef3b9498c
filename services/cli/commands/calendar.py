"""`automation calendar`: times that schedules keep clear of."""

from __future__ import annotations

from services.cli import kinds_platform
from services.cli.bodies import fields_of
from services.cli.client import path
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.tree import Branch, argument, option

calendar = Branch("calendar", both("Times kept clear.", "行事曆：不執行的時段。"))

_NAME = argument("name", metavar="CALENDAR")


@calendar.leaf("list", both("List the calendars.", "列出行事曆。"), takes={"query", "web"})
def list_calendars(desk: Desk) -> None:
    desk.list(kinds_platform.CALENDAR)


@calendar.leaf("get", both("Show a calendar.", "顯示行事曆。"), _NAME)
def get(desk: Desk, *, name: str) -> None:
    desk.out.one(kinds_platform.CALENDAR, desk.client.get("/calendars" + path(name)).body)


@calendar.leaf(
    "set",
    both("Create or replace a calendar.", "建立或取代行事曆。"),
    _NAME,
    option(
        "-f",
        "--file",
        metavar="FILE",
        help=both(
            "Fields as YAML or JSON; - is stdin.", "欄位的 YAML 或 JSON 檔案；- 為標準輸入。"
        ),
    ),
    option(
        "--set",
        "changes",
        multiple=True,
        metavar="FIELD=VALUE",
        help=both("A field: timezone=Asia/Taipei", "欄位：timezone=Asia/Taipei"),
    ),
    takes={"dry_run"},
)
def set_calendar(desk: Desk, *, name: str, file: str | None, changes: tuple[str, ...]) -> None:
    answer = desk.change("PUT", "/calendars" + path(name), fields_of(file, changes))
    if answer is not None:
        desk.out.one(kinds_platform.CALENDAR, answer.body)


@calendar.leaf(
    "delete",
    both("Delete a calendar that nobody names.", "刪除未被使用的行事曆。"),
    _NAME,
    takes={"dry_run"},
)
def delete(desk: Desk, *, name: str) -> None:
    desk.confirm(both(f"Delete the calendar {name}?", f"要刪除行事曆「{name}」嗎？"))
    if desk.change("DELETE", "/calendars" + path(name)) is not None:
        desk.say(both(f"Deleted {name}.", f"已刪除 {name}。"))
