"""The words of the host, as the tree of `services/cli` lists and completes them.

They are never run from here: `deploy/cli.py` hands their command lines to `host_cli.py`.
"""

from __future__ import annotations

from typing import Any

import click

from deploy.host_words import HOST
from services.cli.language import both
from services.cli.tree import Twig


def twigs() -> dict[str, Twig]:
    """Return the words of the host, not loaded."""
    return {word: Twig(f"{__name__}:{word}", both(*texts)) for word, texts in HOST.items()}


def __getattr__(word: str) -> click.Command:
    """Return what is behind a word of the host, for completion."""
    import typer.main  # noqa: PLC0415 - heavy

    from deploy import host_cli  # noqa: PLC0415 - heavy

    known: Any = typer.main.get_command(host_cli.app)
    if word not in known.commands:
        raise AttributeError(word)
    return _mirrored(word, known.commands[word])


def _mirrored(word: str, command: Any) -> click.Command:  # noqa: ANN401 - Typer's own copy of click
    params: list[click.Parameter] = [
        click.Option(list(param.opts), is_flag=getattr(param, "is_flag", False))
        for param in command.params
        if param.param_type_name == "option"
    ]
    below = getattr(command, "commands", None)
    if below is None:
        return click.Command(word, params=params, help=command.help)
    return click.Group(
        word,
        params=params,
        help=command.help,
        commands={name: _mirrored(name, each) for name, each in below.items()},
    )
