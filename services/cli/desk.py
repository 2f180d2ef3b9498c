"""What a command works with: the server, its printer, and whoever sits before the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import click

from services.cli import options
from services.cli.cells import harmless
from services.cli.client import Answer, Client
from services.cli.contexts import TOKEN, Place, book_file, find_place, is_open_to_others, read_book
from services.cli.deadline import Deadline
from services.cli.failures import Failed, Misused
from services.cli.kinds import Kind, dig
from services.cli.language import both
from services.cli.options import Wishes
from services.cli.printer import Item, Printer, now
from services.cli.times import read_instant, zone_of

_LOOPBACK = re.compile(r"http://(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?(/.*)?", re.ASCII)


class Desk:
    """One command's."""

    def __init__(self, wishes: Wishes, *, takes: frozenset[str] = frozenset()) -> None:
        self.wishes = wishes
        self.takes = takes
        self.zone = zone_of(wishes.tz)
        self.out = Printer(wishes, zone=self.zone, out=sys.stdout)
        self.deadline = Deadline(wishes.timeout.total_seconds() if wishes.timeout else None)

    @classmethod
    @contextmanager
    def opened(cls, ctx: click.Context, takes: frozenset[str]) -> Iterator[Desk]:
        """Lend a desk for the length of a command."""
        book = read_book(book_file(os.environ))
        desk = cls(options.read(ctx, os.environ, book.settings, takes), takes=takes)
        try:
            yield desk
        finally:
            if "client" in desk.__dict__:
                desk.client.close()

    @cached_property
    def place(self) -> Place:
        """Where the API is."""
        file = book_file(os.environ)
        found = find_place(
            os.environ,
            read_book(file),
            server=self.wishes.server,
            context=self.wishes.context,
            token=self.wishes.token,
            ca_file=self.wishes.ca_file,
        )
        if self.wishes.token:
            self.say(
                both(
                    "A token on the command line can be seen by others; use AUTOMATION_TOKEN.",
                    "命令列上的權杖可能被他人看見，請改用 AUTOMATION_TOKEN。",
                )
            )
        if is_open_to_others(file):
            self.say(
                both(
                    f"Others can read {file}: chmod 600 it.",
                    f"其他人可讀取 {file}，請執行 chmod 600。",
                )
            )
        if (
            found.token
            and found.server.lower().startswith("http://")
            and not _LOOPBACK.fullmatch(found.server.lower())
        ):
            self.say(
                both(
                    f"The token travels to {found.server} in the clear; use https.",
                    f"權杖將以明文送往 {found.server}，請改用 https。",
                )
            )
        return found

    @cached_property
    def client(self) -> Client:
        """The API."""
        show = self.say if self.wishes.verbose else None
        return Client(self.place, deadline=self.deadline, show=show)

    def say(self, text: str) -> None:
        """Tell the person something; never data."""
        print(harmless(text, lines=True), file=sys.stderr, flush=True)  # noqa: T201 - a command speaks here

    def confirm(self, question: str) -> None:
        """Ask; go on if the answer is yes.

        Raises:
            Misused: there is nobody to ask, and no `--yes`; Failed: the answer is no.
        """
        if self.wishes.yes or self.wishes.dry_run:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Misused(
                both(f"{question} Say so with --yes.", f"{question}請加上 --yes 表示同意。")
            )
        sys.stderr.write(harmless(question) + both(" [y/N] ", " [y/N] "))
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes", "是"}:
            raise Failed(both("Nothing was done.", "未做任何變更。"))

    def instant(self, text: str | None, *, ahead: bool = False) -> str | None:
        """Return a typed instant as the API takes it."""
        if text is None:
            return None
        return read_instant(text, now=now(), zone=self.zone, ahead=ahead)

    def change(
        self,
        method: str,
        where: str,
        body: Any = None,  # noqa: ANN401 - JSON
        *,
        etag: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Answer | None:
        """Change something, or print what that would do and return nothing."""
        headers = {"If-Match": etag} if etag else {}
        if not self.wishes.dry_run:
            return self.client.call(method, where, body=body, headers=headers, params=params)
        asked = {**(params or {}), "dry_run": True}
        answer = self.client.call(method, where, body=body, headers=headers, params=asked)
        self.say(
            both("Nothing was changed. This would happen:", "未做任何變更。以下是將會發生的事：")
        )
        told = answer.body
        if self.out.is_for_people and isinstance(told, dict) and "summary" in told:
            self.out.line(harmless(str(told["summary"])))
        else:
            self.out.document(told)
        return None

    def list(self, kind: Kind, where: str | None = None, **params: Any) -> None:  # noqa: ANN401 - values of a query
        """Print a list; say if there is more."""
        if self.wishes.web:
            self.show_page(kind)
            return
        query = self.wishes.query
        if query is not None and kind.query:
            params[kind.query] = query
        limit = self.wishes.limit
        items = self.client.pages(where or kind.path, limit=limit + 1 if limit else 0, **params)
        if query is not None and not kind.query:
            items = (item for item in items if mentions(item, query))
        self.print(kind, items)

    def print(self, kind: Kind, items: Iterator[Item]) -> None:
        """Print rows up to the limit; say if there are none, or more."""
        limit, more = self.wishes.limit, []

        def first() -> Iterator[Item]:
            for count, item in enumerate(items):
                if limit and count == limit:
                    more.append(item)
                    return
                yield item

        count = self.out.rows(kind, first())
        if not count and self.out.is_for_people:
            self.say(both("Nothing found.", "沒有符合的項目。"))
        if more:
            self.say(
                both(
                    f"There are more than these {limit}: --limit 0 shows all.",
                    f"還有更多，目前只顯示 {limit} 筆；--limit 0 可顯示全部。",
                )
            )

    def show_page(self, kind: Kind, id_: str | None = None) -> None:
        """Open the page of something; without a screen, print its address."""
        url = self.place.server.rstrip("/") + (kind.page or "/") + (f"/{id_}" if id_ else "")
        self.out.line(url)
        if sys.stdout.isatty():
            import webbrowser  # noqa: PLC0415 - heavy

            os.environ.pop(TOKEN, None)  # a browser is no place for it
            webbrowser.open(url)


def mentions(item: Item, query: str) -> bool:
    """Return whether a name or a description holds *query*."""
    seen = " ".join(str(dig(item, path) or "") for path in ("name", "id", "description", "title"))
    return query.casefold() in seen.casefold()
