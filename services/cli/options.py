"""The options that every command takes, before or behind its name.

Some make sense for some commands only (`--dry-run`, `--query`, `--reason`, `--web`): a command says
which of these it takes, and refuses the others, so that nobody believes that a change was only
rehearsed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import click

from services.cli.failures import Misused
from services.cli.language import LANGUAGES, both
from services.cli.times import TimeFormat, read_duration

Output = Literal["table", "wide", "json", "jsonl", "yaml", "name"]
OUTPUTS: tuple[Output, ...] = ("table", "wide", "json", "jsonl", "yaml", "name")
TIME_FORMATS: tuple[TimeFormat, ...] = ("relative", "iso", "raw")

DEFAULT_LIMIT = 50
_GIVEN = "services.cli.given"

#: The words of an option, its help, and what else click is to know of it.
Row = tuple[list[str], str, dict[str, Any]]

#: By the option's name: what a command must say that it takes.
SOME = {"dry_run": "--dry-run", "query": "--query", "reason": "--reason", "web": "--web"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options of every command say."""

    output: Output = "table"
    fields: tuple[str, ...] = ()
    query: str | None = None
    limit: int = DEFAULT_LIMIT
    """0: all."""
    context: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    tz: str | None = None
    time_format: TimeFormat = "relative"
    no_color: bool = False
    yes: bool = False
    dry_run: bool = False
    timeout: timedelta | None = None
    reason: str | None = None
    web: bool = False
    verbose: int = 0


class Choice(click.Choice[str]):
    """One of some words; says so in the reader's language."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        if value not in self.choices:
            listed = ", ".join(self.choices)
            self.fail(
                both(f"{value!r} is none of: {listed}", f"「{value}」不在其中：{listed}"),
                param,
                ctx,
            )
        return str(value)


class Number(click.ParamType[int]):
    """A whole number within bounds."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        if isinstance(value, int):
            return value
        if not str(value).isdecimal() or not self.least <= int(value) <= self.most:
            wanted = f"{self.least}..{self.most}"
            text = both(
                f"{value!r} is no whole number in {wanted}", f"「{value}」不是 {wanted} 的整數"
            )
            self.fail(text, param, ctx)
        return int(value)


class Duration(click.ParamType[timedelta]):
    """A duration as people write it."""

    name = "duration"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        try:
            return value if isinstance(value, timedelta) else read_duration(str(value))
        except Misused as error:
            raise click.BadParameter(error.text, ctx, param) from None


def given(ctx: click.Context) -> dict[str, Any]:
    """Return the values of these options that were given so far."""
    found: dict[str, Any] = ctx.meta.setdefault(_GIVEN, {})
    return found


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:  # noqa: ANN401 - click's
    if value is not None and value is not False and value != 0:
        given(ctx)[str(param.name)] = value
    elif param.name == "limit" and value is not None:
        given(ctx)["limit"] = value


def every(completing: Callable[[str | None], Any]) -> list[click.Option]:
    """Return the options, made anew for each command; *completing* by their metavar."""
    made = []
    for words, text, more in _table():
        complete = completing(more.get("metavar"))
        made.append(
            click.Option(
                words,
                help=text,
                expose_value=False,
                callback=_remember,
                shell_complete=complete,
                **more,
            )
        )
    return made


def _table() -> list[Row]:
    return [*_of_data(), *_of_place(), *_of_showing()]


def _of_data() -> list[Row]:
    return [
        (
            ["-o", "--output"],
            both("How data is printed.", "資料的輸出格式。"),
            {"type": Choice(OUTPUTS)},
        ),
        (
            ["--fields"],
            both(
                "Only these fields, with commas; dots go deeper.",
                "只輸出這些欄位，以逗號分隔；點號可取內層。",
            ),
            {"metavar": "A,B"},
        ),
        (
            ["-q", "--query"],
            both("Only what this finds.", "只列出符合查詢者。"),
            {"metavar": "QUERY"},
        ),
        (
            ["--limit"],
            both("At most so many rows; 0: all. Default 50.", "最多列出幾筆；0 為全部，預設 50。"),
            {"type": Number(0, 1_000_000), "metavar": "N"},
        ),
    ]


def _of_place() -> list[Row]:
    return [
        (
            ["--context"],
            both("The server saved under this name.", "使用以此名稱儲存的伺服器。"),
            {"metavar": "CONTEXT"},
        ),
        (
            ["--server"],
            both("Address of the API (AUTOMATION_SERVER).", "API 的位址（AUTOMATION_SERVER）。"),
            {"metavar": "URL"},
        ),
        (
            ["--token"],
            both(
                "Access token. Others on this machine can see it; AUTOMATION_TOKEN is better.",
                "存取權杖。同一台機器的其他人看得到，建議改用 AUTOMATION_TOKEN。",
            ),
            {"metavar": "TOKEN"},
        ),
        (
            ["--ca-file"],
            both(
                "Trust the authorities in this file (AUTOMATION_CA_FILE).",
                "信任此檔案中的憑證機構（AUTOMATION_CA_FILE）。",
            ),
            {"metavar": "FILE"},
        ),
        (
            ["--timeout"],
            both(
                "Give up after so long, with exit code 124.", "超過這段時間即放棄，結束代碼為 124。"
            ),
            {"type": Duration(), "metavar": "DURATION"},
        ),
    ]


def _of_showing() -> list[Row]:
    flag: dict[str, Any] = {"is_flag": True}
    return [
        (
            ["--tz"],
            both("Time zone of times shown and typed.", "顯示與輸入時間所用的時區。"),
            {"metavar": "ZONE"},
        ),
        (
            ["--time-format"],
            both("How times are shown in tables.", "表格中時間的顯示方式。"),
            {"type": Choice(TIME_FORMATS)},
        ),
        (["--lang"], both("Language of words.", "文字的語言。"), {"metavar": "|".join(LANGUAGES)}),
        (["--no-color"], both("No colours (NO_COLOR).", "不使用色彩（NO_COLOR）。"), flag),
        (["-y", "--yes"], both("Do not ask.", "不再詢問。"), flag),
        (
            ["--dry-run"],
            both("Show what would happen; change nothing.", "只顯示會發生什麼，不做變更。"),
            flag,
        ),
        (
            ["--reason"],
            both("Why; it is kept with the change.", "原因，會與變更一併保存。"),
            {"metavar": "TEXT"},
        ),
        (["--web"], both("Open the page instead.", "改為開啟網頁。"), flag),
        (["-v", "--verbose"], both("Show the requests.", "顯示送出的請求。"), {"count": True}),
    ]


def read(
    ctx: click.Context,
    environment: Mapping[str, str],
    configured: Mapping[str, str],
    takes: frozenset[str],
) -> Wishes:
    """Return what was given, else what the environment and the configuration say.

    Raises:
        Misused: an option makes no sense for this command.
    """
    asked = given(ctx)
    for name, word in SOME.items():
        if name in asked and name not in takes:
            raise Misused(
                both(
                    f"{word} makes no sense for '{ctx.command_path}'.",
                    f"「{ctx.command_path}」不接受 {word}。",
                )
            )
    values: dict[str, Any] = {key: value for key, value in asked.items() if key != "lang"}
    for name in ("output", "time_format", "tz", "limit"):
        if name not in values and (found := environment.get(f"AUTOMATION_{name.upper()}")):
            values[name] = found
        elif name not in values and name in configured:
            values[name] = configured[name]
    if environment.get("NO_COLOR"):
        values["no_color"] = True
    values["fields"] = tuple(each.strip() for each in values.get("fields", "").split(",") if each)
    values["limit"] = int(values.get("limit", DEFAULT_LIMIT))
    _refuse_unknown("output", values.get("output", "table"), OUTPUTS)
    _refuse_unknown("time_format", values.get("time_format", "relative"), TIME_FORMATS)
    return Wishes(**values)


def _refuse_unknown(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        listed = ", ".join(known)
        raise Misused(
            both(
                f"{name}: {value!r} is none of: {listed}", f"{name}：「{value}」不在其中：{listed}"
            )
        )
