"""Help pages, in columns that know how wide Chinese is."""

from __future__ import annotations

import shutil
from typing import Any

import click

from services.cli.cells import padded, width, wrapped
from services.cli.language import both
from services.cli.options import SOME

_MOST = 100
#: The left column is at most so wide; what is longer pushes its text down a line.
_LEFT = 30
_INDENT = "  "


def page(command: click.Command, ctx: click.Context) -> str:
    """Return the help of a command."""
    columns = min(_MOST, shutil.get_terminal_size((80, 24)).columns)
    parts = [_usage(command, ctx)]
    parts += [
        "\n".join(_INDENT + line for line in wrapped(paragraph, columns - 2))
        for paragraph in (command.help or "").split("\n\n")
    ]
    for title, rows in _sections(command, ctx):
        if rows:
            parts.append("\n".join([title, *_table(rows, columns)]))
    if ctx.parent is not None:
        root = ctx.find_root().command_path
        parts.append(
            both(
                f"Options of every command: {root} --help",
                f"所有指令共用的選項請見：{root} --help",
            )
        )
    return "\n\n".join(parts) + "\n"


def _usage(command: click.Command, ctx: click.Context) -> str:
    words = [ctx.command_path]
    for param in command.params:
        if isinstance(param, click.Argument):
            shown = param.make_metavar(ctx)
            words.append(shown if shown.startswith("[") or param.required else f"[{shown}]")
    if isinstance(command, click.Group):
        words.append(both("COMMAND", "指令"))
    words.append(both("[OPTIONS]", "[選項]"))
    return both("Usage: ", "用法：") + " ".join(words)


def _sections(
    command: click.Command, ctx: click.Context
) -> list[tuple[str, list[tuple[str, str]]]]:
    own: list[tuple[click.Option, tuple[str, str]]] = []
    shared: list[tuple[click.Option, tuple[str, str]]] = []
    for param in command.get_params(ctx):
        if isinstance(param, click.Option) and (record := _record(param, ctx)):
            (own if param.expose_value or param.name == "help" else shared).append((param, record))
    if isinstance(command, click.Group):
        branch: Any = command
        rows = [(word, branch.summary(ctx, word)) for word in command.list_commands(ctx)]
        sections = [(both("Commands:", "指令："), rows)]
        if ctx.parent is None:
            records = [record for _, record in (*shared, *own)]
            sections.append((both("Options of every command:", "所有指令共用的選項："), records))
        return sections
    takes: frozenset[str] = getattr(command, "takes", frozenset())
    taken = [record for param, record in shared if param.name in SOME and param.name in takes]
    return [(both("Options:", "選項："), [*(record for _, record in own), *taken])]


def _record(param: click.Option, ctx: click.Context) -> tuple[str, str] | None:
    if param.hidden:
        return None
    words = ", ".join((*param.opts, *param.secondary_opts))
    if not param.is_flag and not param.count:
        words += f" {param.make_metavar(ctx)}"
    return words, param.help or ""


def _table(rows: list[tuple[str, str]], columns: int) -> list[str]:
    left = min(_LEFT, max(width(word) for word, _ in rows))
    lines = []
    for word, text in rows:
        texts = wrapped(text, max(20, columns - left - 4))
        if width(word) > left:
            lines.append(_INDENT + word)
        else:
            lines.append((_INDENT + padded(word, left) + _INDENT + texts.pop(0)).rstrip())
        lines += [_INDENT + " " * left + _INDENT + each for each in texts]
    return lines
