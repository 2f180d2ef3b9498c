"""Before a real terminal: questions, colours, the width of the window."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest

from tests.cli.shell import PROGRAM, SECONDS, Said, Shell


def before_a_terminal(shell: Shell, *words: str, typed: str = "", columns: int = 80) -> Said:
    """Run a command whose stdin, stdout and stderr are a terminal; *typed* is typed at once."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = shell.environment(COLUMNS=None, TERM="xterm")
    process = subprocess.Popen(
        [PROGRAM, *words], env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    if typed:
        os.write(ours, typed.encode())
    told = b""
    try:
        while piece := os.read(ours, 4096):
            told += piece
    except OSError:
        pass  # how Linux says that the other end is closed
    os.close(ours)
    return Said(process.wait(SECONDS), told.decode(), "")


@pytest.mark.parametrize(("typed", "code", "left"), [("n\n", 1, 0), ("\n", 1, 0), ("y\n", 0, 3)])
def test_who_sits_there_is_asked(shell: Shell, typed: str, code: int, left: int) -> None:
    id_ = shell.task("asked")
    said = before_a_terminal(shell, "task", "delete", id_, typed=typed)

    assert "Delete asked? [y/N]" in said.out
    assert said.code == code
    assert shell("task", "get", id_).code == left


def test_a_plan_is_asked_about(shell: Shell) -> None:
    file = shell.folder / "queue.yaml"
    file.write_text("kind: queue\nname: asked-about\nspec: {concurrency: 2}\n")
    said = before_a_terminal(shell, "apply", "-f", str(file), typed="n\n")

    assert "+ queue asked-about" in said.out
    assert "Make these changes? [y/N]" in said.out
    assert said.code == 1
    assert shell("queue", "get", "asked-about").code == 3


def test_a_table_is_no_wider_than_the_window(shell: Shell) -> None:
    shell.task("寬" * 60, description="x" * 100)
    said = before_a_terminal(shell, "task", "list", "-q", "name:寬*", columns=90)

    assert said.code == 0
    assert all(len(line.encode("big5", "replace")) <= 90 for line in said.out.splitlines())


def test_colours_are_for_terminals(shell: Shell) -> None:
    words = ("queue", "list")

    assert "\x1b[32m" in before_a_terminal(shell, *words).out
    assert "\x1b" not in before_a_terminal(shell, *words, "--no-color").out
    assert "\x1b" not in shell.ok(*words).out
