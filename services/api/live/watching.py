"""What one watcher of a run's log is told, in order: lines, signs of life, the end.

lines   data: a JSON array of lines; id: the position of the last one, from which to go on
end     the run has ended and everything was told; data: how many lines were told from where
bye     data: {"code"}: the right to watch is gone
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from services.api.live.tails import Tail, Tails
from services.api.store.database import Unavailable
from services.api.store.run_lines import LineRow, Position
from services.api.tasks.views import line_view
from services.api.wire.problems import Refused

#: So often something is sent, so that nothing in between takes the silence for the end.
HEARTBEAT_SECONDS = 15.0
#: So often the right to watch is looked at; with what is remembered of a token less than 5 seconds.
RIGHT_SECONDS = 2.0
#: In one event; a line has 8 KB at the most.
LINES = 250
#: So soon a browser comes again, in milliseconds.
RETRY_MS = 2_000

_SIGN_OF_LIFE = b": .\n\n"

Clock = Callable[[], float]


async def watch(
    tail: Tail,
    tails: Tails,
    position: Position,
    still_allowed: Callable[[], Awaitable[object]],
    clock: Clock,
) -> AsyncGenerator[bytes, None]:
    """Yield events until the run is over, the right is gone, or there is nothing to read from."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    said = looked = clock()
    told = 0
    while not (tail.broken or tails.closing):
        if clock() - looked >= RIGHT_SECONDS:
            refused = await _refusal(still_allowed)
            if refused is not None:
                yield event("bye", json.dumps({"code": refused}))
                return
            looked = clock()
        try:
            rows = await _next(tail, position)
        except Unavailable:
            return
        if rows:
            position = rows[-1].position
            told += len(rows)
            yield event("lines", spelled(rows), position)
            said = clock()
        elif tail.over:
            yield event("end", json.dumps({"lines": told, "next": place(position)}), position)
            return
        elif clock() - said >= HEARTBEAT_SECONDS:
            yield _SIGN_OF_LIFE
            said = clock()
        else:
            await tail.changes(min(RIGHT_SECONDS, HEARTBEAT_SECONDS - (clock() - said)))


async def _next(tail: Tail, position: Position) -> Sequence[LineRow]:
    if position >= tail.position:
        return ()
    rows = tail.behind(position)
    if rows is None:
        rows = await tail.read(position, LINES)
    return rows[:LINES]


async def _refusal(still_allowed: Callable[[], Awaitable[object]]) -> str | None:
    try:
        await still_allowed()
    except Refused as refused:
        return refused.code
    except Unavailable:
        return None  # nobody can say; without the database there are no lines either
    return None


def event(name: str, data: str, position: Position | None = None) -> bytes:
    """Return one event as it goes over the wire; *data* is one line."""
    head = f"id: {place(position)}\n" if position else ""
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


def place(position: Position) -> str:
    """Return a position as callers hand it back."""
    return f"{position[0]}.{position[1]}"


def spelled(rows: Sequence[LineRow]) -> str:
    """Return lines as JSON on one line."""
    return (
        json.dumps([line_view(row) for row in rows], ensure_ascii=False, separators=(",", ":"))
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
