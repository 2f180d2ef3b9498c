"""Completion in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.shell import Shell

BASH = """
source <(automation completion bash)
COMP_WORDS=({words}) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
$(complete -p automation | sed 's/.*-F \\([^ ]*\\) .*/\\1/') automation
printf '%s\\n' "${{COMPREPLY[@]}}"
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


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("automation ta", ["task"]),
        ("automation task g", ["get", "graph"]),
        ("automation db mi", ["migrate"]),
        ("automation task list --time", ["--time-format", "--timeout"]),
        ("automation task list --output js", ["json", "jsonl"]),
    ],
)
def test_bash(alone: Shell, words: str, offered: list[str]) -> None:
    script = BASH.format(words=words)

    assert sorted(in_shell(alone, "bash", "--norc", "-c", script).split()) == offered


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
