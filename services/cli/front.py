"""The outermost frame: whatever happens becomes words and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from services.cli import failures, misuse
from services.cli.cells import harmless
from services.cli.contexts import book_file, read_book
from services.cli.failures import Failed
from services.cli.language import both, choose, speak

PROGRAM = "automation"


def choose_language(words: Sequence[str]) -> None:
    """Choose the language of this process; a damaged configuration is told of later."""
    try:
        configured = read_book(book_file(os.environ)).settings.get("lang", "")
    except Failed:
        configured = ""
    speak(choose(words, os.environ, configured))


def run(tree: click.Command, words: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    try:
        code = _run(tree, words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone, as `head` does. Nothing more may be written, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failures.BROKEN_PIPE
    return code


def _run(tree: click.Command, words: Sequence[str]) -> int:
    try:
        code = tree.main(args=list(words), prog_name=PROGRAM, standalone_mode=False)
    except Failed as failed:
        _say(failed.text)
        return failed.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        _say(error.format_message())
        return failures.Misused.exit_code
    except click.ClickException as error:
        _say(misuse.told(error))
        return failures.Misused.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say(both("Interrupted.", "已中斷。"))
        return failures.INTERRUPTED
    return code if isinstance(code, int) else failures.DONE


def _say(text: str) -> None:
    print(harmless(text, lines=True), file=sys.stderr, flush=True)  # noqa: T201 - a command speaks here
