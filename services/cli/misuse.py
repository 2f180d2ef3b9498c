"""What is wrong with a command line, in the reader's language."""

from __future__ import annotations

from difflib import get_close_matches

import click

from services.cli.language import both


def told(error: click.ClickException) -> str:
    """Return what is wrong, and where to read on."""
    lines = [_cause(error)]
    if isinstance(error, click.UsageError) and error.ctx is not None:
        path = error.ctx.command_path
        lines.append(both(f"See: {path} --help", f"說明：{path} --help"))
    return "\n".join(lines)


def _cause(error: click.ClickException) -> str:
    match error:
        case click.exceptions.NoSuchCommand():
            word = error.command_name
            text = both(f"There is no command {word!r}.", f"沒有「{word}」這個指令。")
            text += _near(word, _words(error.ctx))
        case click.NoSuchOption():
            word = error.option_name
            text = both(f"There is no option {word}.", f"沒有 {word} 這個選項。")
            text += _near(word, list(error.possibilities or []))
        case click.MissingParameter():
            text = both(f"{_name(error)} is missing.", f"缺少 {_name(error)}。")
        case click.BadParameter():
            name = _name(error)
            text = f"{name}: {error.message}" if name else error.message
        case click.BadOptionUsage():
            word = error.option_name
            text = both(f"{word} is incomplete.", f"{word} 不完整。")
        case click.UsageError() if "extra argument" in error.message:
            words = error.message.partition("(")[2].rstrip(")")
            text = both(f"Too many words: {words}", f"多了不需要的參數：{words}")
        case click.UsageError() if error.message == "Missing command.":
            text = both("A command is missing.", "缺少指令。")
        case _:
            text = error.format_message()
    return text


def _name(error: click.BadParameter) -> str:
    param = error.param
    if param is None:
        return str(error.param_hint or "")
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.name or "").upper()


def _words(ctx: click.Context | None) -> list[str]:
    if ctx is None or not isinstance(ctx.command, click.Group):
        return []
    return ctx.command.list_commands(ctx)


def _near(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return both(f" Did you mean {near[0]}?", f"您是指 {near[0]} 嗎？") if near else ""
