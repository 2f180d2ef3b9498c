"""`automation context`: servers under a name, in a file that its owner alone can read."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from services.cli.contexts import (
    LOCAL,
    Book,
    Context,
    book_file,
    find_place,
    local_place,
    read_book,
    write_book,
)
from services.cli.desk import Desk
from services.cli.failures import Conflicting, Misused, NotFound
from services.cli.kinds_platform import CONTEXT
from services.cli.language import both
from services.cli.tree import Branch, argument, option

context = Branch("context", both("Servers under a name.", "以名稱儲存的伺服器。"))

_NAME = argument("name")
_KNOWN = argument("name", metavar="CONTEXT")


@context.leaf(
    "add",
    both(
        "Save a server under a name. Its token is read from --token-file, from the variable of"
        " --token-env whenever it is needed, or from stdin with --token-stdin.",
        "以名稱儲存伺服器。權杖可來自 --token-file、使用時讀取 --token-env 指定的變數，"
        "或以 --token-stdin 從標準輸入讀取。",
    ),
    _NAME,
    option(
        "--token-file",
        metavar="FILE",
        help=both("Holds the token; is read each time.", "含權杖的檔案，每次使用時讀取。"),
    ),
    option(
        "--token-env",
        metavar="NAME",
        help=both("The variable that holds it.", "含權杖的環境變數名稱。"),
    ),
    option(
        "--token-stdin",
        is_flag=True,
        help=both("Read it from stdin; it is kept in the file.", "從標準輸入讀取，存入設定檔。"),
    ),
    option("--use", is_flag=True, help=both("From now on.", "設為目前使用。")),
    option(
        "--replace",
        "may_replace",
        is_flag=True,
        help=both("If there is one of that name.", "取代同名者。"),
    ),
)
def add(
    desk: Desk,
    *,
    name: str,
    token_file: str | None,
    token_env: str | None,
    token_stdin: bool,
    use: bool,
    may_replace: bool,
) -> None:
    if not desk.wishes.server:
        raise Misused(both("Say --server URL.", "請指定 --server 網址。"))
    if name == LOCAL:
        raise Misused(both("local is the system of this folder.", "local 保留給本機系統。"))
    given = [token_file, token_env, token_stdin, desk.wishes.token]
    if sum(map(bool, given)) > 1:
        raise Misused(both("One token is enough.", "權杖來源請擇一。"))
    file, book = _book()
    if name in book.contexts and not may_replace:
        raise Conflicting(
            both(
                f"There is a context {name!r} already: --replace.",
                f"「{name}」已存在，可用 --replace 取代。",
            )
        )
    token = sys.stdin.readline().strip() if token_stdin else desk.wishes.token
    kept = Context(
        server=desk.wishes.server,
        token=token,
        token_file=token_file,
        token_env=token_env,
        ca_file=desk.wishes.ca_file,
    )
    current = name if use or book.current is None else book.current
    write_book(file, replace(book, current=current, contexts={**book.contexts, name: kept}))
    desk.say(both(f"Saved {name} in {file}.", f"已將 {name} 存入 {file}。"))


@context.leaf("list", both("List the contexts.", "列出 context。"))
def list_contexts(desk: Desk) -> None:
    _, book = _book()
    rows = [_row(name, each, book.current) for name, each in sorted(book.contexts.items())]
    here = local_place(os.environ)
    if here is not None:
        is_current = book.current in {None, LOCAL}
        rows.append(
            {"name": LOCAL, "server": here.server, "token": "admin-token", "current": is_current}
        )
    desk.print(CONTEXT, iter(rows))


@context.leaf(
    "use",
    both(
        "Use this context from now on; local: the system of this folder.",
        "切換目前使用的 context；local 為本機系統。",
    ),
    _KNOWN,
)
def use_context(desk: Desk, *, name: str) -> None:
    file, book = _book()
    _require(book, name)
    write_book(file, replace(book, current=name))
    desk.say(both(f"From now on: {name}.", f"目前使用：{name}。"))


@context.leaf(
    "show",
    both(
        "Show a context, and where a command would go now.",
        "顯示 context，以及目前指令會連往何處。",
    ),
    argument("name", required=False, metavar="CONTEXT"),
)
def show(desk: Desk, *, name: str | None) -> None:
    place = find_place(
        os.environ,
        _book()[1],
        server=desk.wishes.server,
        context=name or desk.wishes.context,
        token=desk.wishes.token,
        ca_file=desk.wishes.ca_file,
    )
    has = both("yes", "有") if place.token else both("none", "無")
    row = {"name": place.source, "server": place.server, "token": has, "ca_file": place.ca_file}
    desk.out.one(CONTEXT, row)


@context.leaf("remove", both("Forget a context.", "移除 context。"), _KNOWN)
def remove(desk: Desk, *, name: str) -> None:
    file, book = _book()
    if name not in book.contexts:
        raise _unknown(name)
    desk.confirm(both(f"Forget the context {name}?", f"要移除「{name}」嗎？"))
    left = {key: value for key, value in book.contexts.items() if key != name}
    write_book(
        file, replace(book, contexts=left, current=None if book.current == name else book.current)
    )
    desk.say(both(f"Forgot {name}.", f"已移除 {name}。"))


def _book() -> tuple[Path, Book]:
    file = book_file(os.environ)
    return file, read_book(file)


def _require(book: Book, name: str) -> None:
    if name != LOCAL and name not in book.contexts:
        raise _unknown(name)


def _unknown(name: str) -> NotFound:
    return NotFound(both(f"There is no context {name!r}.", f"沒有「{name}」這個 context。"))


def _row(name: str, context: Context, current: str | None) -> dict[str, object]:
    """Return a context without its token, but with where that comes from."""
    if context.token_file:
        token = context.token_file
    elif context.token_env:
        token = f"${context.token_env}"
    else:
        token = both("kept here", "存於設定檔") if context.token else both("none", "無")
    return {
        "name": name,
        "server": context.server,
        "token": token,
        "ca_file": context.ca_file,
        "current": name == current,
    }
