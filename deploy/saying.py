"""How a command of the host speaks: data on stdout, words on stderr, errors in one line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from shared.domain.texts.catalog import Language

Result = TypeVar("Result")


def fail(text: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong, and end the command with *code*."""
    print(text, file=sys.stderr)  # noqa: T201 - a command speaks here
    raise typer.Exit(code)


def spoken_here() -> Language:
    """Return the language of this terminal."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    said = next((value for name in names if (value := os.environ.get(name))), "")
    return "zh-TW" if said.lower().startswith("zh") else "en"


def say(text: str) -> None:
    """Say something to whoever looks on; data go to stdout."""
    typer.echo(text, err=True)


def await_and_tell(work: Coroutine[Any, Any, Result]) -> Result:
    """Do it; whatever goes wrong is told in one line, by its kind and its words."""
    try:
        return asyncio.run(work)
    except Exception as error:  # noqa: BLE001 - the outermost frame of a command
        fail(f"{type(error).__name__}: {error}")


def run_spoken(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; its errors are made of words for people already."""

    async def doing() -> None:
        await work()

    try:
        asyncio.run(doing())
    except Exception as error:  # noqa: BLE001 - the outermost frame of a command
        fail(str(error) or type(error).__name__)
