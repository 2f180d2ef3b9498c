"""The outermost frame: whatever happens becomes words and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from services.cli import failures, interruption, misuse
from services.cli.cells import harmless
from services.cli.contexts import book_file, read_book
from services.cli.failures import Failed
from services.cli.language import both, choose, speak

PROGRAM = "automation"
#: Set by a shell that asks what could follow.
COMPLETE = "_AUTOMATION_COMPLETE"
#: If it is set, what nobody thought of is shown with where it happened.
DEBUG = "AUTOMATION_DEBUG"
_MOST_SAID = 300


def choose_language(words: Sequence[str]) -> None:
    """Choose the language of this process; a damaged configuration is told of later."""
    try:
        configured = read_book(book_file(os.environ)).settings.get("lang", "")
    except Failed:
        configured = ""
    speak(choose(words, os.environ, configured))


def run(tree: click.Command, words: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    interruption.listen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has no Chinese is shown codes, as it is for what is hostile.
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
    if COMPLETE in os.environ:
        from services.cli import shells  # noqa: PLC0415 - for these only

        shells.register()
    try:
        code = _run(tree, words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone, as `head` does. Nothing more may be written, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failures.BROKEN_PIPE
    except OSError as error:  # a full disk
        what = error.filename or both("Output", "輸出")
        _say(f"{what}: {error.strerror or error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Failed.exit_code
    return code


def _run(tree: click.Command, words: Sequence[str]) -> int:
    out = sys.stdout
    try:
        code = tree.main(args=list(words), prog_name=PROGRAM, standalone_mode=False)
    except SystemExit:
        if sys.stdout is out:
            raise
        sys.stdout = out  # click's own way with a broken pipe, which ends with 1
        raise BrokenPipeError from None
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
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame
        if os.environ.get(DEBUG):
            traceback.print_exc()
        _say(_unexpected(f"{type(error).__name__}: {error}"[:_MOST_SAID]))
        return Failed.exit_code
    return code if isinstance(code, int) else failures.DONE


def _unexpected(what: str) -> str:
    return both(
        f"Unexpected: {what}\nThe server is of another version or none of this system, or this is"
        f" a fault of the program: {DEBUG}=1 shows where.",
        f"未預期的狀況：{what}\n"
        f"伺服器可能是不同版本、不是本系統，或是程式本身有誤；設定 {DEBUG}=1 可顯示位置。",
    )


def _say(text: str) -> None:
    print(harmless(text, lines=True), file=sys.stderr, flush=True)  # noqa: T201 - a command speaks here
