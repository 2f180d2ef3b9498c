"""What a server sends, read with bounds: it may be another's, and have no end.

Answers are asked for as they are and not compressed: a small one could be gigabytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from services.cli.failures import Failed
from services.cli.language import both

if TYPE_CHECKING:
    import httpx

AS_IT_IS: Final = {"Accept-Encoding": "identity"}
#: Larger is no answer of this system, nor one line of a stream.
_MOST_BYTES, _MOST_IN_LINE = 256 << 20, 16 << 20

#: Stands for what is no JSON.
UNREADABLE: Final = object()


def all_of(answer: httpx.Response, tick: Callable[[], object]) -> bytes:
    """Return all that is said; *tick* is called now and then, and may have had enough.

    Raises:
        Failed: it is more than anybody can want.
    """
    said = bytearray()
    for piece in answer.iter_raw():
        tick()
        said += piece
        if len(said) > _MOST_BYTES:
            raise _endless(answer)
    return bytes(said)


def lines_of(answer: httpx.Response, tick: Callable[[], object]) -> Iterator[str]:
    """Yield lines as they come.

    Raises:
        Failed: one has no end.
    """
    rest = b""
    for piece in answer.iter_raw():
        tick()  # what comes for ever lets no read time out
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")
        if len(rest) > _MOST_IN_LINE:
            raise _endless(answer)
    if rest:
        yield rest.decode(errors="replace")


def read(content: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return JSON; None if there is nothing, `UNREADABLE` if it is none."""
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return UNREADABLE


def items_of(page: object) -> list[dict[str, Any]] | None:
    """Return what a page of a list holds; None if it is none."""
    items = page.get("items") if isinstance(page, dict) else page
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        return None
    return items


def _endless(answer: httpx.Response) -> Failed:
    server = answer.request.url.host
    return Failed(both(f"{server} answers without end.", f"{server} 的回應過大，已停止接收。"))
