"""`automation`: the entry point; it starts what the first word asks for, and loads nothing else.

    over HTTP     services/cli         from anywhere: --server, --context, or a local system
    on the host   deploy/host_cli.py   servers, schema, streams, keys; listed in host_words.py

New commands of the host go there, not here. `token`, `user` and `audit` are both: they go over HTTP
if somebody says where the API is (--server, --context, their variables, a current context), and to
the database of the host with `--local`, or if nobody does.
"""

from __future__ import annotations

import os
import sys

from deploy import host_words


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run a command line; return its exit code."""
    from services.cli import front  # noqa: PLC0415 - after the language is known, nothing else is

    front.choose_language(words)
    if words == ["--version"]:  # as every program has it
        words = ["version"]
    if host_words.is_for_host(words, _says_where(words)):
        return _on_host([word for word in words if word != host_words.LOCAL])
    from deploy import host_completion  # noqa: PLC0415 - its texts need the language
    from services.cli import root  # noqa: PLC0415 - so do these

    return front.run(root.root(host_completion.twigs()), words)


def _says_where(words: list[str]) -> bool:
    from services.cli import contexts, failures  # noqa: PLC0415

    try:
        return contexts.names_a_server(os.environ, words)
    except failures.Failed:
        return True


def _on_host(words: list[str]) -> int:
    from deploy import host_cli  # noqa: PLC0415 - heavy

    return host_cli.run(words)


if __name__ == "__main__":
    main()
