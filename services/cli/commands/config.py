"""`automation config`: what options are if they are not given."""

from __future__ import annotations

import os
from dataclasses import replace

from services.cli.contexts import SETTINGS, book_file, read_book, write_book
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.kinds import Column, Kind
from services.cli.language import LANGUAGES, both
from services.cli.options import OUTPUTS, TIME_FORMATS
from services.cli.times import zone_of
from services.cli.tree import Branch, argument

config = Branch("config", both("Defaults of options.", "選項的預設值。"))

_KNOWN = {"lang": LANGUAGES, "output": OUTPUTS, "time_format": TIME_FORMATS}
_SETTING = Kind(
    name="setting",
    path="",
    id="name",
    columns=(
        Column(both("NAME", "名稱"), "name"),
        Column(both("VALUE", "值"), "value"),
    ),
)


@config.leaf("list", both("List the settings.", "列出設定。"))
def list_settings(desk: Desk) -> None:
    kept = read_book(book_file(os.environ)).settings
    desk.print(_SETTING, ({"name": name, "value": kept.get(name)} for name in SETTINGS))


@config.leaf("get", both("Print a setting.", "顯示設定。"), argument("name"))
def get(desk: Desk, *, name: str) -> None:
    desk.out.line(read_book(book_file(os.environ)).settings.get(_known(name), ""))


@config.leaf(
    "set",
    both("Set it; an empty value forgets it.", "變更設定；空值表示移除。"),
    argument("name"),
    argument("value"),
)
def set_setting(desk: Desk, *, name: str, value: str) -> None:
    _check(_known(name), value)
    file = book_file(os.environ)
    book = read_book(file)
    kept = {**book.settings, name: value}
    if not value:
        kept.pop(name)
    write_book(file, replace(book, settings=kept))
    desk.say(both(f"{name}: {value}", f"{name}：{value}"))


def _known(name: str) -> str:
    if name not in SETTINGS:
        listed = ", ".join(SETTINGS)
        raise Misused(both(f"{name!r} is none of: {listed}", f"「{name}」不在其中：{listed}"))
    return name


def _check(name: str, value: str) -> None:
    if not value:
        return
    known: tuple[str, ...] = _KNOWN.get(name, ())
    if known and value not in known:
        listed = ", ".join(known)
        raise Misused(both(f"{value!r} is none of: {listed}", f"「{value}」不在其中：{listed}"))
    if name == "tz":
        zone_of(value)
    if name == "limit" and not value.isdecimal():
        raise Misused(both(f"{value!r} is no number.", f"「{value}」不是數字。"))
