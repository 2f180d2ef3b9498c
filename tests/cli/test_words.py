"""Everything that people read is there in both languages, and the command line is what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from functools import cache

import click
import typer.main

from deploy import host_cli, host_words
from services.cli import contexts, options
from services.cli.language import choose
from tests.cli.shell import Shell

_WALK = """
import click
from services.cli.language import speak
speak({language!r})
from services.cli.root import root
def walk(command, words):
    yield words, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from walk(command.get_command(click.Context(command), name), [*words, name])
for words, command in walk(root(), []):
    print("\\t".join([" ".join(words), (command.help or "").replace("\\n", " ")]))
    for param in command.params:
        text = getattr(param, "help", None) or "-"
        print("\\t".join([" ".join([*words, f"--{{param.name}}"]), text]))
"""


@cache
def told(language: str) -> list[tuple[str, str]]:
    """Return every command and parameter, each with its help; a process speaks one language."""
    done = subprocess.run(
        [sys.executable, "-c", _WALK.format(language=language)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    pairs = (line.partition("\t") for line in done.stdout.splitlines())
    return [(name, text) for name, _, text in pairs]


def texts(language: str) -> dict[str, str]:
    """Return every help text by command and parameter."""
    return {name: text for name, text in told(language) if text != "-"}


def test_every_help_text_is_there_in_both_languages() -> None:
    english, chinese = texts("en"), texts("zh-TW")

    assert english.keys() == chinese.keys()
    assert len(english) > 300, "the walk has reached the leaves"
    same = [name for name, text in english.items() if text == chinese[name]]
    assert same == []
    assert [
        name for name, text in english.items() if any(ord(mark) > 0x2E80 for mark in text)
    ] == []
    assert [
        name for name, text in chinese.items() if not any(ord(mark) > 0x2E80 for mark in text)
    ] == []


def test_no_two_parameters_of_a_command_share_a_name() -> None:
    names = Counter(name for name, _ in told("en"))

    assert [name for name, count in names.items() if count > 1] == []


def test_no_word_of_the_mainland() -> None:
    words = ("队列", "日志级别", "默认", "配置", "信息", "服务器", "数据")

    assert [
        (name, word) for name, text in texts("zh-TW").items() for word in words if word in text
    ] == []


def test_the_language_is_the_options_then_the_environments() -> None:
    assert choose(["--lang", "zh-TW"], {"LANG": "en_US.UTF-8"}) == "zh-TW"
    assert choose(["--lang=en"], {"AUTOMATION_LANG": "zh-TW"}) == "en"
    assert choose([], {"AUTOMATION_LANG": "zh-TW", "LANG": "en_US.UTF-8"}) == "zh-TW"
    assert choose([], {"LANG": "zh_TW.UTF-8"}) == "zh-TW"
    assert choose([], {"LC_ALL": "C", "LANG": "zh_TW.UTF-8"}) == "en"
    assert choose([], {}, "zh-TW") == "zh-TW"
    assert choose(["--", "--lang", "zh-TW"], {}) == "en"


def test_the_whole_help_in_both_languages(alone: Shell) -> None:
    english, chinese = alone.ok("--help").out, alone.ok("--help", LANG="zh_TW.UTF-8").out

    assert english.startswith("Usage: automation COMMAND")
    assert chinese.startswith("用法：automation 指令")
    for word in (*host_words.HOST, "task", "apply", "completion"):
        assert f"  {word} " in english
        assert f"  {word} " in chinese


def test_a_wrong_word_is_told_in_both_languages(alone: Shell) -> None:
    assert alone("task", "lst").err.splitlines()[0] == (
        "There is no command 'lst'. Did you mean list?"
    )
    assert alone("task", "lst", LANG="zh_TW.UTF-8").err.splitlines()[0] == (
        "沒有「lst」這個指令。您是指 list 嗎？"
    )


def test_the_words_of_the_host_are_those_that_it_has() -> None:
    known: click.Group = typer.main.get_command(host_cli.app)  # type: ignore[assignment] # Typer's own copy
    here = set(known.commands)

    assert here == set(host_words.HOST) | set(host_words.SHARED)
    for word, only_here in host_words.SHARED.items():
        assert only_here <= set(known.commands[word].commands), word  # type: ignore[attr-defined]


def test_the_host_knows_which_options_take_a_value() -> None:
    valued = {
        word
        for option in options.every(lambda _: None)
        if not option.is_flag and not option.count
        for word in option.opts
    }

    assert valued == host_words.VALUED


def test_whose_a_command_line_is() -> None:
    is_of_host = {
        ("up", False): True,
        ("--lang zh-TW db migrate", True): True,
        ("task list", False): False,
        ("token list", False): True,
        ("token list", True): False,
        ("token list --local", True): True,
        ("--server up task list", True): False,
        ("audit verify", True): True,
        ("audit list", False): False,
        ("", False): False,
    }

    assert {
        (line, says_where): host_words.is_for_host(line.split(), says_where)
        for line, says_where in is_of_host
    } == is_of_host


def test_a_context_says_where_too(alone: Shell) -> None:
    env = alone.environment()

    assert contexts.names_a_server(env, ["--server=x", "token", "list"])
    assert not contexts.names_a_server(env, ["token", "list"])
    alone.ok("context", "add", "here", "--server", "http://127.0.0.1:1")
    assert contexts.names_a_server(env, ["token", "list"])
