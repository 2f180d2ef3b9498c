"""Tables as people see them, letter by letter; and what is hostile in them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from services.cli.kinds import Column, Kind
from services.cli.language import speak
from services.cli.options import Output, Wishes
from services.cli.printer import Printer
from tests.cli.shell import Shell

KIND = Kind(
    name="task",
    path="",
    columns=(
        Column("NAME", "name"),
        Column("STATUS", "status", "status"),
        Column("TOOK", "seconds", "seconds"),
        Column("RUNS", "runs", "count"),
        Column("LATER", "more", wide=True),
    ),
)
ITEMS: list[dict[str, object]] = [
    {"name": "夜間報表", "status": "success", "seconds": 61, "runs": 12},
    {"name": "report", "status": "failure", "seconds": 0.5, "runs": 3, "more": "x"},
    {"name": "ａ混b", "status": "waiting", "seconds": None, "runs": None},
]


class Terminal(io.StringIO):
    """A terminal so many columns wide."""

    def isatty(self) -> bool:
        return True


def printed(output: Output, out: io.StringIO | None = None, **wishes: object) -> str:
    out = out or io.StringIO()
    wished = Wishes(output=output, **wishes)  # type: ignore[arg-type] # by name
    Printer(wished, zone=UTC, out=out).rows(KIND, ITEMS)
    return out.getvalue()


def test_columns_stand_under_each_other_though_chinese_is_wide() -> None:
    speak("en")

    assert printed("table") == (
        "NAME      STATUS   TOOK  RUNS\n"
        "夜間報表  success  1m1s    12\n"
        "report    failure  0.5s     3\n"
        "ａ混b     waiting\n"
    )


def test_the_same_in_chinese() -> None:
    speak("zh-TW")
    try:
        assert printed("wide") == (
            "NAME      STATUS  TOOK       RUNS  LATER\n"
            "夜間報表  成功    1 分 1 秒    12\n"
            "report    失敗    0.5 秒        3  x\n"
            "ａ混b     排隊中\n"
        )
    finally:
        speak("en")


def test_a_terminal_has_colours_unless_they_are_not_wanted() -> None:
    speak("en")

    assert "\x1b[32msuccess\x1b[0m" in printed("table", Terminal())
    assert "\x1b" not in printed("table", Terminal(), no_color=True)
    assert "\x1b" not in printed("table")


def test_a_narrow_terminal_cuts_but_not_the_first_column(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en")
    monkeypatch.setenv("COLUMNS", "24")
    lines = printed("table", Terminal(), no_color=True).splitlines()

    assert lines[1].startswith("夜間報表")


def test_json_is_as_the_api_says_in_any_language() -> None:
    speak("zh-TW")
    try:
        assert json.loads(printed("json")) == ITEMS
        assert [json.loads(line) for line in printed("jsonl").splitlines()] == ITEMS
    finally:
        speak("en")


def test_a_table_of_the_system_in_both_languages(shell: Shell) -> None:
    shell.task(
        "表格-夜間", schedule_config={"cron": "0 3 * * *"}, task_type="scheduled", enabled=False
    )
    words = ("task", "list", "-q", "name:表格-*", "--fields", "name,when,enabled")

    assert shell.ok(*words).out == (
        "NAME       WHEN                ON\n表格-夜間  Every day at 03:00  no\n"
    )
    assert shell.ok(*words, "--lang", "zh-TW").out == (
        "名稱       時間        啟用\n表格-夜間  每天 03:00  否\n"
    )


def test_times_are_shown_as_wished(shell: Shell) -> None:
    shell.task("timed", task_type="scheduled", schedule_config={"at": "2031-01-01T00:00:00Z"})
    words = ("task", "list", "-q", "name:timed", "--fields", "next_run_at", "--tz", "Asia/Taipei")

    assert shell.ok(*words).lines[1].startswith("in ")
    assert shell.ok(*words, "--time-format", "iso").lines[1] == "2031-01-01T08:00:00+08:00"
    assert shell.ok(*words, "--time-format", "raw").lines[1] == "2031-01-01T00:00:00Z"
    assert datetime.fromisoformat("2031-01-01T08:00:00+08:00") == datetime(2031, 1, 1, tzinfo=UTC)


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202eevil\r\x9b31m"


def test_hostile_log_lines_and_errors_are_harmless(shell: Shell) -> None:
    argv = ["/usr/bin/printf", "%b", "\\033]0;owned\\007\\033[2Jline\\r\\342\\200\\256evil\\n"]
    shell.task("hostile", task_action="shell", action_config={"argv": argv})
    shell("task", "run", "hostile", "--wait")
    for words in (
        ("run", "logs", "latest:hostile"),
        ("run", "logs", "-f", "latest:hostile"),
        ("run", "logs", "latest:hostile", "-o", "json"),
        ("run", "logs", "latest:hostile", "-o", "yaml"),
    ):
        out = shell.ok(*words).out
        assert "evil" in out, words
        assert not any(mark in out for mark in ("\x1b", "\x07", "\r", "\u202e")), words


def test_hostile_events_are_harmless(shell: Shell) -> None:
    event = json.dumps({"source": "cli-hostile", "type": "x", "data": {"text": HOSTILE}})
    shell.ok("event", "publish", "-f", "-", stdin=event)
    for output in ("table", "wide", "json", "jsonl", "yaml"):
        out = shell.ok("event", "list", "--source", "cli-hostile", "-o", output).out
        assert "owned" in out
        assert not any(mark in out for mark in ("\x1b", "\x07", "\r", "\u202e", "\x9b")), output
    assert shell.ok("event", "list", "--source", "cli-hostile", "-o", "json").json[0]["data"] == {
        "text": HOSTILE
    }, "a program gets what was said"


def test_a_hostile_argument_is_harmless_when_it_is_repeated(shell: Shell) -> None:
    for language in ("en", "zh-TW"):
        said = shell("task", "get", f"x{HOSTILE}", "--lang", language)
        assert said.code == 3
        assert not any(mark in said.err for mark in ("\x1b", "\x07", "\r", "\u202e", "\x9b"))
