"""The tree of commands: branches whose modules are loaded when their word is typed, and leaves.

    task = Branch("task", both("Tasks.", "任務。"))

    @task.leaf("get", both("Show a task.", "顯示任務。"), argument("task"), takes={"web"})
    def get(desk: Desk, task: str) -> None: ...

A leaf gets the `Desk` first, then its own parameters by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import click

from services.cli import helping, options
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.offering import offers_for

Body = Callable[..., object]


class Twig(NamedTuple):
    """A branch, or a leaf, that is not loaded yet: `module:attribute`."""

    where: str
    help: str


def argument(
    name: str, *, required: bool = True, many: bool = False, metavar: str | None = None
) -> click.Argument:
    """Return a positional parameter."""
    return click.Argument(
        [name],
        required=required,
        nargs=-1 if many else 1,
        metavar=metavar or name.upper(),
        shell_complete=offers_for(metavar),
    )


def option(*words: str, help: str, **more: Any) -> click.Option:  # noqa: A002, ANN401 - as click has it
    """Return an option; *help* in both languages."""
    return click.Option(
        list(words), help=help, shell_complete=offers_for(more.get("metavar")), **more
    )


class _Spoken(click.Command):
    """Help in the reader's language."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = both("Show this and exit.", "顯示說明後結束。")
        return found

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(helping.page(self, ctx))


class Leaf(_Spoken):
    """A command that does something."""

    def __init__(
        self, name: str, text: str, params: Sequence[click.Parameter], takes: frozenset[str]
    ) -> None:
        super().__init__(name, params=[*params, *options.every(offers_for)], help=text)
        self.takes = takes
        self.body: Body | None = None

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        """Do it."""
        assert self.body is not None  # noqa: S101 - made by `Branch.leaf`
        with Desk.opened(ctx, self.takes) as desk:
            return self.body(desk, **ctx.params)


class Branch(_Spoken, click.Group):
    """A word with words behind it."""

    def __init__(self, name: str, text: str, *, twigs: dict[str, Twig] | None = None) -> None:
        super().__init__(
            name, help=text, params=list(options.every(offers_for)), no_args_is_help=True
        )
        self.twigs = dict(twigs or {})

    def leaf(
        self,
        name: str,
        text: str,
        *params: click.Parameter,
        takes: Iterable[str] = (),
    ) -> Callable[[Body], Body]:
        """Make a command of a function."""

        def hang(body: Body) -> Body:
            command = Leaf(name, text, params, frozenset(takes))
            command.body = body
            self.add_command(command)
            return body

        return hang

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the words, in the order in which they were hung up."""
        del ctx
        return [*self.commands, *(each for each in self.twigs if each not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return what is behind a word; load it now."""
        if cmd_name not in self.commands and cmd_name in self.twigs:
            module, _, attribute = self.twigs[cmd_name].where.partition(":")
            found = getattr(import_module(module), attribute)
            self.add_command(found, cmd_name)
        return super().get_command(ctx, cmd_name)

    def summary(self, ctx: click.Context, word: str) -> str:
        """Return the help of a word in one line, without loading it."""
        if word in self.twigs and word not in self.commands:
            return self.twigs[word].help
        command = self.get_command(ctx, word)
        return "" if command is None else (command.help or "").partition("\n")[0]
