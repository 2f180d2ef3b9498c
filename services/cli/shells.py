"""How each shell asks for completions and is told of them, where click's own way is not enough.

A name may hold blanks, quotes, `$(…)`: anybody with `tasks:write` chose it. bash puts onto the
command line what it is told, so it is told it quoted, and the next Enter runs nothing that a name
says; zsh and fish quote by themselves. bash also parts words at `:` and `=` and replaces only what
is behind them.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from click import shell_completion
from click.shell_completion import CompletionItem, split_arg_string

_BASH = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case ${line%%%%,*} in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) compopt -o nospace; COMPREPLY+=("${line#*,}") ;;
            plain) COMPREPLY+=("${line#*,}") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_BREAKS = ":="
_PLAIN = frozenset("_@%+./,:=-")
#: What means something between double quotes.
_ACTIVE = '"\\$`'


class _Word(NamedTuple):
    """The word before the cursor, as it was typed."""

    start: int
    text: str
    quote: str
    """The quote that is still open, if bash begins its own word behind it."""
    broken: int
    """How much of it stands before the place where bash parts it last."""


class Bash(shell_completion.BashComplete):
    """bash, 4.4 or newer."""

    source_template = _BASH

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*args, **more)
        self._word = last_word(os.environ.get("COMP_LINE", ""))

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is begun, and that one."""
        before = split_arg_string(os.environ.get("COMP_LINE", "")[: self._word.start])
        return before[1:], _unquoted(self._word.text)

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a line: the type, and what bash shall put there."""
        if item.type != "plain":
            return super().format_completion(item)
        word = self._word
        value = str(item.value).removeprefix(_unquoted(word.text[: word.broken]))
        if word.quote:
            return f"plain,{within(value, word.quote)}"
        # `latest:` is only half a word: no blank behind it.
        kind = "open" if value.endswith(":") else "plain"
        return f"{kind},{escaped(value)}"


class Fish(shell_completion.FishComplete):
    """fish; a name with a comma stays whole."""

    source_template = shell_completion.FishComplete.source_template.replace(
        'string split ","', 'string split --max 1 ","'
    )


def register() -> None:
    """Put these in the place of click's own."""
    shell_completion.add_completion_class(Bash, "bash")
    shell_completion.add_completion_class(Fish, "fish")


def last_word(line: str) -> _Word:
    """Return the word that ends *line*, as bash reads it."""
    start, broken, quote, opened = 0, 0, "", 0
    skip = False
    for place, mark in enumerate(line):
        if skip:
            skip = False
        elif mark == "\\" and quote != "'":
            skip = True
        elif quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote, opened = mark, place
        elif mark in " \t\n":
            start = broken = place + 1
        elif mark in _BREAKS:
            broken = place + 1
    behind = quote if opened == broken else ""
    return _Word(start, line[start:], behind, broken - start)


def escaped(value: str) -> str:
    """Return *value* as one bare word of bash, whatever is in it."""
    return "".join(
        mark if mark in _PLAIN or mark.isalnum() or not mark.isascii() else f"\\{mark}"
        for mark in value
    )


def within(value: str, quote: str) -> str:
    """Return *value* as it stands behind an opening *quote*."""
    if quote == "'":
        return value.replace("'", "'\\''")
    return "".join(f"\\{mark}" if mark in _ACTIVE else mark for mark in value)


def _unquoted(text: str) -> str:
    return "".join(split_arg_string(text)[:1])
