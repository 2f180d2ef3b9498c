"""`automation completion`: what a shell needs to complete our words."""

from __future__ import annotations

import sys

import click
from click import shell_completion

from services.cli import front, shells
from services.cli.desk import Desk
from services.cli.language import both
from services.cli.options import Choice
from services.cli.tree import Leaf, argument

SHELLS = ("bash", "zsh", "fish")
_HOW = """

bash: source <(automation completion bash)

zsh: automation completion zsh > "${fpath[1]}/_automation"

fish: automation completion fish > ~/.config/fish/completions/automation.fish"""

_shell = argument("shell", metavar="bash|zsh|fish")
_shell.type = Choice(SHELLS)

completion = Leaf(
    "completion",
    both("Print the completion script of a shell.", "輸出命令列自動補完的腳本。") + _HOW,
    [_shell],
    frozenset(),
)


def _print(desk: Desk, *, shell: str) -> None:
    del desk
    shells.register()
    kind = shell_completion.get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows these three
    root = click.get_current_context().find_root()
    made = kind(root.command, {}, front.PROGRAM, front.COMPLETE)
    # What asks the shell for its version starts a program; the script itself needs none.
    sys.stdout.write(made.source_template % made.source_vars())


completion.body = _print
