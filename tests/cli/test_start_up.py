"""How soon the first letter comes, in processor time: a busy machine is no excuse."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.shell import PROGRAM, Shell

CPU_SECONDS = 0.4
TRIES = 5
HEAVY = ("typer", "fastapi", "asyncpg", "nats", "pydantic", "ruamel", "rich", "yaml", "sqlalchemy")


def processor_seconds(shell: Shell, *words: str) -> float:
    """Return the least processor time of a few tries."""
    spent = []
    for _ in range(TRIES):
        before = os.times()
        subprocess.run(
            [PROGRAM, *words], env=shell.environment(), stdout=subprocess.DEVNULL, check=True
        )
        after = os.times()
        spent.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    return min(spent)


@pytest.mark.parametrize("words", [("--help",), ("task", "--help"), ("apply", "--help")])
def test_help_comes_at_once(alone: Shell, words: tuple[str, ...]) -> None:
    assert processor_seconds(alone, *words) < CPU_SECONDS


def test_a_list_comes_at_once(shell: Shell) -> None:
    assert processor_seconds(shell, "task", "list") < CPU_SECONDS


def test_nothing_heavy_is_loaded_for_a_list(shell: Shell) -> None:
    done = subprocess.run(
        [PROGRAM, "task", "list"],
        env=shell.environment(PYTHONPROFILEIMPORTTIME="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}

    assert "httpx" in loaded
    assert loaded.isdisjoint(HEAVY)
