"""What a shell offers where a name is wanted: the tasks, queues, executors, … of the server.

Whoever presses Tab waits, so the server has one second, what it said is kept for a few, and
whatever goes wrong offers nothing and says nothing. What is kept is for the same server and the
same token only, in a folder that nobody else can read.

Which list belongs to a parameter is told by its metavar, the word that its help shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from services.cli import options
from services.cli.cells import harmless
from services.cli.client import Client
from services.cli.contexts import LOCAL, Place, book_file, find_place, read_book
from services.cli.deadline import Deadline
from services.cli.reading import items_of

ASK_SECONDS = 1.0
KEPT_SECONDS = 20.0
#: What is older is of no use to anybody.
_STALE_SECONDS = 3600.0
_MOST = 100
#: `latest:TASK` is a run.
_LATEST = "latest:"

#: A name, and what is shown beside it.
Offer = tuple[str, str]
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@dataclass(frozen=True, slots=True)
class _List:
    """Where names are asked for, and which fields they and their explanation are."""

    path: str
    name: str = "name"
    beside: str = ""
    paged: bool = False


_TASKS = _List("/task-list", paged=True)
_LISTS: Mapping[str, _List] = {
    "TASK": _TASKS,
    "RUN": _List("/automation-runs", name="run_id", beside="task_name", paged=True),
    "QUEUE": _List("/queues"),
    "EXECUTOR": _List("/executors", name="instance", beside="host"),
    "CALENDAR": _List("/calendars"),
    "CHANNEL": _List("/channels"),
    "TEMPLATE": _List("/task-templates", name="id", beside="title"),
    "USER": _List("/users", paged=True),
}


def offers_for(metavar: str | None) -> Complete | None:
    """Return what completes a parameter; None: nothing can."""
    if metavar is None:
        return None
    if metavar.startswith("FILE"):
        return lambda _ctx, _param, begun: [CompletionItem(begun, type="file")]
    if metavar == "CONTEXT":
        return lambda _ctx, _param, begun: _quietly(lambda: _contexts(begun))
    if metavar not in _LISTS:
        return None
    return lambda ctx, _param, begun: _quietly(lambda: _of_server(ctx, metavar, begun))


def _quietly(offer: Callable[[], Sequence[Offer]]) -> list[CompletionItem]:
    try:
        found = offer()
    except Exception:  # noqa: BLE001 - nothing that goes wrong may land on somebody's prompt
        return []
    return [CompletionItem(name, help=beside or None) for name, beside in found]


def _contexts(begun: str) -> list[Offer]:
    book = read_book(book_file(os.environ))
    names = [*sorted(book.contexts), LOCAL]
    return [(name, "") for name in names if name.startswith(begun)]


def _of_server(ctx: click.Context, metavar: str, begun: str) -> list[Offer]:
    kind, before = _LISTS[metavar], ""
    if metavar == "RUN" and begun.startswith(_LATEST):
        kind, before, begun = _TASKS, _LATEST, begun.removeprefix(_LATEST)
    elif metavar == "RUN" and begun and _LATEST.startswith(begun):
        return [(_LATEST, "")]
    params: dict[str, Any] = {"limit": _MOST} if kind.paged else {}
    if kind is _TASKS and begun:
        # There may be thousands: the server looks for the beginning, whatever its case.
        quoted = begun.replace("\\", "\\\\").replace('"', '\\"')
        params["q"] = f'name:"{quoted}*"'
    names = _kept_or_asked(_place(ctx), kind, params)
    return [(before + name, beside) for name, beside in names if name.startswith(begun)]


def _place(ctx: click.Context) -> Place:
    given = options.given(ctx)
    said = {name: given.get(name) for name in ("server", "context", "token", "ca_file")}
    return find_place(os.environ, read_book(book_file(os.environ)), **said)


def _kept_or_asked(place: Place, kind: _List, params: Mapping[str, Any]) -> list[Offer]:
    asked = json.dumps([place.server, place.token, place.ca_file, kind.path, params])
    folder = _folder(os.environ)
    file = folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"
    kept = _read(file)
    if kept is not None:
        return kept
    try:
        names = _ask(place, kind, params)
    except Exception:  # noqa: BLE001 - kept as well: the next Tab is not to wait for it again
        names = []
    _write(file, names)
    return names


def _ask(place: Place, kind: _List, params: Mapping[str, Any]) -> list[Offer]:
    client = Client(place, deadline=Deadline(ASK_SECONDS))
    try:
        items = items_of(client.get(kind.path, **params).body) or []
    finally:
        client.close()
    pairs = [(str(each[kind.name]), str(each.get(kind.beside) or "")) for each in items]
    # A name with a control character cannot be typed, and must not be obeyed.
    kept = {name: harmless(beside) for name, beside in pairs if name == harmless(name)}
    return list(kept.items())


def _folder(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or "~") / ".cache"
    return Path(base).expanduser() / "automation" / "names"


def _read(file: Path) -> list[Offer] | None:
    try:
        if not 0 <= time.time() - file.stat().st_mtime < KEPT_SECONDS:
            return None
        return [(str(name), str(beside)) for name, beside in json.loads(file.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return None


def _write(file: Path, names: Sequence[Offer]) -> None:
    """Keep *names*; without a place to keep them, each Tab asks anew."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in file.parent.glob("*.json"):
            if time.time() - old.stat().st_mtime > _STALE_SECONDS:
                old.unlink(missing_ok=True)
        handle, fresh = tempfile.mkstemp(dir=file.parent, prefix=".names-")  # 0600 from the start
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(json.dumps(names))
        Path(fresh).replace(file)
    except OSError:
        return
