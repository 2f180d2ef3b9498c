"""Contexts and settings: whom a command speaks to, and as whom."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from services.cli.contexts import Book, Context, Place, find_place
from services.cli.failures import Misused, NotFound
from tests.cli.shell import Shell
from tests.support.system import System

PROD = Context(server="https://prod.example", token="prod-token")  # noqa: S106 - no real one
BARE = Context(server="https://bare.example")
BOOK = Book("prod", {"prod": PROD, "bare": BARE})


def test_who_decides() -> None:
    cases: list[tuple[dict[str, str], dict[str, str], str, str | None]] = [
        ({}, {}, "https://prod.example", "prod-token"),
        ({}, {"context": "bare"}, "https://bare.example", None),
        ({"AUTOMATION_CONTEXT": "bare"}, {}, "https://bare.example", None),
        ({"AUTOMATION_SERVER": "https://other"}, {}, "https://other", None),
        (
            {"AUTOMATION_SERVER": "https://other"},
            {"context": "prod"},
            "https://prod.example",
            "prod-token",
        ),
        ({"AUTOMATION_TOKEN": "mine"}, {}, "https://prod.example", "prod-token"),
        ({"AUTOMATION_TOKEN": "mine"}, {"context": "bare"}, "https://bare.example", "mine"),
        ({}, {"server": "https://other"}, "https://other", None),
        ({"AUTOMATION_TOKEN": "mine"}, {"server": "https://other"}, "https://other", "mine"),
        ({}, {"token": "typed"}, "https://prod.example", "typed"),
    ]
    places = [
        find_place({"AUTOMATION_HOME": "/nowhere", **environment}, BOOK, **wishes)
        for environment, wishes, *_ in cases
    ]

    assert [
        (*case[:2], place.server, place.token) for case, place in zip(cases, places, strict=True)
    ] == cases


def test_nobody_decides() -> None:
    with pytest.raises(Misused):
        find_place({"AUTOMATION_HOME": "/nowhere"}, Book())
    with pytest.raises(NotFound):
        find_place({}, BOOK, context="nobody")


def test_no_token_is_shown_by_accident() -> None:
    assert "prod-token" not in repr(PROD)
    assert "prod-token" not in repr(Place(server="x", source="x", token="prod-token"))  # noqa: S106 - no real one


def test_a_context_is_kept_for_its_owner_alone(shell: Shell, system: System) -> None:
    token = shell.folder / "token"
    token.write_text(system.token + "\n")
    alone = Shell(shell.folder)
    alone.ok("context", "add", "here", "--server", system.api_url, "--token-file", str(token))
    file = alone.folder / ".config/automation/config.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert system.token not in file.read_text()
    assert alone.ok("queue", "list", "-o", "name").lines
    alone.ok(
        "context", "add", "typed", "--server", system.api_url, "--token-stdin", stdin=system.token
    )
    assert alone("context", "add", "typed", "--server", "x").code == 5
    alone.ok("context", "use", "typed")
    listed = alone.ok("context", "list")
    assert system.token not in listed.out
    assert [line.split()[0] for line in listed.lines[1:]] == ["no", "yes"]
    assert alone.ok("queue", "list", "-o", "name").lines
    file.chmod(0o644)
    assert "chmod 600" in alone.ok("queue", "list").err
    alone.ok("context", "remove", "typed", "--yes")
    assert alone("queue", "list").code == 2


def test_the_system_of_this_folder_needs_no_context(shell: Shell, system: System) -> None:
    alone = Shell(shell.folder, {"AUTOMATION_HOME": str(system.home)})

    assert alone.ok("queue", "list", "-o", "name").lines
    assert alone.ok("context", "show", "-o", "json").json["name"] == "local"


def test_a_token_on_the_command_line_is_warned_of(shell: Shell, system: System) -> None:
    said = shell.ok("queue", "list", "--token", system.token, AUTOMATION_TOKEN=None)

    assert "can be seen by others" in said.err
    assert (
        "in the clear"
        in shell("queue", "list", "--server", "http://192.0.2.1", "--timeout", "1s").err
    )


def test_settings_are_defaults_of_options(shell: Shell) -> None:
    shell.ok("config", "set", "lang", "zh-TW")
    shell.ok("config", "set", "output", "json")

    assert shell("task", "get", "nobody").err == "沒有「nobody」這個任務。\n"
    assert json.loads(shell.ok("queue", "list").out)
    assert shell.ok("queue", "list", "-o", "name").lines
    assert shell("config", "set", "output", "pdf").code == 2
    assert shell.ok("config", "get", "lang").out == "zh-TW\n"


def test_a_home_that_cannot_be_read_is_no_trouble(alone: Shell) -> None:
    assert alone.ok("version", HOME="/proc/1/nowhere").out
    assert alone("queue", "list", HOME="/proc/1/nowhere").code == 2
    assert alone.ok("version", HOME=None).out


def test_a_damaged_file_is_told(alone: Shell) -> None:
    file = Path(alone.folder / "config.json")
    file.write_text("{nonsense")

    assert alone("queue", "list", AUTOMATION_CONFIG=str(file)).code == 2
    assert alone("--help", AUTOMATION_CONFIG=str(file)).code == 0
