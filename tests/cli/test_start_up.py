"""How soon the first letter comes: what is loaded decides, and that can be counted.

The processor time of a start would say the same on a quiet machine, and anything on a busy one.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.shell import PROGRAM, Shell

HEAVY = {"typer", "fastapi", "asyncpg", "nats", "pydantic", "ruamel", "rich", "yaml", "sqlalchemy"}
#: A little more than now: Python's own, click's and ours; with the HTTP library, its own as well.
MOST_FOR_HELP, MOST_FOR_A_LIST = 230, 380


def loaded(shell: Shell, *words: str) -> set[str]:
    """Return the modules that the installed program loads for a command."""
    done = subprocess.run(
        [PROGRAM, *words],
        env=shell.environment(PYTHONPROFILEIMPORTTIME="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}


@pytest.mark.parametrize("words", [("--help",), ("task", "--help"), ("apply", "--help")])
def test_help_loads_little_and_nothing_that_asks_a_server(
    alone: Shell, words: tuple[str, ...]
) -> None:
    modules = loaded(alone, *words)

    assert modules.isdisjoint(HEAVY | {"httpx"})
    assert len(modules) < MOST_FOR_HELP, sorted(modules)


def test_a_list_loads_the_http_library_and_nothing_heavy(shell: Shell) -> None:
    modules = loaded(shell, "task", "list")

    assert "httpx" in modules
    assert modules.isdisjoint(HEAVY)
    assert len(modules) < MOST_FOR_A_LIST, sorted(modules)
