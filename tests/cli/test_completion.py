"""Completion in the shells themselves."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from services.cli import shells
from tests.cli.shell import Shell

BASH = """
source <(automation completion bash)
while IFS= read -r COMP_LINE; do
    COMP_POINT=${#COMP_LINE}
    $(complete -p automation | sed 's/.*-F \\([^ ]*\\) .*/\\1/') automation </dev/null
    printf '%s: %s\\n' "$COMP_LINE" "$(printf '%s\\n' "${COMPREPLY[@]}" | sort | xargs)"
done <<<"$1"
"""
ZSH = """
autoload -Uz compinit; compinit -u -d {folder}/dump
source <(automation completion zsh)
whence -w _automation_completion
"""
FISH = "automation completion fish | source; complete -C '{line}'"


def in_shell(shell: Shell, *words: str) -> str:
    """Run a script in a shell that has nothing but ours."""
    done = subprocess.run(
        words, env=shell.environment(), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done
    return done.stdout


def test_bash(alone: Shell) -> None:
    offered = {
        "automation ta": "task",
        "automation task g": "get graph",
        "automation db mi": "migrate",
        "automation task list --time": "--time-format --timeout",
        "automation task list --output js": "json jsonl",
    }
    told = in_shell(alone, "bash", "--norc", "-c", BASH, "bash", "\n".join(offered))

    assert told.splitlines() == [f"{line}: {words}" for line, words in offered.items()]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh on this machine")
def test_zsh_takes_the_script(alone: Shell, tmp_path: Path) -> None:
    script = ZSH.format(folder=tmp_path)

    assert in_shell(alone, "zsh", "-f", "-c", script) == "_automation_completion: function\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish on this machine")
def test_fish(alone: Shell) -> None:
    told = in_shell(alone, "fish", "--no-config", "-c", FISH.format(line="automation task g"))

    assert [line.split("\t")[0] for line in told.splitlines()] == ["get", "graph"]


def test_a_shell_that_is_unknown(alone: Shell) -> None:
    assert alone("completion", "tcsh").code == 2


#: Chosen by whoever may make tasks; pressed Enter on by whoever completes it.
HOSTILE = """Back up: $(touch hacked) `id`, "it's" & * ; | ~ # \\ 備份"""


def completed(shell: Shell, line: str, **env: str) -> str:
    """Return what bash is told for a line, and see that it is told nothing else."""
    asked: dict[str, str | None] = {"COMP_LINE": line, "_AUTOMATION_COMPLETE": "bash_complete"}
    said = shell(stdin="", **asked, **env)
    assert (said.code, said.err) == (0, ""), said
    return said.out.strip()


def test_a_name_arrives_whole_and_runs_nothing(shell: Shell) -> None:
    shell.task(HOSTILE)
    for typed, part in (
        ("automation task get Back", "Back"),
        ("automation task get Back\\ up", "Back\\ up"),
        ("automation run logs latest:Back", "Back"),
        ('automation task get "Back up: $', '"Back up: $'),
        ("automation task get 'Back", "'Back"),
        ('automation run logs latest:"Back', '"Back'),
    ):
        _, reply = completed(shell, typed).split(",", maxsplit=1)
        quote = part[0] if part[0] in "'\"" else ""
        line = typed.removesuffix(part) + quote + reply + quote
        words = in_shell(shell, "bash", "--norc", "-c", f"printf '%s\\n' {line}").splitlines()
        assert words[-1].removeprefix("latest:") == HOSTILE, typed
        assert not Path("hacked").exists(), typed


def test_what_else_has_a_name(shell: Shell) -> None:
    shell.ok("context", "add", "prod", "--server", "https://automation.invalid")
    shell.ok("context", "use", "local")

    assert completed(shell, "automation task run --queue") == ""
    assert "plain,default" in completed(shell, "automation queue get ").splitlines()
    assert completed(shell, "automation executor drain exec") == "plain,executor-1"
    assert completed(shell, "automation context use p") == "plain,prod"
    assert completed(shell, "automation run get la") == "open,latest:"
    assert completed(shell, "automation apply -f ta") == "file,ta"


def test_names_are_kept_for_the_same_token_in_a_folder_of_ones_own(shell: Shell) -> None:
    shell.task("kept-one")
    assert completed(shell, "automation task get kept-") == "plain,kept-one"
    shell.task("kept-two")
    again = completed(shell, "automation task get kept-")
    stranger = completed(shell, "automation task get kept-", AUTOMATION_TOKEN="other")  # noqa: S106

    assert again == "plain,kept-one", "the server was asked again"
    assert stranger == ""
    folder = shell.folder / ".cache" / "automation" / "names"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert all(re.fullmatch(r"[0-9a-f]{32}\.json", file.name) for file in folder.iterdir())


def test_without_a_server_nothing_is_offered_or_said(alone: Shell) -> None:
    nobody = "http://127.0.0.1:1"

    assert completed(alone, "automation task get ") == ""
    assert completed(alone, "automation task get ", AUTOMATION_SERVER=nobody) == ""
    assert completed(alone, "automation task get ", HOME="/proc/none") == ""


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish on this machine")
def test_fish_has_a_comma_in_a_name(shell: Shell) -> None:
    shell.task("comma, too")
    told = in_shell(
        shell, "fish", "--no-config", "-c", FISH.format(line="automation task get comma")
    )

    assert told.strip() == "comma, too"


def test_the_last_word_of_a_line() -> None:
    last = {
        "automation ": ("", "", 0),
        "automation a\\ b": ("a\\ b", "", 0),
        "automation latest:x": ("latest:x", "", 7),
        'automation "a: b': ('"a: b', '"', 0),
        "automation a:'b": ("a:'b", "'", 2),
        "automation 'a' 'b": ("'b", "'", 0),
        "": ("", "", 0),
    }
    words = {line: shells.last_word(line) for line in last}

    assert {line: (word.text, word.quote, word.broken) for line, word in words.items()} == last
